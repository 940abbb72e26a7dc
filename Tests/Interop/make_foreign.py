"""Small GPTQ checkpoints as other tools write them, and what dequantize.py and transformers make of
them: the fixtures of Tests/AnalysisTests/ForeignCheckpointTests.swift.

  python make_foreign.py [NAME...] [--check-loaders]      (needs torch, transformers, safetensors, numpy, gptqmodel)

Writes Fixtures/foreign/NAME for each entry of CHECKPOINTS and for the two of GPTQMODEL, which makes
them itself.
The packing here is the loops of AutoGPTQ's QuantLinear.pack, value by value; it shares nothing with
dequantize.py, which reads. golden.json of each folder holds, of what dequantize.py reads: SHA-256 of
every linear's float32 weight, and transformers' float32 logits and perplexity on one window.
--check-loaders prints GPTQModel's perplexity of each beside it, in bfloat16.
"""
import argparse
import hashlib
import json
import pathlib
import re
import shutil

import peers
import numpy as np
import torch
import transformers
from check_checkpoint import load_gptqmodel, plain_model
from dequantize import plain_state
from safetensors.torch import save_file
from transformers import LlamaConfig, LlamaForCausalLM

SEED = 20261125
OUTPUT = pathlib.Path(__file__).with_name("Fixtures") / "foreign"
# GPTQModel opens no model without one.
TOKENIZER = pathlib.Path(__file__).parents[2] / "notebooks-data/demo-model/tokenizer.json"
LINEARS = ["self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj", "self_attn.o_proj",
           "mlp.gate_proj", "mlp.up_proj", "mlp.down_proj"]

# What each folder shows; every key has the default of DEFAULTS.
DEFAULTS = dict(
    bits=4, group_size=32, sym=True, version=1, groups="runs", scales=torch.float16,
    file="model.safetensors", shards=1, in_config=True, in_file=True, g_idx=True, zero_bias=False,
    overrides={}, plain=[], model="even", head=False,
)
CHECKPOINTS = {
    # The first AutoGPTQ files: their own name, settings beside config.json only, a bias everywhere.
    "autogptq-4bit": dict(
        file="gptq_model-4bit-32g.safetensors", in_config=False, zero_bias=True,
        groups="permuted"),
    "autogptq-3bit-asym": dict(bits=3, sym=False, file="gptq_model-3bit-32g.safetensors"),
    # Zero points from 0 to 3, and groups of any size in any order.
    "v2-2bit-asym": dict(bits=2, sym=False, version=2, groups="arbitrary"),
    "sharded-8bit": dict(
        bits=8, group_size=16, groups="permuted", scales=torch.bfloat16, shards=3),
    # GPTQ-for-LLaMa: no g_idx, one group a row.
    "row-8bit": dict(bits=8, group_size=-1, scales=torch.float32, g_idx=False, in_file=False),
    # Per-module overrides.
    "mixed": dict(
        groups="permuted", overrides={
            "mlp.down_proj": {"bits": 8}, "self_attn.v_proj": {"bits": 3},
            "mlp.up_proj": {"group_size": 16},
        },
        plain=["self_attn.k_proj"]),
    # A quantized lm_head.
    "lm-head": dict(bits=8, model="untied", head=True),
    # Neither inputs nor outputs are multiples of 32; the last group is short.
    "ragged-4bit": dict(model="ragged", sym=False, version=2, groups="permuted"),
}
GPTQMODEL = {
    "gptqmodel-4bit": dict(bits=4, group_size=32, desc_act=True),
    "gptqmodel-8bit-asym": dict(
        bits=8, group_size=16, desc_act=False, sym=False, format="gptq_v2"),
}
MODELS = {
    "even": dict(hidden_size=64, intermediate_size=96, num_attention_heads=4,
                 num_key_value_heads=2, head_dim=16),
    "untied": dict(hidden_size=32, intermediate_size=32, num_attention_heads=2,
                   num_key_value_heads=2, head_dim=16, tie_word_embeddings=False),
    "ragged": dict(hidden_size=48, intermediate_size=80, num_attention_heads=3,
                   num_key_value_heads=1, head_dim=16),
}


def make_model(name):
    torch.manual_seed(SEED)
    keys = {"tie_word_embeddings": True, **MODELS[name]}
    model = LlamaForCausalLM(LlamaConfig(
        vocab_size=96, num_hidden_layers=1, max_position_embeddings=128, rms_norm_eps=1e-6, **keys))
    for parameter in model.parameters():
        parameter.data.normal_(0, 0.3 if parameter.ndim == 2 else 1.0)
    return model.half()


