"""Perplexity of the demo model by transformers in float32, in the conventions `strided` and `llama.cpp`.

  python make_perplexity.py REPOSITORY    (needs torch, transformers, tokenizers)

`strided` is the loop of transformers' guide (docs: perplexity of fixed-length models), its weighting by
`num_valid_tokens - 1` included. `llama.cpp` is its formula on transformers' logits; llama.cpp's own
numbers are in Fixtures/divergence.json. Writes Fixtures/perplexity.json.
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

root = pathlib.Path(sys.argv[1])
folder = root / "notebooks-data/demo-model"
tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
model = LlamaForCausalLM.from_pretrained(folder, dtype=torch.float32).eval()


def strided(ids, max_length, stride):
    """The guide's loop: windows of max_length tokens, labels of what was seen before set to -100."""
    seq_len = ids.size(1)
    nll_sum, n_tokens, prev_end = 0.0, 0, 0
    for begin in range(0, seq_len, stride):
        end = min(begin + max_length, seq_len)
        trg_len = end - prev_end
        inputs = ids[:, begin:end]
        labels = inputs.clone()
        labels[:, :-trg_len] = -100
        with torch.no_grad():
            loss = model(inputs, labels=labels).loss
        num_loss_tokens = (labels != -100).sum().item() - inputs.size(0)
        if num_loss_tokens:
            nll_sum += loss.double().item() * num_loss_tokens
        n_tokens += num_loss_tokens
        prev_end = end
        if end == seq_len:
            break
    return math.exp(nll_sum / n_tokens)


def halves(ids, n_ctx):
    """llama-perplexity: contexts one after another, BOS in place of the first token, first = n_ctx / 2."""
    nll, count = [], 0
    for start in range(0, ids.size(1) - n_ctx + 1, n_ctx):
        window = ids[:, start : start + n_ctx].clone()
        window[0, 0] = 0
        with torch.no_grad():
            logits = model(window).logits[0].double()
        first = n_ctx // 2
        targets = window[0, first + 1 :]
        nll += torch.nn.functional.cross_entropy(
            logits[first:-1], targets, reduction="none"
        ).tolist()
    mean = sum(nll) / len(nll)
    variance = sum(x * x for x in nll) / len(nll) - mean * mean
    ppl = math.exp(mean)
    return ppl, ppl * math.sqrt(variance / (len(nll) - 1)), len(nll)


name = "heldout-wiki"
lines = open(root / f"notebooks-data/corpus/{name}.jsonl", encoding="utf-8")
text = "\n\n".join(json.loads(line)["text"] for line in lines)
if text.endswith("\n"):
    text = text[:-1]
ids = torch.tensor([tokenizer.encode(text).ids])
cases = []
for context, stride, limit in [(256, 128, 2000), (256, 256, 2000), (256, 255, 2000), (300, 70, 1211)]:
    ppl = strided(ids[:, :limit], context, stride)
    cases.append({"context": context, "stride": stride, "max_tokens": limit, "perplexity": ppl})
halved = []
for context in [256, 512]:
    ppl, stderr, count = halves(ids, context)
    halved.append(
        {"context": context, "perplexity": ppl, "naive_stderr": stderr, "tokens_scored": count}
    )
fixture = {
    "generator": "Tests/AnalysisTests/make_perplexity.py",
    "torch": torch.__version__,
    "transformers": transformers.__version__,
    "tokenizers": tokenizers.__version__,
    "domain": name,
    "tokens": ids.size(1),
    "strided": cases,
    "llama.cpp": halved,
}
path = root / "Tests/AnalysisTests/Fixtures/perplexity.json"
path.parent.mkdir(exist_ok=True)
path.write_text(json.dumps(fixture, indent=1) + "\n")
print(path.read_text())
