"""GPTQModel quantizes a model folder on given windows of token ids, for comparison with ours.

  python quantize_gptqmodel.py MODEL_DIR WINDOWS.json --output DIR --bits 4 --group-size 128
      --damp-percent 0.01 [--desc-act] [--no-sym] [--static-groups] [--act-group-aware] [--mse 2]
      [--format gptq|gptq_v2] [--dtype float32]

Writes the checkpoint to DIR and DIR/losses.json: for each module its loss ΣLosses =
½·tr(ΔW (H + λI) ΔWᵀ) with H = 2/T·XᵀX, the damp it ended with, and its T tokens. (GPTQModel prints
ΣLosses/T with ten decimals, too few at 8 bits: its quantize is watched instead.) The windows are
taken in their order, one a batch. Prints a JSON summary. Needs gptqmodel and torch.
"""
import argparse
import json
import pathlib
import time

import peers
import torch
from gptqmodel import GPTQModel, QuantizeConfig
from gptqmodel.quantization.gptq import GPTQ

parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
parser.add_argument("model")
parser.add_argument("windows")
parser.add_argument("--output", required=True)
parser.add_argument("--bits", type=int, default=4)
parser.add_argument("--group-size", type=int, default=128)
parser.add_argument("--damp-percent", type=float, default=0.01)
parser.add_argument("--desc-act", action="store_true")
parser.add_argument("--no-sym", action="store_true")
parser.add_argument("--static-groups", action="store_true")
parser.add_argument("--act-group-aware", action="store_true")
parser.add_argument("--mse", type=float, default=0, help="the exponent of its search for scales")
parser.add_argument("--format", default="gptq", choices=["gptq", "gptq_v2"])
parser.add_argument("--dtype", default="float32")
options = parser.parse_args()

windows = peers.read_windows(options.windows)
config = QuantizeConfig(
    bits=options.bits, group_size=options.group_size, damp_percent=options.damp_percent,
    desc_act=options.desc_act, sym=not options.no_sym, static_groups=options.static_groups,
    act_group_aware=options.act_group_aware, format=options.format, mse=options.mse,
)
losses = []
quantize = GPTQ.quantize


def watched_quantize(task, *arguments, **keywords):
    result = quantize(task, *arguments, **keywords)
    loss, damp, tokens = result[5:8]
    losses.append({
        "module": task._named_module.full_name,
        # A string where GPTQModel fell back to round-to-nearest.
        "loss": loss * tokens if isinstance(loss, float) else loss,
        "damp_percent": damp, "tokens": tokens,
    })
    return result


GPTQ.quantize = watched_quantize
began = time.time()
model = GPTQModel.load(
    options.model, config, device="cpu", dtype=getattr(torch, options.dtype)
)
model.quantize(
    [{"input_ids": window, "attention_mask": [1] * len(window)} for window in windows],
    calibration_sort=None, batch_size=1,
)
seconds = time.time() - began
model.save(options.output)
losses.sort(key=lambda entry: [
    int(part) if part.isdigit() else part for part in entry["module"].split(".")
])
path = pathlib.Path(options.output) / "losses.json"
path.write_text(json.dumps(losses, indent=1) + "\n")
figures = [entry["loss"] for entry in losses if isinstance(entry["loss"], float)]
peers.print_result({
    "modules": len(losses),
    "mean_loss": sum(figures) / len(figures),
    "fallbacks": len(losses) - len(figures),
    "seconds": round(seconds, 2),
})
