"""What the settings of experts cost and give: the table of docs/families.md.

  python Benchmarks/experts.py --work DIR [--tenbin .build/release/tenbin] [--draws 5]
      [--documents 8] [--experts 16] [--skew 0.97] [--bits 4] [--heldout-tokens 2044] [--threads 1]

A qwen3_moe made of the demo model by Tests/Interop/make_families.py, whose later experts are sent less
and less, is quantized with each expert_calibration (group_size 64, desc_act, propagation quantized) on
one calibration draw after another (`calib build --take random:N --seed DRAW`), all modes of a draw on
the same tokens. Prints, as Markdown, the KL divergence from the base in nats per token, its ratio to
`routed` with the 95 % interval over draws (Student's t of logarithms), the CPU seconds of its sweep (one
trial, its round-to-nearest companion and the base, scored), and what became of the experts that got few
tokens. DIR keeps results; a rerun goes on. Needs what make_families.py needs.
"""
import argparse
import csv
import json
import math
import pathlib
import resource
import statistics
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[1]
CORPUS = ROOT / "notebooks-data/corpus"
DEMO = ROOT / "notebooks-data/demo-model"
# Two-sided 95 % points of Student's t, by degrees of freedom.
T95 = {1: 12.706, 2: 4.303, 3: 3.182, 4: 2.776, 5: 2.571, 6: 2.447, 7: 2.365, 8: 2.306, 9: 2.262}
# Mode, and the tokens below which `fallback` takes all: as many as gate and up have inputs, too.
MODES = [("routed", 64), ("fallback", 64), ("fallback", 384), ("all", 64)]

parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
parser.add_argument("--tenbin", default=ROOT / ".build/release/tenbin")
parser.add_argument("--work", required=True, type=pathlib.Path)
parser.add_argument("--draws", type=int, default=5)
parser.add_argument("--documents", type=int, default=8)
parser.add_argument("--experts", type=int, default=16)
parser.add_argument("--skew", type=float, default=0.97)
parser.add_argument("--bits", type=int, default=4)
parser.add_argument("--heldout-tokens", type=int, default=2044)
parser.add_argument("--threads", type=int, default=1)
options = parser.parse_args()


def run(*arguments):
    return subprocess.run([str(x) for x in arguments], check=True, stdout=subprocess.PIPE, text=True).stdout


def draw(number, model):
    """The trials of every mode on one calibration draw, by mode."""
    folder = options.work / f"draw{number}"
    folder.mkdir(parents=True, exist_ok=True)
    tokens = folder / "calibration.sqlite"
    if not tokens.exists():
        run(options.tenbin, "calib", "build", "--source", CORPUS / "jawiki-sample.xml", "--tokenizer",
            model, "--take", f"random:{options.documents}", "--seed", number, "--max-seq-length", 512,
            "--output", tokens)
    found = {}
    for mode, least in MODES:
        name = f"{mode}-{least}"
        kept = folder / f"{name}.json"
        if kept.exists():
            found[mode, least] = json.loads(kept.read_text())
            continue
        values = {
            "bits": options.bits, "group_size": 64, "damp_percent": 0.01, "desc_act": True,
            "propagation": "quantized", "expert_calibration": mode, "expert_min_tokens": least,
            "model": str(model), "calibration": str(tokens),
            "heldout": [str(CORPUS / "heldout-wiki.jsonl")],
            "heldout_tokens": options.heldout_tokens, "calibration_draws": 0,
        }
        file = folder / f"{name}.yaml"
        file.write_text(json.dumps(
            {"method": "grid", "parameters": {key: {"value": value} for key, value in values.items()}}))
        study = folder / f"{name}.sqlite"
        study.unlink(missing_ok=True)
        before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime
        run(options.tenbin, "sweep", "run", file, "--study", study, "--threads", options.threads)
        seconds = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime - before
        run(options.tenbin, "sweep", "export", "csv", study, "--output", folder / name)
        trials = list(csv.DictReader(open(folder / name / "trials.csv", newline="")))
        trial = next(row for row in trials if row["algorithm"] == "gptq")
        layers = [row for row in csv.DictReader(open(folder / name / "layers.csv", newline=""))
                  if row["trial"] == trial["trial"] and row["expert_tokens"]]
        found[mode, least] = {
            "kld": float(trial["kld_mean"]), "seconds": seconds,
            "rtn": float(next(row for row in trials if row["algorithm"] == "rtn")["kld_mean"]),
            "tokens": sorted(int(row["expert_tokens"]) for row in layers if "down" in row["module"]),
            "paths": [row["solver_path"] for row in layers],
            "drift": statistics.mean(float(row["routing_drift"]) for row in layers),
        }
        kept.write_text(json.dumps(found[mode, least]))
    return found


def interval(values):
    """Mean and 95 % half-width over draws."""
    mean = statistics.mean(values)
    if len(values) < 2:
        return mean, math.nan
    return mean, T95.get(len(values) - 1, 1.96) * statistics.stdev(values) / math.sqrt(len(values))


options.work.mkdir(parents=True, exist_ok=True)
model = options.work / "qwen3_moe"
if not model.exists():
    run(sys.executable, ROOT / "Tests/Interop/make_families.py", DEMO, options.work, "--only",
        "qwen3_moe", "--experts", options.experts, "--skew", options.skew)
draws = [draw(number, model) for number in range(options.draws)]

first = draws[0]["routed", 64]["tokens"]
print(f"{len(first)} experts; of draw 0, tokens of an expert: fewest {first[0]}, middle "
      f"{first[len(first) // 2]}, most {first[-1]}; {sum(x < 64 for x in first)} below 64, "
      f"{sum(x < 384 for x in first)} below 384. Round to nearest: KL "
      f"{statistics.mean(draw['routed', 64]['rtn'] for draw in draws):.4f}\n")
print("| expert_calibration | KL | of `routed` | CPU s | of `routed` | pooled | no_tokens | drift |")
print("|---|---|---|---|---|---|---|---|")
for mode in MODES:
    kld, _ = interval([draw[mode]["kld"] for draw in draws])
    ratio, width = interval(
        [math.log(draw[mode]["kld"] / draw["routed", 64]["kld"]) for draw in draws])
    seconds, _ = interval([draw[mode]["seconds"] for draw in draws])
    cost, _ = interval([draw[mode]["seconds"] / draw["routed", 64]["seconds"] for draw in draws])
    count = {path: sum(draw[mode]["paths"].count(path) for draw in draws) / len(draws)
             for path in ("pooled", "no_tokens")}
    drift, _ = interval([draw[mode]["drift"] for draw in draws])
    name = f"`{mode[0]}`" + (f", expert_min_tokens {mode[1]}" if mode[0] == "fallback" else "")
    print(f"| {name} | {kld:.5f} | {math.exp(ratio):.3f}, {math.exp(ratio - width):.3f} to "
          f"{math.exp(ratio + width):.3f} | {seconds:.1f} | {cost:.2f} | {count['pooled']:.0f} | "
          f"{count['no_tokens']:.0f} | {drift:.2%} |")
