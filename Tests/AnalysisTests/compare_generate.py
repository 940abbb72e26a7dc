"""Answers that tenbin wrote beside those of transformers' generate in float32, prompt by prompt.

  tenbin evaluate tasks MODEL --data TASK.json --answers generated --output-answers ANSWERS.jsonl
  python compare_generate.py MODEL ANSWERS.jsonl CACHE.json NEW_TOKENS    (needs torch, transformers)

NEW_TOKENS is the task's output_length. CACHE.json keeps what transformers wrote, for the next time. Both
texts end at the first empty line, as tenbin stops there. Prints how many token lists are the same, and of
each other one the first token that differs, by how much transformers' likeliest logit is ahead of the
next there, relative to the largest in magnitude, and whether tenbin took the next: what float32 sums in
another order may turn around.
"""
import json
import pathlib
import sys

import torch
import transformers
from transformers import AutoModelForCausalLM, AutoTokenizer

folder, answers, cache, new_tokens = sys.argv[1:]
torch.set_num_threads(1)
tokenizer = AutoTokenizer.from_pretrained(folder)
rows = [json.loads(line) for line in open(answers, encoding="utf-8")]
known = json.loads(pathlib.Path(cache).read_text()) if pathlib.Path(cache).exists() else {}
model = None
for number, row in enumerate(rows):
    prompt = row["prompt"]
    if prompt in known:
        continue
    if model is None:
        model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32).eval()
    ids = tokenizer(prompt, return_tensors="pt").input_ids
    with torch.no_grad():
        out = model.generate(
            ids, attention_mask=torch.ones_like(ids), do_sample=False,
            max_new_tokens=int(new_tokens), output_logits=True, return_dict_in_generate=True)
    tops = [logits[0].topk(2) for logits in out.logits]
    known[prompt] = dict(
        ids=out.sequences[0][ids.shape[1]:].tolist(),
        next=[top.indices[1].item() for top in tops],
        gaps=[
            ((top.values[0] - top.values[1]) / logits.abs().max()).item()
            for top, logits in zip(tops, out.logits)
        ])
    if number % 10 == 9:
        pathlib.Path(cache).write_text(json.dumps(known))
        print(number + 1, flush=True)
pathlib.Path(cache).write_text(json.dumps(known))
print(f"transformers {transformers.__version__}, torch {torch.__version__}")
ends = tokenizer.all_special_ids
same = tokens = 0
for row in rows:
    if "output_ids" not in row:
        continue
    golden = known[row["prompt"]]
    kept = []
    for token in golden["ids"]:
        if token in ends or "\n\n" in tokenizer.decode(kept, skip_special_tokens=True):
            break
        kept.append(token)
    mine = row["output_ids"]
    tokens += len(kept)
    if kept == mine:
        same += 1
        continue
    first = next((i for i, (a, b) in enumerate(zip(kept, mine)) if a != b), min(len(kept), len(mine)))
    took = first < len(mine) and mine[first] == golden["next"][first]
    print(f"{row['task']} {row['item']}: token {first}, gap {golden['gaps'][first]:.2e}, "
          + ("tenbin took the next" if took else "NOT the next"))
print(f"{same} of {len(rows)} the same, {tokens} tokens")
