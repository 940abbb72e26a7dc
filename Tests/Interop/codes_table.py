"""Our codes against GPTQModel's for the identical weight and Hessian: a table of
docs/interoperability.md.

  python codes_table.py --tenbin .build/release/tenbin --work DIR [--model DIR] [--layers 0,2,5]

`tenbin dump` writes weight, Hessian and codes of every linear of the layers, for each combination of
bits, group_size and desc_act, with scales in float32, damp_percent 0.01 and `rescue: off`;
compare_codes.py's GPTQModel solves the same. Prints, for each combination, the least and the mean
share of equal codes over the linears, the largest difference of a code, and the largest ratio of our
error tr(ΔW H ΔWᵀ) to theirs. The exit code is 1 if a share is below 0.99. Needs gptqmodel, torch.
"""
import argparse
import itertools
import json
import pathlib
import shutil
import statistics
import subprocess
import sys

import peers
from compare_codes import compare
from safetensors.torch import load_file

ROOT = pathlib.Path(__file__).resolve().parents[2]
parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
parser.add_argument("--tenbin", default=ROOT / ".build/release/tenbin")
parser.add_argument("--work", required=True, type=pathlib.Path)
parser.add_argument("--model", default=ROOT / "notebooks-data/demo-model")
parser.add_argument("--layers", default="0,2,5")
options = parser.parse_args()


def tenbin(*arguments):
    subprocess.run([str(x) for x in (options.tenbin, *arguments)], check=True, stderr=subprocess.DEVNULL)


options.work.mkdir(parents=True, exist_ok=True)
calibration = options.work / "calibration.sqlite"
if not calibration.exists():
    tenbin("calib", "build", "--source", ROOT / "notebooks-data/corpus/jawiki-sample.xml",
           "--tokenizer", options.model, "--max-seq-length", 512, "--output", calibration)

lines = ["| bits | group_size | desc_act | linears | least equal | mean equal | largest difference "
         "| largest error ratio |", "|---|---|---|---|---|---|---|---|"]
failed = False
log = (options.work / "codes.jsonl").open("w")
for bits, desc_act, group_size in itertools.product([4, 8], [False, True], [64, 128, -1]):
    folder = options.work / "dump"
    shutil.rmtree(folder, ignore_errors=True)
    tenbin("dump", options.model, "--calibration", calibration, "--layers", options.layers,
           "--bits", bits, "--group-size", group_size,
           "--desc-act" if desc_act else "--no-desc-act", "--damp-percent", 0.01,
           "--scales-dtype", "f32", "--rescue", "off", "--output", folder)
    settings = argparse.Namespace(
        bits=bits, group_size=group_size, damp_percent=0.01, desc_act=desc_act, no_sym=False,
        static_groups=False)
    results = []
    for path in sorted(folder.glob("*.safetensors")):
        result, _ = compare(load_file(path), settings)
        results.append(result)
        log.write(json.dumps({
            "module": path.stem, "bits": bits, "group_size": group_size, "desc_act": desc_act,
            **result}) + "\n")
        log.flush()
    least = min(result["codes_equal"] for result in results)
    failed = failed or least < 0.99
    lines.append(
        f"| {bits} | {group_size} | {'yes' if desc_act else 'no'} | {len(results)} | {least:.3%} "
        f"| {statistics.mean(result['codes_equal'] for result in results):.3%} "
        f"| {max(result['codes_largest_difference'] for result in results)} "
        f"| {max(result['relative_error_ours'] / result['relative_error_gptqmodel'] for result in results):.5f} |")
    print(lines[-1], file=sys.stderr)
peers.RESULT.write("\n".join(lines) + "\n")
peers.RESULT.flush()
sys.exit(failed)
