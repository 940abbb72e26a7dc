"""Checkpoints that auto-round makes of a model folder, for `tenbin audit`: no false alarm on them.

  python make_auto_round.py MODEL_DIR OUTPUT_DIR [--bits 2,3,4,8] [--iters 0,4] [--group-size 64]
      [--formats auto_gptq,auto_round]        (needs auto-round, torch, transformers)

Writes OUTPUT_DIR/NAME for every combination, symmetric and not. Calibration is on seeded random
tokens: the audit is about the files, not about their quality. Symmetric grids are full-range: the
larger end of a group is the code 0, so that half of the scales are negative.
"""
import argparse
import pathlib
import shutil

import torch
from auto_round import AutoRound
from transformers import AutoModelForCausalLM, AutoTokenizer

parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
parser.add_argument("model")
parser.add_argument("output")
parser.add_argument("--bits", default="2,3,4,8")
parser.add_argument("--iters", default="0,4")
parser.add_argument("--group-size", type=int, default=64)
parser.add_argument("--formats", default="auto_gptq,auto_round")
options = parser.parse_args()

tokenizer = AutoTokenizer.from_pretrained(options.model)
generator = torch.Generator().manual_seed(7)
top = min(tokenizer.vocab_size, 8000)
windows = [torch.randint(100, top, (1, 128), generator=generator) for _ in range(8)]
output = pathlib.Path(options.output)
for bits in map(int, options.bits.split(",")):
    for sym in (True, False):
        for iters in map(int, options.iters.split(",")):
            for form in options.formats.split(","):
                name = f"{form}-{bits}bit-{'sym' if sym else 'asym'}-iters{iters}"
                if (output / name).exists():
                    continue
                model = AutoModelForCausalLM.from_pretrained(options.model, dtype=torch.bfloat16)
                partial = output / (name + ".partial")
                shutil.rmtree(partial, ignore_errors=True)
                AutoRound(
                    model, tokenizer, bits=bits, group_size=options.group_size, sym=sym,
                    iters=iters, dataset=list(windows), seqlen=128, nsamples=8, batch_size=4,
                    device_map="cpu",
                ).quantize_and_save(str(partial), format=form)
                # It makes a folder of its own inside the one that it is given.
                inner = [path.parent for path in partial.rglob("config.json")]
                shutil.move(inner[0], output / name)
                shutil.rmtree(partial, ignore_errors=True)
                print(name, flush=True)
