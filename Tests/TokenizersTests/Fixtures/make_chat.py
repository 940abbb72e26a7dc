"""Renders conversations with the chat templates of the supported families, as transformers does.

usage: python make_chat.py OUTPUT.json      (transformers 5, jinja2 3.1)

The templates are written for this test after the constructs that the published ones use.
"""
import json
import sys

import transformers
from transformers.utils.chat_template_utils import _compile_jinja_template

LLAMA3 = """{% set loop_messages = messages %}{% for message in loop_messages %}{% set content = '<|start_header_id|>' + message['role'] + '<|end_header_id|>\n\n' + message['content'] | trim + '<|eot_id|>' %}{% if loop.index0 == 0 %}{% set content = bos_token + content %}{% endif %}{{ content }}{% endfor %}{% if add_generation_prompt %}{{ '<|start_header_id|>assistant<|end_header_id|>\n\n' }}{% endif %}
"""
LLAMA31 = """{{- bos_token }}
{%- if not tools is defined %}
    {%- set tools = none %}
{%- endif %}
{#- The system message stands first. #}
{%- if messages[0]['role'] == 'system' %}
    {%- set system_message = messages[0]['content'] | trim %}
    {%- set messages = messages[1:] %}
{%- else %}
    {%- set system_message = "" %}
{%- endif %}
{{- "<|start_header_id|>system<|end_header_id|>\\n\\n" }}
{%- if tools is not none %}
    {{- "Environment: ipython\\n" }}
    {%- for t in tools %}
        {{- t | tojson(indent=4) }}
        {{- "\\n\\n" }}
    {%- endfor %}
{%- endif %}
{{- system_message }}
{{- "<|eot_id|>" }}
{%- for message in messages %}
    {%- if not (message.role == 'ipython' or message.role == 'tool' or 'tool_calls' in message) %}
        {{- '<|start_header_id|>' + message['role'] + '<|end_header_id|>\\n\\n' + message['content'] | trim + '<|eot_id|>' }}
    {%- elif 'tool_calls' in message %}
        {%- if not message.tool_calls|length == 1 %}
            {{- raise_exception("one call at a time") }}
        {%- endif %}
        {%- set tool_call = message.tool_calls[0].function %}
        {{- '{"name": "' + tool_call.name + '", "parameters": ' }}
        {{- tool_call.arguments | tojson }}
        {{- "}<|eot_id|>" }}
    {%- else %}
        {%- if message.content is mapping or message.content is iterable %}
            {{- message.content | tojson }}
        {%- endif %}
    {%- endif %}
{%- endfor %}
{%- if add_generation_prompt %}
    {{- '<|start_header_id|>assistant<|end_header_id|>\\n\\n' }}
{%- endif %}
"""
QWEN = """{%- if tools %}
    {{- '<|im_start|>system\\n' }}
    {%- if messages[0].role == 'system' %}
        {{- messages[0].content + '\\n\\n' }}
    {%- endif %}
    {{- "# Tools\\n<tools>" }}
    {%- for tool in tools %}
        {{- "\\n" }}
        {{- tool | tojson }}
    {%- endfor %}
    {{- "\\n</tools><|im_end|>\\n" }}
{%- else %}
    {%- if messages[0].role == 'system' %}
        {{- '<|im_start|>system\\n' + messages[0].content + '<|im_end|>\\n' }}
    {%- endif %}
{%- endif %}
{%- set ns = namespace(multi_step_tool=true, last_query_index=messages|length - 1) %}
{%- for message in messages[::-1] %}
    {%- set index = (messages|length - 1) - loop.index0 %}
    {%- if ns.multi_step_tool and message.role == "user" and message.content is string and not(message.content.startswith('<tool_response>') and message.content.endswith('</tool_response>')) %}
        {%- set ns.multi_step_tool = false %}
        {%- set ns.last_query_index = index %}
    {%- endif %}
{%- endfor %}
{%- for message in messages %}
    {%- if message.content is string %}
        {%- set content = message.content %}
    {%- else %}
        {%- set content = '' %}
    {%- endif %}
    {%- if (message.role == "user") or (message.role == "system" and not loop.first) %}
        {{- '<|im_start|>' + message.role + '\\n' + content + '<|im_end|>' + '\\n' }}
    {%- elif message.role == "assistant" %}
        {%- set reasoning_content = '' %}
        {%- if message.reasoning_content is string %}
            {%- set reasoning_content = message.reasoning_content %}
        {%- else %}
            {%- if '</think>' in content %}
                {%- set reasoning_content = content.split('</think>')[0].rstrip('\\n').split('<think>')[-1].lstrip('\\n') %}
                {%- set content = content.split('</think>')[-1].lstrip('\\n') %}
            {%- endif %}
        {%- endif %}
        {%- if loop.index0 > ns.last_query_index and (loop.last or (not loop.last and reasoning_content)) %}
            {{- '<|im_start|>' + message.role + '\\n<think>\\n' + reasoning_content.strip('\\n') + '\\n</think>\\n\\n' + content.lstrip('\\n') }}
        {%- else %}
            {{- '<|im_start|>' + message.role + '\\n' + content }}
        {%- endif %}
        {%- if message.tool_calls %}
            {%- for tool_call in message.tool_calls %}
                {%- if (loop.first and content) or (not loop.first) %}
                    {{- '\\n' }}
                {%- endif %}
                {%- if tool_call.function %}
                    {%- set tool_call = tool_call.function %}
                {%- endif %}
                {{- '<tool_call>\\n{"name": "' }}
                {{- tool_call.name }}
                {{- '", "arguments": ' }}
                {{- tool_call.arguments if tool_call.arguments is string else tool_call.arguments | tojson }}
                {{- '}\\n</tool_call>' }}
            {%- endfor %}
        {%- endif %}
        {{- '<|im_end|>\\n' }}
    {%- elif message.role == "tool" %}
        {%- if loop.first or (messages[loop.index0 - 1].role != "tool") %}
            {{- '<|im_start|>user' }}
        {%- endif %}
        {{- '\\n<tool_response>\\n' ~ content ~ '\\n</tool_response>' }}
        {%- if loop.last or (messages[loop.index0 + 1].role != "tool") %}
            {{- '<|im_end|>\\n' }}
        {%- endif %}
    {%- endif %}
{%- endfor %}
{%- if add_generation_prompt %}
    {{- '<|im_start|>assistant\\n' }}
    {%- if enable_thinking is defined and enable_thinking is false %}
        {{- '<think>\\n\\n</think>\\n\\n' }}
    {%- endif %}
{%- endif %}
"""
MISTRAL = """{%- if messages[0]["role"] == "system" %}
    {%- set system_message = messages[0]["content"] %}
    {%- set loop_messages = messages[1:] %}
{%- else %}
    {%- set loop_messages = messages %}
{%- endif %}
{%- set user_messages = loop_messages | selectattr("role", "equalto", "user") | list %}
{{- bos_token }}
{%- for message in loop_messages %}
    {%- if (message["role"] == "user") != (loop.index0 % 2 == 0) and message.role in ("user", "assistant") %}
        {{- raise_exception("roles must alternate") }}
    {%- endif %}
    {%- if message["role"] == "user" %}
        {%- if loop.last and system_message is defined %}
            {{- "[INST] " + system_message + "\\n\\n" + message["content"] + "[/INST]" }}
        {%- else %}
            {{- "[INST] " + message["content"] + "[/INST]" }}
        {%- endif %}
    {%- elif message["role"] == "assistant" %}
        {{- " " + message["content"]|trim + eos_token}}
    {%- endif %}
{%- endfor %}
{{- user_messages | length }}
"""
LLMJP = """{{bos_token}}{% for message in messages %}{% if message['role'] == 'user' %}{{ '\\n\\n### 指示:\\n' + message['content'] }}{% elif message['role'] == 'system' %}{{ '以下は、タスクを説明する指示です。要求を適切に満たす応答を書きなさい。' }}{% elif message['role'] == 'assistant' %}{{ '\\n\\n### 応答:\\n' + message['content'] + eos_token }}{% endif %}{% if loop.last and add_generation_prompt %}{{ '\\n\\n### 応答:\\n' }}{% endif %}{% endfor %}"""
MACROS = """{% macro show(name, value, mark='-') %}
{{ mark }} {{ name|upper }}={{ value if value is not none else 'なし' }}
{% endmacro %}
{% for key, value in messages[0].items() %}
  {% if key == 'role' %}
{{ show(key, value) }}
  {% else %}
{{ show(key, value, mark='*') }}
  {% endif %}
{% else %}
none
{% endfor %}
{%- set text %}block {{ messages|map(attribute='role')|join(', ') }}{% endset %}
{{ text }} {{ [1, 2.5, none, true, 'a\\'b', {'k': 'v'}] }} {{ 7 // 2 }} {{ 7 % 3 }} {{ 'あいう'[1:] }} {{ 'x' * 1 if false else '–' }}
{% for i in range(3) if i != 1 %}{{ i }}{{ ',' if not loop.last }}{% endfor %}

end"""


