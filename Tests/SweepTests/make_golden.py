"""Perplexity of the demo model by transformers in float32, in the `blocks` convention.

  python make_golden.py REPOSITORY    (needs torch, transformers, tokenizers)

Writes Fixtures/demo-perplexity.json.
"""
import json
import math
import pathlib
import sys

import tokenizers
import torch
import transformers
from tokenizers import Tokenizer
from transformers import LlamaForCausalLM

CONTEXT = 512
root = pathlib.Path(sys.argv[1])
model_dir = root / "notebooks-data/demo-model"
tokenizer = Tokenizer.from_file(str(model_dir / "tokenizer.json"))
model = LlamaForCausalLM.from_pretrained(model_dir, dtype=torch.float32).eval()
domains = {}
for name in ["heldout-wiki", "heldout-instruct"]:
    ids = []
    for line in open(root / f"notebooks-data/corpus/{name}.jsonl", encoding="utf-8"):
        ids += tokenizer.encode(json.loads(line)["text"]).ids
    windows = [ids[i : i + CONTEXT] for i in range(0, len(ids) - CONTEXT + 1, CONTEXT)]
    nll, count = 0.0, 0
    with torch.no_grad():
        for window in windows:
            logits = model(torch.tensor([window])).logits[0, :-1].double()
            targets = torch.tensor(window[1:])
            nll += torch.nn.functional.cross_entropy(logits, targets, reduction="sum").item()
            count += len(targets)
    domains[name] = {"windows": len(windows), "tokens_scored": count, "perplexity": math.exp(nll / count)}
fixture = {
    "generator": "Tests/SweepTests/make_golden.py",
    "torch": torch.__version__,
    "transformers": transformers.__version__,
    "tokenizers": tokenizers.__version__,
    "context": CONTEXT,
    "domains": domains,
}
path = root / "Tests/SweepTests/Fixtures/demo-perplexity.json"
path.write_text(json.dumps(fixture, indent=1) + "\n")
print(path.read_text())
