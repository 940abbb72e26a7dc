"""Writes a synthetic GPTQ checkpoint with the shapes of a large Llama, to time `tenbin audit` on.

  python make_checkpoint.py DIR --layers 5 [--hidden 8192] [--intermediate 28672] [--key-value 1024]
      [--bits 4] [--group-size 128] [--vocabulary 1024] [--seed 0] [--base DIR]

Gaussian weights, rounded to nearest on symmetric grids, one shard a layer; every layer holds the
same seven linears. `--base` writes the model that was rounded, in F16, to another folder. Needs numpy.
"""
import argparse
import json
import pathlib
import struct

import numpy as np

parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
parser.add_argument("output", type=pathlib.Path)
for name, value in [
    ("layers", 5), ("hidden", 8192), ("intermediate", 28672), ("key-value", 1024), ("bits", 4),
    ("group-size", 128), ("vocabulary", 1024), ("seed", 0),
]:
    parser.add_argument("--" + name, type=int, default=value)
parser.add_argument("--base", type=pathlib.Path)
options = parser.parse_args()
random = np.random.default_rng(options.seed)
bits, size = options.bits, options.group_size
top, middle = 2**bits - 1, 2 ** (bits - 1)


def pack(codes):
    """Rows of codes, 32 at a time, as little-endian streams of `bits` words."""
    rows, columns = codes.shape
    if 32 % bits == 0:
        lanes = codes.reshape(rows // (32 // bits), 32 // bits, columns).astype(np.uint32)
        words = np.zeros(lanes.shape[::2], np.uint32)
        for lane in range(32 // bits):
            words |= lanes[:, lane] << np.uint32(bits * lane)
        return words
    flags = (codes.reshape(rows // 32, 32, 1, columns) >> np.arange(bits).reshape(1, 1, -1, 1)) & 1
    flags = flags.reshape(rows // 32, bits, 32, columns).astype(np.uint32)
    return (flags << np.arange(32, dtype=np.uint32).reshape(1, 1, -1, 1)).sum(
        2, dtype=np.uint32).reshape(-1, columns)


def linear(out, features):
    groups = features // size
    weight = random.standard_normal((groups, size, out), np.float32) * 0.02
    scales = np.maximum(np.abs(weight).max(1) * 2 / top, 1e-6).astype(np.float16)
    codes = np.clip(
        np.rint(weight / scales[:, None].astype(np.float32)) + middle, 0, top).astype(np.uint8)
    zeros = np.full((out, groups), middle - 1, np.uint8)
    original = weight.reshape(features, out).T.astype(np.float16) if options.base else None
    return {
        "weight": original, "qweight": pack(codes.reshape(features, out)), "qzeros": pack(zeros).T.copy(),
        "scales": scales, "g_idx": (np.arange(features) // size).astype(np.int32),
    }


def write(path, tensors):
    names = {"uint32": "I32", "int32": "I32", "float16": "F16"}
    header, offset = {"__metadata__": {"format": "pt"}}, 0
    for name, tensor in tensors.items():
        header[name] = {
            "dtype": names[tensor.dtype.name], "shape": list(tensor.shape),
            "data_offsets": [offset, offset + tensor.nbytes],
        }
        offset += tensor.nbytes
    text = json.dumps(header).encode()
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text)
        for tensor in tensors.values():
            file.write(tensor.tobytes())
    return offset


hidden, wide, narrow = options.hidden, options.intermediate, options.key_value
shapes = {
    "self_attn.q_proj": (hidden, hidden), "self_attn.k_proj": (narrow, hidden),
    "self_attn.v_proj": (narrow, hidden), "self_attn.o_proj": (hidden, hidden),
    "mlp.gate_proj": (wide, hidden), "mlp.up_proj": (wide, hidden), "mlp.down_proj": (hidden, wide),
}
linears = {name: linear(*shape) for name, shape in shapes.items()}
settings = {
    "bits": bits, "group_size": size, "desc_act": False, "sym": True, "quant_method": "gptq",
    "checkpoint_format": "gptq",
}
heads = max(1, hidden // 128)
config = {
    "architectures": ["LlamaForCausalLM"], "model_type": "llama", "hidden_size": hidden,
    "intermediate_size": wide, "num_hidden_layers": options.layers, "num_attention_heads": heads,
    "num_key_value_heads": max(1, heads * narrow // hidden), "vocab_size": options.vocabulary,
    "rms_norm_eps": 1e-5, "rope_theta": 10000.0, "max_position_embeddings": 4096,
    "tie_word_embeddings": True, "hidden_act": "silu", "torch_dtype": "float16",
    "quantization_config": settings,
}


def write_model(folder, config, is_base):
    """Shards, index and config.json; the linears' weights, or what they were quantized to."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "config.json").write_text(json.dumps(config, indent=1) + "\n")
    places, total = {}, 0
    for layer in range(options.layers + 1):
        file = f"model-{layer + 1:05}-of-{options.layers + 1:05}.safetensors"
        tensors = layer_tensors(layer, is_base)
        total += write(folder / file, tensors)
        places |= dict.fromkeys(tensors, file)
    (folder / "model.safetensors.index.json").write_text(
        json.dumps({"metadata": {"total_size": total}, "weight_map": places}) + "\n")
    print(f"{folder}: {total / 1e9:.2f} GB in {options.layers + 1} files")


def layer_tensors(layer, is_base):
    if layer < options.layers:
        tensors = {
            f"model.layers.{layer}.{name}.{part}": tensor
            for name, parts in linears.items() for part, tensor in parts.items()
            if (part == "weight") == is_base
        }
        for norm in ("input_layernorm", "post_attention_layernorm"):
            tensors[f"model.layers.{layer}.{norm}.weight"] = np.ones(hidden, np.float16)
        return tensors
    return {
        "model.embed_tokens.weight": np.ones((options.vocabulary, hidden), np.float16),
        "model.norm.weight": np.ones(hidden, np.float16),
    }


write_model(options.output, config, is_base=False)
(options.output / "quantize_config.json").write_text(json.dumps(settings, indent=1) + "\n")
if options.base:
    del config["quantization_config"]
    write_model(options.base, config, is_base=True)