def main():
    talk = [{"role": "system", "content": " あなたは親切な助手です。\n"},
            {"role": "user", "content": "天秤とは何ですか？ "},
            {"role": "assistant", "content": "<think>\n考える\n</think>\n\n重さを比べる道具です。"},
            {"role": "user", "content": "ありがとう。\n\n🙏"}]
    tools = [{"type": "function", "function": {"name": "weigh", "parameters": {
        "type": "object", "properties": {"物": {"type": "string", "enum": ["a\"b", "<c>"]}},
        "required": []}}}]
    call = talk[:2] + [
        {"role": "assistant", "content": "", "tool_calls": [
            {"type": "function", "function": {"name": "weigh", "arguments": {"物": "石", "n": 1.5}}}]},
        {"role": "tool", "content": "三匁"}, {"role": "tool", "content": "四匁"},
        {"role": "assistant", "content": "三匁です。"}]
    cases = []
    for name, template in [("llama3", LLAMA3), ("llama31", LLAMA31), ("qwen", QWEN),
                           ("mistral", MISTRAL), ("llmjp", LLMJP), ("macros", MACROS)]:
        compiled = _compile_jinja_template(template)
        for messages in (talk, talk[1:], talk[1:2], call, call[1:], talk[:3]):
            for prompt in (False, True):
                for extra in ({}, {"tools": tools}, {"enable_thinking": False}):
                    variables = {"bos_token": "<s>", "eos_token": "</s>", "tools": None,
                                 "documents": None, **extra}
                    try:
                        text = compiled.render(messages=messages, add_generation_prompt=prompt,
                                               **variables)
                    except Exception:
                        text = None
                    cases.append({"template": name, "messages": messages, "prompt": prompt,
                                  "extra": extra, "text": text})
    templates = {"llama3": LLAMA3, "llama31": LLAMA31, "qwen": QWEN, "mistral": MISTRAL,
                 "llmjp": LLMJP, "macros": MACROS}
    with open(sys.argv[1], "w", encoding="utf-8") as out:
        json.dump({"generator": "make_chat.py", "transformers": transformers.__version__,
                   "templates": templates, "cases": cases}, out, ensure_ascii=False,
                  separators=(",", ":"))
        out.write("\n")


main()
