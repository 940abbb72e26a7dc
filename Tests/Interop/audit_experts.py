"""One faulty expert among 128 x 48: is it found?

  python audit_experts.py TENBIN WORK_DIR [--layers 48] [--experts 128] [--fault NAME ...]

Makes a qwen3_moe of that many layers and experts whose matrices are 32 x 32 (the experts of a layer
resemble each other, as those that were trained from one MLP do), rounds it to the nearest in 4 bits with
numpy, plants one fault in one expert at a time, and audits each with the base and alone. Prints a table.
"""
import argparse
import json
import pathlib
import struct
import subprocess

import numpy as np

WIDTH, GROUP, BITS = 32, 16, 4
parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
parser.add_argument("tenbin")
parser.add_argument("work", type=pathlib.Path)
parser.add_argument("--layers", type=int, default=48)
parser.add_argument("--experts", type=int, default=128)
parser.add_argument("--fault", action="append", default=[])
options = parser.parse_args()
random = np.random.default_rng(17)
CONFIG = {
    "architectures": ["Qwen3MoeForCausalLM"], "model_type": "qwen3_moe", "hidden_size": WIDTH,
    "intermediate_size": WIDTH, "moe_intermediate_size": WIDTH, "num_attention_heads": 4,
    "num_key_value_heads": 2, "head_dim": 8, "num_hidden_layers": options.layers,
    "num_experts": options.experts, "num_experts_per_tok": 2, "norm_topk_prob": True,
    "vocab_size": 96, "max_position_embeddings": 512, "rms_norm_eps": 1e-6, "rope_theta": 1e4,
    "tie_word_embeddings": False, "decoder_sparse_step": 1, "mlp_only_layers": [],
    "hidden_act": "silu", "attention_bias": False, "torch_dtype": "float32"}
SETTINGS = {"bits": BITS, "group_size": GROUP, "desc_act": False, "sym": True,
            "quant_method": "gptq", "checkpoint_format": "gptq", "damp_percent": 0.01}


def write(folder, tensors, config):
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "config.json").write_text(json.dumps(config))
    types = {"float32": "F32", "float16": "F16", "int32": "I32"}
    header, position = {"__metadata__": {"format": "pt"}}, 0
    for name, array in tensors.items():
        header[name] = {"dtype": types[str(array.dtype)], "shape": list(array.shape),
                        "data_offsets": [position, position + array.nbytes]}
        position += array.nbytes
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    with (folder / "model.safetensors").open("wb") as file:
        file.write(struct.pack("<Q", len(text)) + text)
        for array in tensors.values():
            file.write(np.ascontiguousarray(array).tobytes())


def normal(*shape):
    return (0.05 * random.standard_normal(shape)).astype(np.float32)


def base():
    tensors = {"model.embed_tokens.weight": normal(96, WIDTH), "lm_head.weight": normal(96, WIDTH),
               "model.norm.weight": 1 + normal(WIDTH)}
    for layer in range(options.layers):
        stem = f"model.layers.{layer}."
        for norm, width in (("input_layernorm", WIDTH), ("post_attention_layernorm", WIDTH),
                            ("self_attn.q_norm", 8), ("self_attn.k_norm", 8)):
            tensors[f"{stem}{norm}.weight"] = 1 + normal(width)
        for linear, rows in (("q", WIDTH), ("k", 16), ("v", 16), ("o", WIDTH)):
            tensors[f"{stem}self_attn.{linear}_proj.weight"] = normal(rows, WIDTH)
        tensors[f"{stem}mlp.gate.weight"] = normal(options.experts, WIDTH)
        for linear in ("gate", "up", "down"):
            common = normal(WIDTH, WIDTH)
            for expert in range(options.experts):
                tensors[f"{stem}mlp.experts.{expert}.{linear}_proj.weight"] = (
                    common + 0.6 * normal(WIDTH, WIDTH))
    return tensors


