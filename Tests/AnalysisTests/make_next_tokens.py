"""What the demo model, and the demo model with cut weights, let follow some prompts, by transformers.

  python make_next_tokens.py REPOSITORY

needs torch, transformers, tokenizers, safetensors and numpy. The other model is the demo model whose BF16
weights of linears in decoder layers have the lowest six bits set to 0. Logits are float32; probabilities and
KL(base || other) in double, over the whole vocabulary. Of each prompt: its tokens, both models' five
likeliest tokens behind it with both probabilities, and along it, behind each token of the text, both models'
likeliest token, its probability, and the KL.

Writes Fixtures/next-tokens.json. No random number is drawn.
"""
import json
import pathlib
import shutil
import sys
import tempfile

import numpy as np
import tokenizers
import torch
import transformers
from safetensors.torch import load_file, save_file
from tokenizers import Tokenizer
from transformers import LlamaForCausalLM

PROMPTS = [
    "日本の首都は", "水は水素と酸素からでき", "昨日は友だちと映画を見に", "The capital of France is",
    "She opened the door and walked", "1, 2, 3, 4,", "𠮷野家で🍙を食べ", "京都には、金閣寺、銀閣寺、清水寺、伏見稲荷大社など、"
    "国内外から多くの観光客が訪れる寺社が数多くあり、春と秋には特に混み合います。",
]
root = pathlib.Path(sys.argv[1])
base_folder = root / "notebooks-data/demo-model"
tokenizer = Tokenizer.from_file(str(base_folder / "tokenizer.json"))


def cut(folder):
    """A copy of the demo model with the lowest six bits of its linears' BF16 numbers set to 0."""
    shutil.copytree(base_folder, folder)
    tensors = load_file(folder / "model.safetensors")
    for name, tensor in tensors.items():
        if name.endswith("_proj.weight"):
            bits = tensor.view(torch.int16) & ~0x3F
            tensors[name] = bits.view(torch.bfloat16)
    save_file(tensors, folder / "model.safetensors", metadata={"format": "pt"})


def log_softmax(x):
    x = x.astype(np.float64)
    top = x.max(axis=1, keepdims=True)
    return x - top - np.log(np.exp(x - top).sum(axis=1, keepdims=True))


def likeliest(mine, other):
    order = np.argsort(-mine, kind="stable")[:5]
    return [[int(token), float(np.exp(mine[token])), float(np.exp(other[token]))] for token in order]


with tempfile.TemporaryDirectory() as folder:
    other_folder = pathlib.Path(folder, "cut")
    cut(other_folder)
    models = [LlamaForCausalLM.from_pretrained(f, dtype=torch.float32).eval() for f in (base_folder, other_folder)]
found = []
for prompt in PROMPTS:
    ids = tokenizer.encode(prompt).ids
    template = len(ids) - len(tokenizer.encode(prompt, add_special_tokens=False).ids)
    with torch.no_grad():
        base, other = (log_softmax(m(torch.tensor([ids])).logits[0].numpy()) for m in models)
    kld = (np.exp(base) * (base - other)).sum(axis=1)
    along = [
        {
            "position": row + 1,
            "base": [int(base[row].argmax()), float(np.exp(base[row].max()))],
            "other": [int(other[row].argmax()), float(np.exp(other[row].max()))],
            "kld": float(kld[row]),
        }
        for row in range(max(template, len(ids) - 32), len(ids))
    ]
    found.append({
        "prompt": prompt, "tokens": ids, "base": likeliest(base[-1], other[-1]),
        "other": likeliest(other[-1], base[-1]), "along": along,
    })
fixture = {
    "generator": "Tests/AnalysisTests/make_next_tokens.py", "torch": torch.__version__,
    "transformers": transformers.__version__, "tokenizers": tokenizers.__version__,
    "seed": "none: nothing is drawn", "prompts": found,
}
target = root / "Tests/AnalysisTests/Fixtures/next-tokens.json"
target.write_text(json.dumps(fixture, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
