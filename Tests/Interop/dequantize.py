"""GPTQ checkpoints to plain float32 weights, in numpy, with no code of any GPTQ library.

For each linear: w[k, n] = scales[g_idx[k], n] · (code[k, n] − zero[g_idx[k], n]), with the zero
stored as zero − 1 in format `gptq` (v1) and as it is in `gptq_v2`. 32 values take `bits` words of
32 bits, lowest bits first; codes are packed along the inputs, zeros along the outputs.
"""
import json
import pathlib

import numpy as np
import torch
from safetensors import safe_open

PARTS = ("qweight", "qzeros", "scales")


def unpack(words, bits, count):
    """The first `count` `bits`-wide fields of int32 `words`, (⌈count · bits / 32⌉, …) to (count, …)."""
    words = np.ascontiguousarray(words).view(np.uint32)
    places = np.arange(32, dtype=np.uint32).reshape(1, 32, *[1] * (words.ndim - 1))
    stream = (words[:, None] >> places) & 1
    stream = stream.reshape(-1, *words.shape[1:])[: count * bits]
    stream = stream.reshape(count, bits, *words.shape[1:]).astype(np.int32)
    return sum(stream[:, place] << place for place in range(bits))


def dequantize(qweight, qzeros, scales, g_idx, bits, version):
    """The weight, (out, in), as float32."""
    codes = unpack(qweight, bits, len(g_idx))  # (in, out)
    zeros = unpack(qzeros.T, bits, scales.shape[1]).T  # (groups, out)
    if version == 1:
        zeros = (zeros + 1) & (2**bits - 1)
    weight = scales[g_idx].astype(np.float32) * (codes - zeros[g_idx]).astype(np.float32)
    return np.ascontiguousarray(weight.T)


def settings(folder):
    """The `quantization_config` of a checkpoint."""
    config = json.loads((folder / "config.json").read_text())
    found = config.get("quantization_config")
    if found is None:
        found = json.loads((folder / "quantize_config.json").read_text())
    return found


def tensors(folder):
    """All tensors of a folder, by name."""
    result = {}
    for path in sorted(pathlib.Path(folder).glob("*.safetensors")):
        with safe_open(path, "pt") as file:
            for name in file.keys():
                result[name] = file.get_tensor(name)
    return result


def published(model_type, state, linears):
    """The same under the names that models are published with, where they have GPTQModel's."""
    if model_type == "mixtral":
        words = {"mlp": "block_sparse_moe", "gate_proj": "w1", "up_proj": "w3", "down_proj": "w2"}

        def renamed(name):
            return ".".join(words.get(part, part) for part in name.split("."))

        return ({renamed(name): tensor for name, tensor in state.items()},
                {renamed(name): linear for name, linear in linears.items()})
    if model_type == "phi3":
        for gate in [name for name in state if name.endswith(".mlp.gate_proj.weight")]:
            up, both = (gate.replace("gate_proj", other) for other in ("up_proj", "gate_up_proj"))
            state[both] = torch.cat([state.pop(gate), state.pop(up)])
        for gate in [name for name in linears if name.endswith(".mlp.gate_proj")]:
            del linears[gate.replace("gate_proj", "up_proj")]
            linears[gate.replace("gate_proj", "gate_up_proj")] = linears.pop(gate)
    return state, linears


def plain_state(folder):
    """The checkpoint's tensors in float32, as the model is published, with each quantized linear as
    one `weight`, and for each linear its bits and group count."""
    folder = pathlib.Path(folder)
    config = settings(folder)
    version = 2 if config.get("checkpoint_format", config.get("format")) == "gptq_v2" else 1
    stored = tensors(folder)
    state, linears = {}, {}
    for prefix in [name[: -len(".qweight")] for name in stored if name.endswith(".qweight")]:
        qweight, qzeros, scales = (
            stored.pop(f"{prefix}.{part}").float().numpy() if part == "scales"
            else stored.pop(f"{prefix}.{part}").numpy()
            for part in PARTS
        )
        if f"{prefix}.g_idx" in stored:
            g_idx = stored.pop(f"{prefix}.g_idx").numpy()
            # Per-module overrides change the bits: the shapes tell.
            bits = qweight.shape[0] * 32 // len(g_idx)
        else:
            bits = config["bits"]
            features = qweight.shape[0] * 32 // bits
            size = config["group_size"]
            g_idx = np.arange(features) // (features if size == -1 else size)
        weight = dequantize(qweight, qzeros, scales, g_idx, bits, version)
        state[f"{prefix}.weight"] = torch.from_numpy(weight)
        linears[prefix] = {"bits": bits, "groups": scales.shape[0]}
    for name, tensor in stored.items():
        state[name] = tensor.float() if tensor.is_floating_point() else tensor
    model_type = json.loads((folder / "config.json").read_text())["model_type"]
    return published(model_type, state, linears)