def packed(weight):
    """Round-to-nearest, symmetric, in the v1 format."""
    rows, columns = weight.shape
    groups = weight.reshape(rows, columns // GROUP, GROUP)
    scales = (2 * np.abs(groups).max(2) / 15).astype(np.float16)
    codes = np.clip(np.rint(groups / scales[:, :, None].astype(np.float32)) + 8, 0, 15)
    codes = codes.reshape(rows, columns).astype(np.uint32)
    return {"qweight": pack(codes.T), "scales": np.ascontiguousarray(scales.T),
            # Zeros lie along the outputs.
            "qzeros": pack(np.full((rows, columns // GROUP), 7, np.uint32)).T.copy(),
            "g_idx": (np.arange(columns) // GROUP).astype(np.int32)}


def pack(codes):
    words = codes.reshape(-1, 8, codes.shape[1])
    return np.bitwise_or.reduce(
        words << (4 * np.arange(8, dtype=np.uint32))[None, :, None], axis=1).view(np.int32)


def quantized(tensors):
    result = {}
    for name, array in tensors.items():
        if not name.endswith("_proj.weight"):
            result[name] = array
            continue
        for part, value in packed(array).items():
            result[name.removesuffix("weight") + part] = value
    return result


LAYER = options.layers - 1
EXPERT = f"model.layers.{LAYER}.mlp.experts.{options.experts - 3}."
OTHER = f"model.layers.{LAYER}.mlp.experts.1."


def exchange(t):
    for name in [name for name in t if name.startswith(EXPERT)]:
        other = OTHER + name.removeprefix(EXPERT)
        t[name], t[other] = t[other], t[name]


def edit(part, change):
    def apply(t):
        name = f"{EXPERT}up_proj.{part}"
        t[name] = change(t[name])
    return apply


def lost(t):
    t.pop(f"{EXPERT}down_proj.scales")


FAULTS = {
    "nothing": lambda t: None,
    "exchanged with another expert of its layer": exchange,
    "one linear all zero points": edit("qweight", lambda w: np.full_like(w, -2004318072)),
    "zero points one off": edit("qzeros", lambda z: z + np.int32(0x11111111)),
    "scales times 3": edit("scales", lambda s: (3 * s).astype(np.float16)),
    "a scale that is NaN": edit("scales", lambda s: np.where(
        np.arange(s.size).reshape(s.shape) == 5, np.nan, s).astype(np.float16)),
    "codes reversed in each word": edit("qweight", lambda w: pack(np.stack(
        [(w.view(np.uint32) >> np.uint32(28 - 4 * i)) & 15 for i in range(8)], 1).reshape(
            -1, w.shape[1]))),
    "rows in another order": edit("qweight", lambda w: np.ascontiguousarray(w[:, ::-1])),
    "scales missing": lost,
}


def audit(folder, *flags):
    done = subprocess.run([options.tenbin, "audit", str(folder), "--functional", "off", *flags,
                           "--format", "json"], capture_output=True, text=True)
    try:
        report = json.loads(done.stdout)
    except json.JSONDecodeError:
        return f"error {done.returncode}: {done.stderr[-200:]}"
    found = {finding["defect"]: finding["modules"] for finding in report["findings"]
             if finding["level"] != "note"}
    named = all(module.startswith((EXPERT, OTHER)) for modules in found.values()
                for module in modules)
    return f"{report['verdict']}: {', '.join(found)}" + ("" if named else " (elsewhere, too)")


tensors = base()
write(options.work / "base", tensors, CONFIG)
sound = quantized(tensors)
print(f"{options.layers} layers of {options.experts} experts\n| fault | with base | alone |\n|---|---|---|")
for fault, plant in FAULTS.items():
    if options.fault and not any(part in fault for part in options.fault):
        continue
    changed = dict(sound)
    plant(changed)
    folder = options.work / "checkpoint"
    write(folder, changed, {**CONFIG, "quantization_config": SETTINGS})
    print(f"| {fault} | {audit(folder, '--base', str(options.work / 'base'))} | {audit(folder)} |",
          flush=True)
