"""Log-likelihoods of answers by the demo model in transformers, float32, behind llm-jp-eval's prompts.

  python make_tasks.py REPOSITORY    (needs torch, transformers, tokenizers)

Writes Fixtures/tasks/colours.json, a task in llm-jp-eval's layout, and Fixtures/tasks.json.
"""
import json
import pathlib
import sys

import tokenizers
import torch
import transformers
from tokenizers import Tokenizer
from transformers import LlamaForCausalLM

root = pathlib.Path(sys.argv[1])
folder = root / "notebooks-data/demo-model"
tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
model = LlamaForCausalLM.from_pretrained(folder, dtype=torch.float32).eval()
task = {
    "instruction": "ものの色を赤、青、黄色、緑の中から答えてください。",
    "output_length": 3,
    "metrics": ["exact_match"],
    "few_shots": [
        {"input": "もの：海", "output": "青"},
        {"input": "もの：りんご", "output": "赤"},
    ],
    "samples": [
        {"input": "もの：空", "output": "青"},
        {"input": "もの：夕日", "output": "赤"},
        {"input": "もの：レモン", "output": "黄色"},
        {"input": "もの：森の木の葉", "output": "緑"},
    ],
}


def prompt(text, shots):
    blocks = [
        "以下は、タスクを説明する指示と、文脈のある入力の組み合わせです。要求を適切に満たす応答を書きなさい。",
        "### 指示:\n" + task["instruction"],
    ]
    for shot in task["few_shots"][:shots]:
        blocks += ["### 入力:\n" + shot["input"], "### 応答:\n" + shot["output"]]
    return "\n\n".join(blocks + ["### 入力:\n" + text, "### 応答:\n"])


choices = sorted({sample["output"] for sample in task["samples"] + task["few_shots"]})
rows = {}
for shots in [0, 2]:
    rows[str(shots)] = []
    for sample in task["samples"]:
        before = tokenizer.encode(prompt(sample["input"], shots)).ids
        row = []
        for choice in choices:
            ids = tokenizer.encode(prompt(sample["input"], shots) + choice).ids
            assert ids[: len(before)] == before
            with torch.no_grad():
                logits = model(torch.tensor([ids])).logits[0].double().log_softmax(-1)
            places = range(len(before), len(ids))
            row.append(sum(logits[place - 1, ids[place]].item() for place in places))
        rows[str(shots)].append(row)
fixtures = root / "Tests/AnalysisTests/Fixtures"
(fixtures / "tasks").mkdir(exist_ok=True)
text = json.dumps(task, ensure_ascii=False, indent=1) + "\n"
(fixtures / "tasks/colours.json").write_text(text, encoding="utf-8")
fixture = {
    "generator": "Tests/AnalysisTests/make_tasks.py",
    "torch": torch.__version__,
    "transformers": transformers.__version__,
    "tokenizers": tokenizers.__version__,
    "choices": choices,
    "log_likelihoods": rows,
}
text = json.dumps(fixture, ensure_ascii=False, indent=1) + "\n"
(fixtures / "tasks.json").write_text(text, encoding="utf-8")
