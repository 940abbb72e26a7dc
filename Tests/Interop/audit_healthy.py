"""Healthy checkpoints, made and audited: nothing may be called defective.

  python audit_healthy.py TENBIN MODEL_DIR CALIBRATION.sqlite WORK_DIR [--small]
      [--also BASE=FOLDER ...]

Quantizes MODEL_DIR, and the models of equal_models.py made of it, with every combination of settings
that tenbin has: 2, 3, 4 and 8 bits, symmetric and not, rounded, GPTQ, desc_act, act_group_aware,
static groups, GPTAQ, groups of 32 to a whole row, both formats, modules by `dynamic`. Each is audited
alone and with MODEL_DIR as its base, with and without the functional check. `--also` audits every
checkpoint in FOLDER, whoever made it, against BASE. `--small` takes the rounded and plain GPTQ ones
alone. Goes on where it was; verdicts are kept in WORK_DIR/verdicts.jsonl. Ends with a table by maker,
and with 1 where anything was called defective.
"""
import argparse
import collections
import itertools
import json
import os
import pathlib
import shutil
import subprocess
import sys

parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
parser.add_argument("tenbin")
parser.add_argument("model", type=pathlib.Path)
parser.add_argument("calibration")
parser.add_argument("work", type=pathlib.Path)
parser.add_argument("--small", action="store_true")
parser.add_argument("--keep", action="store_true", help="checkpoints are not removed afterwards")
parser.add_argument("--also", action="append", default=[], metavar="BASE=FOLDER")
options = parser.parse_args()
environment = {**os.environ, "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
options.work.mkdir(parents=True, exist_ok=True)
kept = options.work / "verdicts.jsonl"
verdicts = {}
if kept.exists():
    for line in kept.read_text().splitlines():
        verdict = json.loads(line)
        verdicts[verdict["name"], verdict["look"]] = verdict

METHODS = {
    "rtn": ["--algorithm", "rtn"],
    "gptq": [],
    "desc_act": ["--desc-act"],
    "act_group_aware": ["--act-group-aware"],
    "static_groups": ["--static-groups", "--desc-act"],
    "gptaq": ["--algorithm", "gptaq"],
}
EXTRA = {
    "mixed": ["--dynamic", r'+:.*down_proj={"bits":8}', "--dynamic", r"-:model\.layers\.0\.={}"],
    "mixed3": ["--dynamic", r'+:.*mlp.*={"bits":3,"group_size":32}'],
    "v2": ["--checkpoint-format", "gptq_v2"],
    "bf16_scales": ["--scales-dtype", "bf16"],
    "damp_0.1": ["--damp-percent", "0.1"],
    "fresh": ["--group-timing", "fresh"],
    "attention": ["--modules-in-block-to-quantize", "self_attn.q_proj"],
}
GROUPS = ["32", "64", "128", "-1"]


def settings():
    """Every combination, its group size taken in turn; the further settings at 4 bits."""
    turn = itertools.cycle(GROUPS)
    for bits, sym, (method, flags) in itertools.product((2, 3, 4, 8), (True, False),
                                                        METHODS.items()):
        if options.small and method not in ("rtn", "gptq"):
            continue
        for group in [next(turn)] if options.small else [next(turn), next(turn)]:
            name = f"{bits}bit-{'sym' if sym else 'asym'}-{method}-g{group}"
            yield name, ["--bits", str(bits), "--group-size", group,
                         "--sym" if sym else "--no-sym", *flags]
    if not options.small:
        for extra, flags in EXTRA.items():
            yield f"4bit-{extra}", ["--bits", "4", "--group-size", "64", *flags]


def audit(name, folder, base):
    for look, flags in (("alone", []), ("base", ["--base", str(base)])):
        for functional in ("on", "off"):
            key = f"{look}, functional {functional}"
            if (name, key) in verdicts:
                continue
            done = subprocess.run(
                [options.tenbin, "audit", str(folder), *flags, "--functional", functional,
                 "--format", "json"], capture_output=True, text=True, env=environment)
            try:
                report = json.loads(done.stdout)
            except json.JSONDecodeError:
                report = {"verdict": f"error {done.returncode}", "findings": [
                    {"level": "defective", "defect": "error", "evidence": done.stderr[-300:]}]}
            verdict = {
                "name": name, "look": key, "verdict": report["verdict"],
                "findings": [f"{finding['defect']}: {finding['evidence'][:160]}"
                             for finding in report["findings"] if finding["level"] != "note"]}
            verdicts[name, key] = verdict
            with kept.open("a") as file:
                file.write(json.dumps(verdict) + "\n")
            if verdict["findings"]:
                print(name, key, verdict["verdict"], *verdict["findings"], flush=True)


def is_done(name):
    return sum(known == name for known, _ in verdicts) == 4


def make(name, model, flags):
    folder = options.work / "made"
    shutil.rmtree(folder, ignore_errors=True)
    subprocess.run(
        [options.tenbin, "quantize", str(model), "--calibration", options.calibration, *flags,
         "--output", str(folder)], check=True, capture_output=True, env=environment)
    audit(name, folder, options.model)
    shutil.rmtree(folder, ignore_errors=True)


models = {"plain": options.model}
if not options.small:
    equal = options.work / "equal"
    if not equal.exists():
        subprocess.run(
            [sys.executable, str(pathlib.Path(__file__).with_name("equal_models.py")),
             str(options.model), str(equal)], check=True)
    models |= {kind: equal / kind for kind in ("smoothed", "rotated", "adapted")}
for pair in options.also:
    base, _, folder = pair.partition("=")
    for checkpoint in sorted(pathlib.Path(folder).iterdir()):
        # Some auto-round exports are packed as AWQ, which is no GPTQ checkpoint.
        if "awq" not in (checkpoint / "config.json").read_text():
            audit(f"{pathlib.Path(folder).name}/{checkpoint.name}", checkpoint, base)
for kind, model in models.items():
    for index, (name, flags) in enumerate(settings()):
        # Half of the grid is enough for models of other weights.
        if kind != "plain" and index % 2:
            continue
        if not is_done(f"{kind}/{name}"):
            make(f"{kind}/{name}", model, flags)

looks = ["alone, functional on", "alone, functional off", "base, functional on",
         "base, functional off"]
counts = collections.defaultdict(collections.Counter)
for (name, look), verdict in verdicts.items():
    counts[name.split("/")[0]][look, verdict["verdict"]] += 1
print("| made | n | " + " | ".join(looks) + " |\n|---|---:|" + "---|" * 4)
for kind, counter in counts.items():
    cells = []
    for look in looks:
        seen = {verdict: count for (where, verdict), count in counter.items() if where == look}
        cells.append(", ".join(f"{count} {verdict}" for verdict, count in sorted(seen.items())))
    number = sum(count for (where, _), count in counter.items() if where == looks[0])
    print(f"| {kind} | {number} | " + " | ".join(cells) + " |")
sys.exit(any(verdict["verdict"] not in ("healthy", "suspect", "no_defect_found")
             for verdict in verdicts.values()))
