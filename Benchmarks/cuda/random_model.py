#!/usr/bin/env python3
"""Writes a model folder of a real shape with random weights in BF16, and a text of random words to
calibrate with: what a whole `tenbin quantize --device cuda` is measured on.

python Benchmarks/cuda/random_model.py FOLDER --tokenizer notebooks-data/demo-model --layers 3
"""

import argparse, json, os, random, shutil
import torch
from safetensors.torch import save_file

SHAPES = {  # hidden, intermediate, heads, key-value heads
    "llama-3.1-8b": (4096, 14336, 32, 8),
    "llama-3.1-70b": (8192, 28672, 64, 8),
}
arguments = argparse.ArgumentParser()
arguments.add_argument("folder")
arguments.add_argument("--tokenizer", required=True, help="a model folder, whose vocabulary and text are taken")
arguments.add_argument("--shape", choices=SHAPES, default="llama-3.1-70b")
arguments.add_argument("--layers", type=int, default=3)
arguments.add_argument("--documents", type=int, default=160)
options = arguments.parse_args()
hidden, inner, heads, key_value_heads = SHAPES[options.shape]
width = hidden // heads * key_value_heads
config = json.load(open(os.path.join(options.tokenizer, "config.json")))
config.update(
    hidden_size=hidden,
    intermediate_size=inner,
    num_attention_heads=heads,
    num_key_value_heads=key_value_heads,
    head_dim=hidden // heads,
    num_hidden_layers=options.layers,
)
os.makedirs(options.folder)
json.dump(config, open(os.path.join(options.folder, "config.json"), "w"), indent=2)
for name in ("tokenizer.json", "tokenizer_config.json"):
    shutil.copy(os.path.join(options.tokenizer, name), options.folder)

device = "cuda" if torch.cuda.is_available() else "cpu"
torch.manual_seed(0)


def falling(count):
    """Sizes that fall off as those of trained models do, with a mean square of 1."""
    sizes = (1 + torch.randperm(count, device=device)) ** -0.25
    return sizes / sizes.square().mean().sqrt()


def weight(rows, columns):
    noise = 0.02 * torch.randn(rows, columns, device=device)
    return (noise * falling(rows)[:, None] * falling(columns)).to(torch.bfloat16).cpu()


ones = torch.ones(hidden, dtype=torch.bfloat16)
files, index = options.layers + 1, {}


def save(number, tensors):
    name = f"model-{number:05}-of-{files:05}.safetensors"
    save_file(tensors, os.path.join(options.folder, name), metadata={"format": "pt"})
    index.update(dict.fromkeys(tensors, name))


save(1, {"model.embed_tokens.weight": weight(config["vocab_size"], hidden), "model.norm.weight": ones.clone()})
for layer in range(options.layers):
    prefix = f"model.layers.{layer}."
    shapes = {"q": (hidden, hidden), "k": (width, hidden), "v": (width, hidden), "o": (hidden, hidden)}
    tensors = {f"{prefix}self_attn.{name}_proj.weight": weight(*shape) for name, shape in shapes.items()}
    shapes = {"gate": (inner, hidden), "up": (inner, hidden), "down": (hidden, inner)}
    tensors |= {f"{prefix}mlp.{name}_proj.weight": weight(*shape) for name, shape in shapes.items()}
    tensors |= {f"{prefix}{name}.weight": ones.clone() for name in ("input_layernorm", "post_attention_layernorm")}
    save(layer + 2, tensors)
json.dump(
    {"metadata": {}, "weight_map": index}, open(os.path.join(options.folder, "model.safetensors.index.json"), "w")
)

generator = random.Random(0)
letters = "のにはをたがでてとしれさいるなこあもまうきくけせそちつみめやゆよらりろわん山川人日本年学国"
with open(os.path.join(options.folder, "text.jsonl"), "w") as file:
    for _ in range(options.documents):
        text = "".join(generator.choice(letters) for _ in range(4000))
        file.write(json.dumps({"text": text}, ensure_ascii=False) + "\n")
