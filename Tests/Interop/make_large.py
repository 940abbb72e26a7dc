"""A Llama folder of random BF16 weights, many small layers in several shards: to see what memory
`tenbin quantize` takes beside the size of the model (docs/interoperability.md).

  python make_large.py DEMO_MODEL_DIR OUTPUT_DIR [--layers 160] [--hidden 1024] [--intermediate 2816]

Takes the tokenizer of the demo model. Needs torch, safetensors; itself holds one shard at a time.
"""
import argparse
import json
import pathlib
import shutil

import torch
from safetensors.torch import save_file

parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
parser.add_argument("demo", type=pathlib.Path)
parser.add_argument("output", type=pathlib.Path)
parser.add_argument("--layers", type=int, default=160)
parser.add_argument("--hidden", type=int, default=1024)
parser.add_argument("--intermediate", type=int, default=2816)
parser.add_argument("--layers-per-shard", type=int, default=20)
options = parser.parse_args()

hidden, inner, width = options.hidden, options.intermediate, 64
heads, key_value_heads = hidden // width, max(1, hidden // width // 4)
config = {
    "architectures": ["LlamaForCausalLM"], "model_type": "llama", "vocab_size": 8192,
    "hidden_size": hidden, "intermediate_size": inner, "num_hidden_layers": options.layers,
    "num_attention_heads": heads, "num_key_value_heads": key_value_heads, "head_dim": width,
    "rms_norm_eps": 1e-5, "rope_theta": 500000.0, "max_position_embeddings": 2048,
    "tie_word_embeddings": True, "torch_dtype": "bfloat16", "hidden_act": "silu",
}
generator = torch.Generator().manual_seed(20261125)


def random(*shape):
    return (torch.randn(shape, generator=generator) * 0.02).bfloat16()


def layer(index):
    prefix = f"model.layers.{index}."
    tensors = {
        "self_attn.q_proj": random(heads * width, hidden),
        "self_attn.k_proj": random(key_value_heads * width, hidden),
        "self_attn.v_proj": random(key_value_heads * width, hidden),
        "self_attn.o_proj": random(hidden, heads * width),
        "mlp.gate_proj": random(inner, hidden), "mlp.up_proj": random(inner, hidden),
        "mlp.down_proj": random(hidden, inner),
        "input_layernorm": torch.ones(hidden).bfloat16(),
        "post_attention_layernorm": torch.ones(hidden).bfloat16(),
    }
    return {f"{prefix}{name}.weight": tensor for name, tensor in tensors.items()}


options.output.mkdir(parents=True)
(options.output / "config.json").write_text(json.dumps(config, indent=2) + "\n")
for name in ["tokenizer.json", "tokenizer_config.json"]:
    shutil.copy(options.demo / name, options.output)
starts = range(0, options.layers, options.layers_per_shard)
places, total = {}, 0
for shard, start in enumerate(starts):
    tensors = {}
    for index in range(start, min(options.layers, start + options.layers_per_shard)):
        tensors.update(layer(index))
    if start == 0:
        tensors["model.embed_tokens.weight"] = random(8192, hidden)
        tensors["model.norm.weight"] = torch.ones(hidden).bfloat16()
    file = f"model-{shard + 1:05}-of-{len(starts):05}.safetensors"
    save_file(tensors, options.output / file, {"format": "pt"})
    places.update(dict.fromkeys(tensors, file))
    total += sum(tensor.numel() * 2 for tensor in tensors.values())
(options.output / "model.safetensors.index.json").write_text(
    json.dumps({"metadata": {"total_size": total}, "weight_map": places}) + "\n")
print(f"{total:,} bytes of weights in {len(starts)} shards")
