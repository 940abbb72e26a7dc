"""Whole models, ours against GPTQModel's, over several draws of the calibration rows: a table of
docs/interoperability.md.

  python compare_draws.py --tenbin .build/release/tenbin --work DIR --source CORPUS.jsonl
      --heldout HELDOUT.jsonl [--draws 6] [--documents 40] [--max-tokens 16384] [--model DIR]

For each draw: `calib build --take random:N --seed DRAW`, exported as token ids; then, for int4 g128
and int8 g64, both with damp_percent 0.01 and desc_act, `tenbin quantize` (its defaults: F16 scales,
rescue auto) and quantize_gptqmodel.py (float32, mse 0, no act_group_aware, no static_groups) on the
same ids. Perplexity of both checkpoints is `tenbin evaluate perplexity`'s. Prints, for each setting:
  - our mean module loss over theirs, ΣLosses = ½·tr(ΔW (H + λI) ΔWᵀ) of each tool's own
    propagated inputs, the mean over draws and the largest;
  - the mean ratio of perplexities and its 95 % interval (Student's t over the draws, of logarithms).
DIR/draws.jsonl keeps finished draws. The exit code is 1 if a loss ratio is above 1.005 in the mean or
the interval reaches 1.01. Needs gptqmodel, torch.
"""
import argparse
import json
import math
import pathlib
import shutil
import statistics
import subprocess
import sys

import peers

ROOT = pathlib.Path(__file__).resolve().parents[2]
SETTINGS = {"int4 g128": (4, 128), "int8 g64": (8, 64)}
# Two-sided 95 % points of Student's t, by degrees of freedom.
T95 = {4: 2.776, 5: 2.571, 6: 2.447, 7: 2.365, 8: 2.306, 9: 2.262, 11: 2.201, 14: 2.145, 19: 2.093}
parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
parser.add_argument("--tenbin", default=ROOT / ".build/release/tenbin")
parser.add_argument("--work", required=True, type=pathlib.Path)
parser.add_argument("--source", default=ROOT / "notebooks-data/corpus/jawiki-sample.xml")
parser.add_argument("--heldout", default=ROOT / "notebooks-data/corpus/heldout-wiki.jsonl")
parser.add_argument("--model", default=ROOT / "notebooks-data/demo-model")
parser.add_argument("--draws", type=int, default=6)
parser.add_argument("--documents", type=int, default=40)
parser.add_argument("--max-tokens", type=int, default=16384)
options = parser.parse_args()


def run(*arguments):
    return subprocess.run(
        [str(x) for x in arguments], check=True, stdout=subprocess.PIPE, text=True).stdout


def perplexity(folder):
    result = json.loads(run(
        options.tenbin, "evaluate", "perplexity", folder, "--heldout", options.heldout,
        "--heldout-tokens", options.max_tokens, "--format", "json"))
    return (result[0] if isinstance(result, list) else result)["perplexity"]


def mean_loss(losses):
    return statistics.mean(losses.values())


def draw(number):
    """Both tools on one draw, for every setting."""
    work = options.work / f"draw{number}"
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir(parents=True)
    calibration = work / "calibration.sqlite"
    run(options.tenbin, "calib", "build", "--source", options.source, "--tokenizer", options.model,
        "--take", f"random:{options.documents}", "--seed", number, "--max-seq-length", 512,
        "--output", calibration)
    run(options.tenbin, "calib", "export", calibration, "--output", work / "windows.jsonl")
    rows = {}
    for name, (bits, group_size) in SETTINGS.items():
        run(options.tenbin, "quantize", options.model, "--calibration", calibration, "--bits", bits,
            "--group-size", group_size, "--damp-percent", 0.01, "--desc-act",
            "--output", work / "ours")
        run(sys.executable, pathlib.Path(__file__).with_name("quantize_gptqmodel.py"),
            options.model, work / "windows.jsonl", "--output", work / "theirs", "--bits", bits,
            "--group-size", group_size, "--damp-percent", 0.01, "--desc-act")
        record = json.loads((work / "ours/tenbin.json").read_text())
        ours = {module["name"]: module["loss"] for module in record["modules"]}
        found = json.loads((work / "theirs/losses.json").read_text())
        theirs = {entry["module"]: entry["loss"] for entry in found}
        if set(ours) != set(theirs):
            sys.exit(f"other modules: {set(ours) ^ set(theirs)}")
        rows[name] = {
            "tokens": found[0]["tokens"],
            "rescued": sum(module["solver_path"] != "direct" for module in record["modules"]),
            "mean_loss_ours": mean_loss(ours), "mean_loss_theirs": mean_loss(theirs),
            "median_module_ratio": statistics.median(ours[m] / theirs[m] for m in ours),
            "perplexity_ours": perplexity(work / "ours"),
            "perplexity_theirs": perplexity(work / "theirs"),
        }
        shutil.rmtree(work / "ours")
        shutil.rmtree(work / "theirs")
    shutil.rmtree(work)
    return rows


options.work.mkdir(parents=True, exist_ok=True)
log = options.work / "draws.jsonl"
done = {}
if log.exists():
    done = {row["draw"]: row for row in map(json.loads, log.read_text().splitlines())}
for number in range(options.draws):
    if number not in done:
        done[number] = {"draw": number, "settings": draw(number)}
        with log.open("a") as file:
            file.write(json.dumps(done[number]) + "\n")
    print(json.dumps(done[number]), file=sys.stderr)

lines = ["| setting | draws | tokens | mean loss ratio | largest | perplexity ours | GPTQModel "
         "| ratio, 95 % interval |", "|---|---|---|---|---|---|---|---|"]
failed = False
for name in SETTINGS:
    rows = [done[number]["settings"][name] for number in range(options.draws)]
    losses = [row["mean_loss_ours"] / row["mean_loss_theirs"] for row in rows]
    logs = [math.log(row["perplexity_ours"] / row["perplexity_theirs"]) for row in rows]
    half = T95[len(logs) - 1] * statistics.stdev(logs) / math.sqrt(len(logs))
    low, middle, high = (math.exp(statistics.mean(logs) + x) for x in (-half, 0, half))
    failed = failed or statistics.mean(losses) > 1.005 or high >= 1.01
    tokens = [row["tokens"] for row in rows]
    lines.append(
        f"| {name} | {len(rows)} | {min(tokens)} to {max(tokens)} | {statistics.mean(losses):.4f} "
        f"| {max(losses):.4f} | {statistics.mean(row['perplexity_ours'] for row in rows):.3f} "
        f"| {statistics.mean(row['perplexity_theirs'] for row in rows):.3f} "
        f"| {middle:.5f}, {low:.5f} to {high:.5f} |")
peers.RESULT.write("\n".join(lines) + "\n")
peers.RESULT.flush()
sys.exit(failed)
