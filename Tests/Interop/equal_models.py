"""Models that compute what a Llama folder computes with other weights, and one that does not quite.

  python equal_models.py MODEL_DIR OUTPUT_DIR       (needs torch, safetensors)

OUTPUT_DIR/smoothed: gains of norms moved into q, k, v, gate and up (SmoothQuant); rows of v and up
divided by what the columns of o and down are multiplied with (AWQ). OUTPUT_DIR/rotated: norms fused
into the linears behind them, the residual stream rotated by one orthogonal matrix, the head untied
(QuaRot, SpinQuant). OUTPUT_DIR/adapted: q and v moved by a low-rank product, as a LoRA leaves them.
All in float32.
"""
import json
import pathlib
import shutil
import sys

import torch
from safetensors.torch import load_file, save_file

source, output = map(pathlib.Path, sys.argv[1:3])
config = json.loads((source / "config.json").read_text())
tensors = {}
for shard in sorted(source.glob("*.safetensors")):
    tensors |= {name: tensor.float() for name, tensor in load_file(shard).items()}
layers, hidden = config["num_hidden_layers"], config["hidden_size"]
heads = config["num_attention_heads"]
key_value_heads = config.get("num_key_value_heads") or heads
width = config.get("head_dim") or hidden // heads
generator = torch.Generator().manual_seed(20261126)
READERS = {
    "input_layernorm": ("self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj"),
    "post_attention_layernorm": ("mlp.gate_proj", "mlp.up_proj"),
}
WRITERS = ("self_attn.o_proj", "mlp.down_proj")


def even(*sizes):
    """Factors of columns that make them more alike, as SmoothQuant's and AWQ's do: the root of what is
    large before over what is large after, about 1."""
    scale = sum(size.clamp(min=1e-6).log() for size in sizes) / -2
    return torch.exp((scale - scale.mean()).clamp(-1, 1))


def column_size(*linears):
    return torch.stack([linear.abs().amax(0) for linear in linears]).amax(0)


def write(name, changed, **keys):
    folder = output / name
    folder.mkdir(parents=True)
    settings = {**config, "torch_dtype": "float32", "dtype": "float32", **keys}
    (folder / "config.json").write_text(json.dumps(settings, indent=2) + "\n")
    for file in source.glob("*token*"):
        shutil.copy(file, folder)
    save_file({name: tensor.contiguous() for name, tensor in changed.items()},
              folder / "model.safetensors", metadata={"format": "pt"})


def smoothed():
    changed = dict(tensors)
    for layer in range(layers):
        prefix = f"model.layers.{layer}."
        for norm, readers in READERS.items():
            gain = changed[f"{prefix}{norm}.weight"]
            weights = [changed[f"{prefix}{linear}.weight"] for linear in readers]
            scale = even(column_size(*weights), 1 / gain.abs().clamp(min=1e-6))
            changed[f"{prefix}{norm}.weight"] = changed[f"{prefix}{norm}.weight"] / scale
            for linear in readers:
                changed[f"{prefix}{linear}.weight"] = changed[f"{prefix}{linear}.weight"] * scale
        size = column_size(changed[f"{prefix}self_attn.o_proj.weight"])
        # Heads that read the same values share their factors.
        value = even(size.view(key_value_heads, -1, width).amax(1).reshape(-1))
        columns = value.view(key_value_heads, 1, width)
        columns = columns.expand(-1, heads // key_value_heads, -1).reshape(-1)
        inner = even(column_size(changed[f"{prefix}mlp.down_proj.weight"]))
        for rows, linear, scale in (("self_attn.v_proj", "self_attn.o_proj", columns),
                                    ("mlp.up_proj", "mlp.down_proj", inner)):
            own = value if linear.endswith("o_proj") else inner
            changed[f"{prefix}{rows}.weight"] = changed[f"{prefix}{rows}.weight"] / own[:, None]
            changed[f"{prefix}{linear}.weight"] = changed[f"{prefix}{linear}.weight"] * scale
    write("smoothed", changed)


def rotated():
    changed = dict(tensors)
    turn, _ = torch.linalg.qr(torch.randn(hidden, hidden, generator=generator).double())
    turn = turn.float()
    embedding = changed["model.embed_tokens.weight"]
    head = changed.get("lm_head.weight", embedding) * changed["model.norm.weight"]
    changed["lm_head.weight"] = head @ turn
    changed["model.embed_tokens.weight"] = embedding @ turn
    changed["model.norm.weight"] = torch.ones(hidden)
    for layer in range(layers):
        prefix = f"model.layers.{layer}."
        for norm, readers in READERS.items():
            gain = changed[f"{prefix}{norm}.weight"]
            for linear in readers:
                weight = changed[f"{prefix}{linear}.weight"]
                changed[f"{prefix}{linear}.weight"] = (weight * gain) @ turn
            changed[f"{prefix}{norm}.weight"] = torch.ones(hidden)
        for linear in WRITERS:
            changed[f"{prefix}{linear}.weight"] = turn.T @ changed[f"{prefix}{linear}.weight"]
    write("rotated", changed, tie_word_embeddings=False)


def adapted():
    changed = dict(tensors)
    for layer in range(layers):
        for linear in ("q_proj", "v_proj"):
            name = f"model.layers.{layer}.self_attn.{linear}.weight"
            weight = changed[name]
            moved = (torch.randn(weight.shape[0], 4, generator=generator)
                     @ torch.randn(4, weight.shape[1], generator=generator))
            changed[name] = weight + 0.05 * moved * weight.std() / moved.std()
    write("adapted", changed)


smoothed()
rotated()
adapted()
