"""What every script of this folder needs before it may import GPTQModel, and what they share.

Standard output is kept for the one JSON result: whatever the libraries print goes to standard error.
"""
import json
import math
import os
import sys
import time

RESULT = os.fdopen(os.dup(1), "w")
os.dup2(2, 1)
# GPTQModel 7.7.0 sizes its thread pools from this and fails below 3.
_cores = os.cpu_count() or 1
os.cpu_count = lambda: max(4, _cores)
os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")

import torch  # noqa: E402

torch.set_num_threads(int(os.environ.get("OMP_NUM_THREADS", _cores)))


def print_result(values):
    """Prints `values`, and the versions they were made with, as JSON."""
    import importlib.metadata as metadata

    versions = {}
    for package in ("torch", "transformers", "gptqmodel", "onecomp", "optimum"):
        try:
            versions[package] = metadata.version(package)
        except metadata.PackageNotFoundError:
            pass
    json.dump({**values, "versions": versions}, RESULT, indent=2)
    RESULT.write("\n")
    RESULT.flush()


def read_windows(path):
    """Windows of token ids: a JSON list of lists, or of objects with `token_ids`."""
    with open(path, encoding="utf-8") as file:
        text = file.read()
    rows = json.loads(text) if text.lstrip().startswith("[") else [
        json.loads(line) for line in text.splitlines() if line.strip()
    ]
    windows = [row["token_ids"] if isinstance(row, dict) else row for row in rows]
    if not windows or not all(len(window) > 1 for window in windows):
        sys.exit(f"{path}: windows of at least two token ids are needed")
    return windows


@torch.no_grad()
def perplexity(model, windows):
    """exp of the mean negative log-likelihood of tokens 2..N of each window, summed in double."""
    began = time.time()
    total, count = 0.0, 0
    for window in windows:
        ids = torch.tensor([window])
        logits = model(input_ids=ids, attention_mask=torch.ones_like(ids)).logits
        scores = torch.log_softmax(logits[0, :-1].double(), -1)
        total -= scores.gather(1, ids[0, 1:, None]).sum().item()
        count += len(window) - 1
    return {
        "perplexity": math.exp(total / count),
        "nll_per_token": total / count,
        "tokens_scored": count,
        "seconds": round(time.time() - began, 2),
    }
