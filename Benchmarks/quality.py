"""What the settings beyond the recipe are worth: the tables of docs/quality.md.

  python Benchmarks/quality.py --work DIR --model MODEL_DIR --source CORPUS --heldout A.jsonl B.jsonl
      [--tenbin .build/release/tenbin] [--draws 5] [--documents 20] [--heldout-tokens 2048]
      [--groups 128] [--only shared,quantized] [--peer PYTHON] [--onecomp PYTHON] [--threads 1]
      [--jobs 1] [--device cpu] [--print]

For each draw, `calib build --take random:N --seed DRAW`, then sweeps of int3 and int4 (damp_percent
0.01, desc_act), each variant on the same calibration and held-out tokens: `shared`, on the base
model's activations, every scale_search with and without refine_scales; `quantized`, each layer on the
quantized ones before it, error_propagation as well. With --peer, a Python with gptqmodel, GPTQModel
quantizes the same token ids with its own search (`mse`), desc_act or act_group_aware; with --onecomp,
a Python with onecomp, OneComp does, with its search, act order and error propagation, with its JointQ
and with bits mixed by its AutoBit. Peers' checkpoints and ours stand in a table of their own, scored
alike by `evaluate divergence` (on each file's first tokens; a sweep's are spread over it).

The number is the KL divergence from the base in nats per token, the mean over the held-out files. A row
compares its variant with plain GPTQ of the same propagation and size, draw by draw: the mean ratio
and its 95 % interval (Student's t over draws, of logarithms). DIR/results.jsonl keeps what is
finished; a rerun goes on, with --print nothing more is run. --jobs runs so many at a time. Prints
Markdown.
"""
import argparse
import concurrent.futures
import csv
import json
import math
import pathlib
import shutil
import statistics
import subprocess
import sys
import threading

ROOT = pathlib.Path(__file__).resolve().parents[1]
# Two-sided 95 % points of Student's t, by degrees of freedom.
T95 = {1: 12.706, 2: 4.303, 3: 3.182, 4: 2.776, 5: 2.571, 6: 2.447, 7: 2.365, 8: 2.306, 9: 2.262}
SEARCHES = ["none", "mse", "activation", "hessian"]
# The sweeps of a kind: settings beside those that all have.
SWEEPS = {
    "shared": [{"propagation": ["shared"], "scale_search": SEARCHES, "refine_scales": [False, True]}],
    "grids": [
        {"propagation": ["shared"], "scale_search": ["none", "activation"], "grid": ["full_range"]},
        {"propagation": ["shared"], "scale_search": ["activation", "hessian"],
         "scale_search_range": [1.2]},
    ],
    "quantized": [
        {"propagation": ["quantized"], "scale_search": ["none", "hessian"],
         "error_propagation": [0, 0.5]},
        {"propagation": ["quantized"], "scale_search": ["hessian"], "error_propagation": [0, 0.5, 1],
         "refine_scales": [True]},
    ],
    # Around the best of `quantized`.
    "combined": [
        {"propagation": ["quantized"], "scale_search": ["activation"], "refine_scales": [True],
         "error_propagation": [0.5]},
        {"propagation": ["quantized"], "scale_search": ["hessian"], "refine_scales": [True],
         "error_propagation": [0.25, 0.75]},
        {"propagation": ["quantized"], "scale_search": ["hessian"], "refine_scales": [True],
         "error_propagation": [0.5], "error_propagation_skip": [["mlp.down_proj"]]},
        {"propagation": ["quantized"], "scale_search": ["hessian"], "refine_scales": [True],
         "error_propagation": [0.5], "grid": ["full_range"]},
        {"propagation": ["quantized"], "scale_search": ["hessian"], "refine_scales": [True],
         "error_propagation": [0.5], "scale_search_range": [1.2]},
    ],
    # The least that shows what all of it together is worth: for larger models.
    "claim": [
        {"propagation": ["quantized"], "scale_search": ["none"]},
        {"propagation": ["quantized"], "scale_search": ["hessian"]},
        {"propagation": ["quantized"], "scale_search": ["hessian"], "refine_scales": [True],
         "error_propagation": [0.5]},
        {"propagation": ["quantized"], "scale_search": ["hessian"], "refine_scales": [True],
         "error_propagation": [0.5], "grid": ["full_range"]},
    ],
}
SHOWN = ["propagation", "scale_search", "scale_search_range", "grid", "refine_scales",
         "error_propagation", "error_propagation_skip"]
USUAL = {"propagation": "quantized", "scale_search": "none", "scale_search_range": "1.0",
         "grid": "minmax", "refine_scales": "false", "error_propagation": "0.0",
         "error_propagation_skip": ""}
OURS = {"tenbin, plain GPTQ": [],
        "tenbin, search": ["--scale-search", "activation"],
        "tenbin, the recipe": ["--scale-search", "hessian", "--grid", "full_range",
                               "--refine-scales", "--error-propagation", "0.5"]}
GPTQMODEL = {"GPTQModel, mse 2, desc_act": ["--mse", "2", "--desc-act"],
             "GPTQModel, mse 2.4, act_group_aware": ["--mse", "2.4", "--act-group-aware"]}
