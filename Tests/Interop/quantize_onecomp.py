"""OneComp quantizes a model folder on given windows of token ids, for comparison with ours.

  python quantize_onecomp.py MODEL_DIR WINDOWS.jsonl --output DIR --bits 4 [--group-size 128]
      [--method gptq|jointq|autobit] [--no-qep] [--distil EPOCHS] [--window 512] [--device cuda]

`gptq` is its GPTQ with act order and the search for scales (600 steps, norm 2.4) and error
propagation (0.5, down_proj left out, its default); `jointq` its search over codes and scales
together, symmetric, act order, started from GPTQ, with its own error propagation; `autobit`
mixes 2, 3, 4 and 8 bits of that GPTQ, activation-aware, at --bits on average. --distil N adds its
GlobalPTQ, N epochs. OneComp takes windows of one length: the token ids are joined and cut anew.
Prints a JSON summary. Needs onecomp (Python >= 3.12) and torch; lm_eval, which it imports for its own
evaluation alone, need not be there.
"""
import argparse
import sys
import time
import types

import peers
import torch

try:
    import lm_eval  # noqa: F401
except ImportError:
    for name in ["lm_eval", "lm_eval.models", "lm_eval.models.huggingface"]:
        sys.modules[name] = types.ModuleType(name)
    sys.modules["lm_eval"].evaluator = None
    sys.modules["lm_eval.models.huggingface"].HFLM = object

from onecomp import CalibrationConfig, GPTQ, ModelConfig, QEPConfig, Runner
from onecomp.post_process import GlobalPTQ
from onecomp.quantizer.autobit import AutoBitQuantizer
from onecomp.quantizer.jointq import JointQ

parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
parser.add_argument("model")
parser.add_argument("windows")
parser.add_argument("--output", required=True)
parser.add_argument("--bits", type=float, default=4)
parser.add_argument("--group-size", type=int, default=128)
parser.add_argument("--method", default="gptq", choices=["gptq", "jointq", "autobit"])
parser.add_argument("--no-qep", action="store_true")
parser.add_argument("--distil", type=int, default=0, metavar="EPOCHS")
parser.add_argument("--window", type=int, default=512)
parser.add_argument("--device", default="cpu")
options = parser.parse_args()

tokens = [token for window in peers.read_windows(options.windows) for token in window]
rows = len(tokens) // options.window
table = torch.tensor(tokens[: rows * options.window]).reshape(rows, options.window)


def our_windows(tokenizer=None, device="cpu", *arguments, **keywords):
    return {"input_ids": table.to(device), "attention_mask": torch.ones_like(table).to(device)}


for name, module in list(sys.modules.items()):
    if name.startswith("onecomp") and hasattr(module, "prepare_calibration_dataset"):
        module.prepare_calibration_dataset = our_windows


def gptq(bits):
    return GPTQ(wbits=bits, groupsize=options.group_size, actorder=True, mse=True)


bits = int(options.bits)
calibration = CalibrationConfig(max_length=options.window, num_calibration_samples=rows)
if options.method == "jointq":
    quantizer = JointQ(
        bits=bits, symmetric=True, group_size=options.group_size, actorder=True,
        gptq=GPTQ(wbits=bits, groupsize=options.group_size, mse=True))
elif options.method == "autobit":
    quantizer = AutoBitQuantizer(
        assignment_strategy="activation_aware", quantizers=[gptq(x) for x in (2, 3, 4, 8)],
        target_bit=options.bits, calibration_config=calibration)
    quantizer.enable_fused_groups = True
else:
    quantizer = gptq(bits)
qep = options.method != "jointq" and not options.no_qep
began = time.time()
runner = Runner(
    model_config=ModelConfig(path=options.model, dtype="float32", device=options.device),
    quantizer=quantizer, calibration_config=calibration, qep=qep,
    qep_config=QEPConfig(device=options.device) if qep else None,
    post_processes=[GlobalPTQ(epochs=options.distil, calibration_config=calibration)]
    if options.distil else [])
runner.run()
if options.method == "jointq" and not options.no_qep:
    runner.quantize_with_jointq_error_propagation()
seconds = time.time() - began
runner.save_quantized_model(options.output)
peers.print_result({
    "rows": rows, "seconds": round(seconds, 2), "device": options.device})