def group_index(rng, kind, count, size):
    """The group of each input, and how many groups."""
    groups = -(-count // size)
    runs = np.arange(count) // size
    if kind == "runs":
        return runs, groups
    if kind == "permuted":  # desc_act
        return runs[np.argsort(rng.permutation(count))], groups
    return rng.integers(0, groups, count), groups


def round_to_grid(weight, g_idx, groups, bits, sym, version, dtype):
    """Codes (out, in), scales and zeros (out, groups); scales are what the file will hold."""
    top = 2**bits - 1
    scales = np.ones((weight.shape[0], groups), np.float32)
    zeros = np.full((weight.shape[0], groups), 2 ** (bits - 1))
    for group in range(groups):
        part = weight[:, g_idx == group]
        if part.shape[1] == 0:
            continue
        low = np.minimum(part.min(1), 0)
        high = np.maximum(part.max(1), 0)
        if sym:
            high = np.maximum(-low, high)
            low = -high
        scales[:, group] = (high - low) / top
        if not sym:
            lowest = 1 if version == 1 else 0
            zeros[:, group] = np.clip(np.round(-low / scales[:, group]), lowest, top)
    scales = torch.from_numpy(scales).to(dtype).float().numpy()
    codes = np.clip(np.round(weight / scales[:, g_idx]) + zeros[:, g_idx], 0, top)
    return codes.astype(np.int64), scales, zeros


def pack(values, bits):
    """(n, m) values to (ceil(n · bits / 32), m) int32 words, along n, one value after the other."""
    words = np.zeros((-(-values.shape[0] * bits // 32), values.shape[1]), np.uint64)
    for index, row in enumerate(values.astype(np.uint64)):
        place = index * bits
        word, shift = divmod(place, 32)
        words[word] |= (row << np.uint64(shift)) & np.uint64(0xFFFFFFFF)
        if shift + bits > 32:
            words[word + 1] |= row >> np.uint64(32 - shift)
    return torch.from_numpy(words.astype(np.uint32).view(np.int32).copy())


def write(name, keys):
    settings = {**DEFAULTS, **keys}
    rng = np.random.default_rng(SEED)
    folder = OUTPUT / name
    shutil.rmtree(folder, ignore_errors=True)
    model = make_model(settings["model"])
    model.save_pretrained(folder)
    state = dict(model.state_dict())
    if model.config.tie_word_embeddings:
        del state["lm_head.weight"]
    prefixes = {linear: f"model.layers.0.{linear}" for linear in LINEARS}
    if settings["head"]:
        prefixes["lm_head"] = "lm_head"
    for linear, prefix in prefixes.items():
        if linear in settings["plain"]:
            continue
        weight = state.pop(f"{prefix}.weight").float().numpy()
        own = {**settings, **settings["overrides"].get(linear, {})}
        bits = own["bits"]
        out, features = weight.shape
        size = features if own["group_size"] == -1 else own["group_size"]
        g_idx, groups = group_index(rng, settings["groups"], features, size)
        codes, scales, zeros = round_to_grid(
            weight, g_idx, groups, bits, settings["sym"], settings["version"], settings["scales"])
        stored = zeros - 1 if settings["version"] == 1 else zeros
        state[f"{prefix}.qweight"] = pack(codes.T, bits)
        state[f"{prefix}.qzeros"] = pack(stored, bits).T.contiguous()
        state[f"{prefix}.scales"] = torch.from_numpy(scales.T.copy()).to(settings["scales"])
        if settings["g_idx"]:
            state[f"{prefix}.g_idx"] = torch.from_numpy(g_idx.astype(np.int32))
        if settings["zero_bias"]:
            state[f"{prefix}.bias"] = torch.zeros(out, dtype=torch.float16)
    (folder / "model.safetensors").unlink()
    (folder / "generation_config.json").unlink(missing_ok=True)
    quantization = {
        "bits": settings["bits"], "group_size": settings["group_size"], "damp_percent": 0.01,
        "desc_act": settings["groups"] != "runs", "sym": settings["sym"],
        "true_sequential": True, "model_name_or_path": None, "model_file_base_name": None,
        "quant_method": "gptq",
    }
    if settings["head"]:
        quantization["lm_head"] = True
    if settings["version"] == 2:
        quantization["checkpoint_format"] = "gptq_v2"
    if settings["overrides"] or settings["plain"]:
        quantization["dynamic"] = {
            **{rf"+:.*{linear.split('.')[1]}.*": keys
               for linear, keys in settings["overrides"].items()},
            **{rf"-:.*{linear.split('.')[1]}.*": {} for linear in settings["plain"]},
        }
    if settings["in_file"]:
        (folder / "quantize_config.json").write_text(json.dumps(quantization, indent=2) + "\n")
    if settings["in_config"]:
        path = folder / "config.json"
        config = json.loads(path.read_text())
        path.write_text(json.dumps({**config, "quantization_config": quantization}, indent=2) + "\n")
    save(folder, state, settings["file"], settings["shards"])
    return folder


def save(folder, state, file, shards):
    if shards == 1:
        save_file(state, folder / file, {"format": "pt"})
        return
    names, places = sorted(state), {}
    for shard in range(shards):
        file = f"model-{shard + 1:05}-of-{shards:05}.safetensors"
        part = {name: state[name] for name in names[shard::shards]}
        save_file(part, folder / file, {"format": "pt"})
        places.update(dict.fromkeys(part, file))
    total = sum(tensor.numel() * tensor.element_size() for tensor in state.values())
    (folder / "model.safetensors.index.json").write_text(json.dumps(
        {"metadata": {"total_size": total}, "weight_map": places}, indent=2) + "\n")


def write_gptqmodel(name, **keys):
    """A checkpoint of GPTQModel's own."""
    from gptqmodel import GPTQModel, QuantizeConfig

    folder, base = OUTPUT / name, OUTPUT / "base"
    shutil.rmtree(folder, ignore_errors=True)
    make_model("even").save_pretrained(base)
    shutil.copy(TOKENIZER, base)
    rng = torch.Generator().manual_seed(SEED)
    windows = torch.randint(0, 96, (4, 64), generator=rng).tolist()
    model = GPTQModel.load(
        str(base), QuantizeConfig(damp_percent=0.01, act_group_aware=False, **keys), device="cpu",
        dtype=torch.float16)
    model.quantize(
        [{"input_ids": window, "attention_mask": [1] * 64} for window in windows],
        calibration_sort=None, batch_size=1)
    model.save(str(folder), max_shard_size="40KB")
    shutil.rmtree(base)
    kept = {"config.json", "quantize_config.json", "model.safetensors.index.json"}
    for path in folder.iterdir():
        if path.name not in kept and path.suffix != ".safetensors":
            path.unlink()
    for name in ["config.json", "quantize_config.json"]:
        text = (folder / name).read_text()
        # A path of the machine that made it.
        text = re.sub(r'("offload_to_disk_path": )"[^"]*"', r"\1null", text)
        (folder / name).write_text(text.rstrip() + "\n")
    return folder


def golden(folder):
    state, linears = plain_state(folder)
    model = plain_model(folder, state)
    ids = torch.randint(0, 96, (64,), generator=torch.Generator().manual_seed(SEED)).tolist()
    with torch.no_grad():
        logits = model(torch.tensor([ids])).logits[0]
    positions = [0, 7, 63]
    return ids, {
        "generator": "Tests/Interop/make_foreign.py", "seed": SEED,
        "torch": torch.__version__, "transformers": transformers.__version__,
        "weights": {
            prefix: hashlib.sha256(state[f"{prefix}.weight"].numpy().tobytes()).hexdigest()
            for prefix in sorted(linears)
        },
        "input_ids": ids, "positions": positions,
        "logits": [[round(x, 6) for x in logits[row].tolist()] for row in positions],
        "perplexity": peers.perplexity(model, [ids])["perplexity"],
    }


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--check-loaders", action="store_true")
    parser.add_argument("names", nargs="*")
    options = parser.parse_args()
    names = options.names or [*CHECKPOINTS, *GPTQMODEL]
    folders = [
        write(name, CHECKPOINTS[name]) if name in CHECKPOINTS
        else write_gptqmodel(name, **GPTQMODEL[name])
        for name in names
    ]
    found = {}
    for folder in folders:
        ids, values = golden(folder)
        (folder / "golden.json").write_text(json.dumps(values) + "\n")
        found[folder.name] = {"dequantized_float32": values["perplexity"]}
        if options.check_loaders:
            shutil.copy(TOKENIZER, folder)
            try:
                model = load_gptqmodel(str(folder), "gptq_torch")
                found[folder.name]["gptqmodel"] = peers.perplexity(model.eval(), [ids])["perplexity"]
            except Exception as error:
                found[folder.name]["gptqmodel"] = f"{type(error).__name__}: {error}"
            (folder / "tokenizer.json").unlink()
    peers.print_result(found)