ONECOMP = {"OneComp, GPTQ, mse, actorder, QEP 0.5": [],
           "OneComp, JointQ, actorder": ["--method", "jointq", "--no-qep"],
           "OneComp, AutoBit of 2, 3, 4, 8 bits": ["--method", "autobit"]}

parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
parser.add_argument("--tenbin", default=ROOT / ".build/release/tenbin")
parser.add_argument("--work", required=True, type=pathlib.Path)
parser.add_argument("--model", default=ROOT / "notebooks-data/demo-model")
parser.add_argument("--source", nargs="+", required=True)
parser.add_argument("--heldout", nargs="+", required=True)
parser.add_argument("--draws", type=int, default=5)
parser.add_argument("--documents", type=int, default=20)
parser.add_argument("--heldout-tokens", type=int, default=2048)
parser.add_argument("--bits", type=int, nargs="+", default=[3, 4])
parser.add_argument("--groups", type=int, nargs="+", default=[128])
parser.add_argument("--only", default="shared,quantized")
parser.add_argument("--peer")
parser.add_argument("--onecomp")
parser.add_argument("--threads", type=int, default=1)
parser.add_argument("--jobs", type=int, default=1)
parser.add_argument("--device", default="cpu")
parser.add_argument("--print", action="store_true")
options = parser.parse_args()


def run(*arguments):
    return subprocess.run(
        [str(x) for x in arguments], check=True, stdout=subprocess.PIPE, text=True).stdout


def calibrate(number):
    target = options.work / f"draw{number}.sqlite"
    if not target.exists():
        sources = [x for source in options.source for x in ("--source", source)]
        run(options.tenbin, "calib", "build", *sources, "--tokenizer", options.model, "--take",
            f"random:{options.documents}", "--seed", number, "--max-seq-length", 512, "--output",
            target)
    return target


def sweep(number, settings, bits, group_size, name):
    """The mean KL of each trial of one sweep."""
    if group_size == -1 and "hessian" in settings["scale_search"]:
        # One group a row: the search would cost 80 column loops.
        kept = [x for x in settings["scale_search"] if x != "hessian"]
        settings = {**settings, "scale_search": kept or ["activation"]}
    parameters = {key: {"values": values} for key, values in settings.items()}
    parameters |= {
        "bits": {"values": bits}, "group_size": {"value": group_size},
        "desc_act": {"value": True}, "damp_percent": {"value": 0.01},
        "model": {"value": str(options.model)}, "calibration": {"value": str(calibrate(number))},
        "heldout": {"value": [str(x) for x in options.heldout]},
        "heldout_tokens": {"value": options.heldout_tokens}, "calibration_draws": {"value": 0},
    }
    folder = options.work / name
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    (folder / "sweep.yaml").write_text(json.dumps({"method": "grid", "parameters": parameters}))
    study = folder / "study.sqlite"
    run(options.tenbin, "sweep", "run", folder / "sweep.yaml", "--study", study, "--threads",
        options.threads, "--device", options.device)
    run(options.tenbin, "sweep", "export", "csv", study, "--output", folder / "csv")
    trials = list(csv.DictReader(open(folder / "csv/trials.csv", newline="")))
    found = {}
    for trial in trials:
        found.setdefault(trial["trial"], []).append(trial)
    rows = []
    for domains in found.values():
        trial = domains[0]
        if not domains[0]["kld_mean"]:
            continue
        rows.append({
            "draw": number, "tool": "tenbin", "algorithm": trial["algorithm"],
            "bits": int(trial["bits"]), "group_size": group_size,
            "kl": statistics.mean(float(row["kld_mean"]) for row in domains),
            "heldout_error": float(trial["relative_error_heldout_mean"]),
            "calibration_error": float(trial["relative_error_calibration_mean"]),
            "columns_seconds": float(trial["columns_seconds"] or 0),
            **{key: trial[key] for key in SHOWN}})
    shutil.rmtree(folder)
    return rows


def peer(number, name, bits, group_size):
    """A checkpoint made on the draw's token ids, and its score."""
    calibration = calibrate(number)
    windows = options.work / f"windows{number}.jsonl"
    place = [*OURS, *GPTQMODEL, *ONECOMP].index(name)
    theirs = options.work / f"theirs{number}-{group_size}-{bits}-{place}"
    if not windows.exists():
        run(options.tenbin, "calib", "export", calibration, "--output", windows)
    shutil.rmtree(theirs, ignore_errors=True)
    sizes = ["--output", theirs, "--bits", bits, "--group-size", group_size]
    if name in OURS:
        run(options.tenbin, "quantize", options.model, "--calibration", calibration, "--desc-act",
            "--damp-percent", 0.01, "--threads", options.threads, *sizes, *OURS[name])
    elif name in GPTQMODEL:
        run(options.peer, ROOT / "Tests/Interop/quantize_gptqmodel.py", options.model, windows,
            "--damp-percent", 0.01, *sizes, *GPTQMODEL[name])
    else:
        run(options.onecomp, ROOT / "Tests/Interop/quantize_onecomp.py", options.model, windows,
            *sizes, *ONECOMP[name])
    found = json.loads(run(
        options.tenbin, "evaluate", "divergence", options.model, theirs,
        *[x for file in options.heldout for x in ("--heldout", file)], "--heldout-tokens",
        options.heldout_tokens, "--format", "json", "--threads", options.threads))
    shutil.rmtree(theirs)
    return {"draw": number, "tool": name, "algorithm": "gptq", "bits": bits,
            "group_size": group_size, "kl": statistics.mean(x["kld_mean"] for x in found)}


