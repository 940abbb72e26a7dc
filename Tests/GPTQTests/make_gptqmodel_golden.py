"""Writes Fixtures/gptqmodel.json: codes of GPTQModel's own GPTQ with act_group_aware and with
its search for scales (`mse`, the exponent of errors), and of its GPTAQ, on one small linear. Scales stay float32, as its column loop has them.

    python make_gptqmodel_golden.py Fixtures/gptqmodel.json
"""

import json
import os
import sys

os.cpu_count = lambda: 4  # GPTQModel 7.7.0 fails on smaller machines
import torch
import gptqmodel
from gptqmodel.looper.named_module import NamedModule
from gptqmodel.quantization import QuantizeConfig
from gptqmodel.quantization.config import GPTAQConfig
from gptqmodel.quantization.gptaq import GPTAQ
from gptqmodel.quantization.gptq import GPTQ

SEED = 20261125
ROWS, COLUMNS, TOKENS = 32, 64, 320
CASES = [
    {"algorithm": "gptq", "group_size": 32, "act_group_aware": True, "bits": 4},
    {"algorithm": "gptq", "group_size": 16, "act_group_aware": True, "bits": 3},
    {"algorithm": "gptaq", "group_size": 32, "desc_act": True, "bits": 4},
    {"algorithm": "gptaq", "group_size": 24, "desc_act": False, "bits": 3},
    {"algorithm": "gptaq", "group_size": -1, "desc_act": True, "bits": 4},
    {"algorithm": "gptq", "group_size": 32, "desc_act": True, "bits": 3, "mse": 2.0},
    {"algorithm": "gptq", "group_size": 16, "desc_act": False, "bits": 4, "mse": 2.0, "sym": False},
    {"algorithm": "gptq", "group_size": 16, "act_group_aware": True, "bits": 4, "mse": 2.0},
]


def numbers(matrix):
    """Nine digits, which is all that a float32 holds."""
    return [[float(f"{value:.9g}") for value in row] for row in matrix.tolist()]


def run(case, weight, x, base):
    linear = torch.nn.Linear(COLUMNS, ROWS, bias=False)
    linear.weight.data = weight.clone()
    named = NamedModule(linear, "proj", "model.layers.0.proj", 0)
    settings = {
        "bits": case["bits"], "group_size": case["group_size"], "damp_percent": 0.01,
        "sym": case.get("sym", True), "mse": case.get("mse", 0.0),
        "desc_act": case.get("desc_act", False), "act_group_aware": case.get("act_group_aware", False),
        "offload_to_disk": False,
    }
    is_gptaq = case["algorithm"] == "gptaq"
    if is_gptaq:
        settings["gptaq"] = GPTAQConfig(alpha=0.25, device="cpu")
        named.state["native_inp"] = [base.clone().unsqueeze(0)]
    config = QuantizeConfig(**settings)
    task = (GPTAQ if is_gptaq else GPTQ)(named, config)
    task.quantizer.configure(perchannel=True)
    task.add_batch(x.clone().unsqueeze(0), None)
    hessian = task.H.clone() if is_gptaq else task.finalize_hessian().clone()
    shift = task.dXXT.clone() if is_gptaq else None
    quantized, scale, zero, g_idx, _, loss, damp, _ = task.quantize(blocksize=32)
    index = g_idx.long()
    codes = torch.round(quantized / scale[:, index] + zero[:, index]).int()
    return {
        "settings": case | {"damp_percent": float(damp), "block_size": 32},
        "codes": codes.tolist(), "scales": numbers(scale), "group_index": g_idx.tolist(),
    }, hessian, shift


def main(path):
    torch.set_num_threads(1)
    torch.manual_seed(SEED)
    weight = torch.randn(ROWS, COLUMNS) * 0.02
    base = torch.randn(TOKENS, COLUMNS) @ (torch.eye(COLUMNS) + 0.1 * torch.randn(COLUMNS, COLUMNS))
    base *= torch.exp(torch.randn(COLUMNS))
    x = 0.9 * base @ (torch.eye(COLUMNS) + 0.01 * torch.randn(COLUMNS, COLUMNS))
    x += 0.02 * torch.randn(TOKENS, COLUMNS)
    runs = [run(case, weight, x, base) for case in CASES]
    # GPTQ's H differs by its count of tokens only, which changes no code.
    _, hessian, shift = [run for run in runs if run[2] is not None][-1]
    for _, other, _ in runs:
        assert torch.allclose(other / other[0, 0], hessian / hessian[0, 0], rtol=1e-4, atol=1e-6)
    golden = {
        "made_by": "make_gptqmodel_golden.py", "seed": SEED,
        "versions": {"gptqmodel": gptqmodel.__version__, "torch": torch.__version__},
        "weight": numbers(weight), "hessian": numbers(hessian), "shift": numbers(shift),
        "cases": [case for case, _, _ in runs],
    }
    with open(path, "w") as file:
        file.write(json.dumps(golden, separators=(",", ":")))
        file.write("\n")


main(sys.argv[1])