def words(row):
    if row["tool"] != "tenbin":
        return row["tool"]  # A checkpoint: ours or a peer's.
    if row["algorithm"] == "rtn":
        return "round to nearest"
    changed = [f"{key} {row[key]}" for key in SHOWN[1:] if row[key] != USUAL[key]]
    return ", ".join(changed) or "plain GPTQ"


def table(rows, heading, usual):
    """Each variant of `rows` beside the one called `usual`, size by size."""
    print(f"\n### {heading}\n")
    print("| size | variant | KL, mean of draws | ratio to plain | 95 % interval | held-out error |")
    print("|---|---|---|---|---|---|")
    for bits, group_size in sorted({(row["bits"], row["group_size"]) for row in rows}):
        mine = [row for row in rows if (row["bits"], row["group_size"]) == (bits, group_size)
                and not (row["algorithm"] == "rtn" and row.get("grid") != USUAL["grid"])]
        plain = {row["draw"]: row["kl"] for row in mine if words(row) == usual}
        for name in dict.fromkeys(words(row) for row in mine):
            variant = {row["draw"]: row for row in mine if words(row) == name}
            shared = sorted(set(variant) & set(plain))
            logs = [math.log(variant[draw]["kl"] / plain[draw]) for draw in shared]
            mean = statistics.mean(row["kl"] for row in variant.values())
            error = [row["heldout_error"] for row in variant.values() if "heldout_error" in row]
            ratio = interval = "–"
            if logs and name != usual:
                middle = statistics.mean(logs)
                ratio = f"{math.exp(middle):.3f}"
                if len(logs) > 1:
                    half = T95[len(logs) - 1] * statistics.stdev(logs) / math.sqrt(len(logs))
                    interval = f"{math.exp(middle - half):.3f} to {math.exp(middle + half):.3f}"
            size = f"int{bits} " + ("rows" if group_size == -1 else f"g{group_size}")
            held = f"{statistics.mean(error):.5f}" if error else "–"
            print(f"| {size} | {name} | {mean:.5f} | {ratio} | {interval} | {held} |")


options.work.mkdir(parents=True, exist_ok=True)
log = options.work / "results.jsonl"
done = [json.loads(line) for line in log.read_text().splitlines()] if log.exists() else []
jobs = []
for number in range(options.draws):
    for group_size in options.groups:
        for kind in options.only.split(","):
            for place, settings in enumerate(SWEEPS.get(kind, [])):
                # A larger model's sizes can run beside each other.
                for bits in [[x] for x in options.bits] if kind == "claim" else [options.bits]:
                    name = f"draw{number}-g{group_size}-{kind}{place}"
                    name += f"-int{bits[0]}" if kind == "claim" else ""
                    jobs.append((name, lambda n=number, s=settings, b=bits, g=group_size, name=name:
                                 sweep(n, s, b, g, name)))
        peers = [*(OURS if options.peer or options.onecomp else []),
                 *(GPTQMODEL if options.peer else []), *(ONECOMP if options.onecomp else [])]
        for name in peers:
            for bits in options.bits:
                job = f"draw{number}-g{group_size}-int{bits}-{name}"
                jobs.append((job, lambda n=number, name=name, b=bits, g=group_size:
                             [peer(n, name, b, g)]))
known = {entry["job"] for entry in done}
waiting = [] if options.print else [(name, job) for name, job in jobs if name not in known]
for number in range(options.draws if waiting else 0):
    calibrate(number)
writing = threading.Lock()


def carry_out(name, job):
    print(name, file=sys.stderr, flush=True)
    entry = {"job": name, "rows": job()}
    with writing, log.open("a") as file:
        file.write(json.dumps(entry) + "\n")
    return entry


with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
    done += pool.map(lambda job: carry_out(*job), waiting)

wanted = {name for name, _ in jobs}
rows = [row for entry in done if entry["job"] in wanted for row in entry["rows"]]
print(f"{options.draws} draws of {options.documents} documents, "
      f"{options.heldout_tokens} tokens of each of {len(options.heldout)} held-out files.")
for propagation in ["shared", "quantized"]:
    chosen = [row for row in rows if row.get("propagation") == propagation]
    if chosen:
        table(chosen, f"propagation {propagation}", "plain GPTQ")
chosen = [row for row in rows if row["tool"] != "tenbin"]
if chosen:
    table(chosen, "checkpoints of other tools on the same tokens", "tenbin, plain GPTQ")
