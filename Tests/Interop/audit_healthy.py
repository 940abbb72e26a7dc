"""Healthy checkpoints, made and audited: nothing may be called defective or suspect.

  python audit_healthy.py TENBIN MODEL_DIR CALIBRATION.sqlite WORK_DIR [--small] [--jobs N]
      [--models KIND,KIND] [--also TOOL:BASE=FOLDER ...] [--table]

Quantizes MODEL_DIR, and the models of equal_models.py made of it (smoothed, rotated, adapted; needs
torch), with the settings that tenbin has: 2, 3, 4 and 8 bits, symmetric and not, groups of 32 to a whole
row, rounded, GPTQ, desc_act, act_group_aware, static groups, GPTAQ, grids searched, refined and in full
range, error propagation, modules by `dynamic`, both formats. Each is audited alone, with MODEL_DIR as its
base, and with the base and without the functional check. `--also` audits every checkpoint under FOLDER
that another TOOL made of BASE. `--models` takes some of plain, smoothed, rotated and adapted; `--small` takes
the rounded and plain GPTQ ones alone; `--jobs` works on so many at once. Goes on where it was; verdicts
are kept in WORK_DIR/verdicts.jsonl, and `--table` prints only what they come to, by tool and bits. Ends
with 1 where anything was called defective or suspect.
"""
import argparse
import collections
import concurrent.futures
import itertools
import json
import os
import pathlib
import shutil
import subprocess
import sys
import threading

LOOKS = {"alone": [], "with base": ["--base"], "functional off": ["--base", "--functional", "off"]}
METHODS = {
    "rtn": ["--algorithm", "rtn"],
    "gptq": [],
    "desc_act": ["--desc-act"],
    "act_group_aware": ["--act-group-aware"],
    "static_groups": ["--static-groups", "--desc-act"],
    "gptaq": ["--algorithm", "gptaq"],
    "searched": ["--scale-search", "hessian", "--refine-scales"],
    "propagated": ["--error-propagation", "0.5"],
}
SYMMETRIC = {"full_range": ["--grid", "full_range"]}
EXTRA = {
    "mixed": ["--dynamic", r'+:.*down_proj={"bits":8}', "--dynamic", r"-:model\.layers\.0\.={}"],
    "mixed3": ["--dynamic", r'+:.*mlp.*={"bits":3,"group_size":32}'],
    "mixed_groups": ["--dynamic", r'+:.*self_attn.*={"group_size":32,"desc_act":true}'],
    "v2": ["--checkpoint-format", "gptq_v2"],
    "bf16_scales": ["--scales-dtype", "bf16"],
    "damp_0.1": ["--damp-percent", "0.1"],
    "fresh": ["--group-timing", "fresh"],
    "mse": ["--scale-search", "mse"],
    "activation": ["--scale-search", "activation"],
    "attention": ["--modules-in-block-to-quantize", "self_attn.q_proj"],
}
GROUPS = ["32", "64", "128", "-1"]


def settings(small):
    """Every combination, its group size taken in turn; the further settings at 4 bits."""
    turn = itertools.cycle(GROUPS)
    for bits, sym in itertools.product((2, 3, 4, 8), (True, False)):
        for method, flags in (METHODS | (SYMMETRIC if sym else {})).items():
            if small and method not in ("rtn", "gptq"):
                continue
            for group in [next(turn)] if small else [next(turn), next(turn)]:
                name = f"{bits}bit-{'sym' if sym else 'asym'}-{method}-g{group}"
                yield name, ["--bits", str(bits), "--group-size", group,
                             "--sym" if sym else "--no-sym", *flags]
    if not small:
        for extra, flags in EXTRA.items():
            yield f"4bit-{extra}", ["--bits", "4", "--group-size", "64", *flags]


class Battery:
    def __init__(self, options):
        self.options = options
        self.environment = {**os.environ, "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
        self.kept = options.work / "verdicts.jsonl"
        self.lock = threading.Lock()
        self.verdicts = {}
        if self.kept.exists():
            for line in self.kept.read_text().splitlines():
                verdict = json.loads(line)
                self.verdicts[verdict["name"], verdict["look"]] = verdict

    def audit(self, tool, name, folder, base):
        config = json.loads((folder / "config.json").read_text())["quantization_config"]
        for look, flags in LOOKS.items():
            if (name, look) in self.verdicts:
                continue
            command = [self.options.tenbin, "audit", str(folder)]
            for flag in flags:
                command += [flag, str(base)] if flag == "--base" else [flag]
            done = subprocess.run(
                [*command, "--format", "json"], capture_output=True, text=True,
                env=self.environment)
            try:
                report = json.loads(done.stdout)
            except json.JSONDecodeError:
                report = {"verdict": f"error {done.returncode}", "findings": [
                    {"level": "defective", "defect": "error", "evidence": done.stderr[-300:]}]}
            verdict = {
                "name": name, "look": look, "verdict": report["verdict"], "tool": tool,
                "bits": config["bits"],
                "findings": [f"{finding['defect']}: {finding['evidence'][:300]}"
                             for finding in report["findings"] if finding["level"] != "note"]}
            with self.lock:
                self.verdicts[name, look] = verdict
                with self.kept.open("a") as file:
                    file.write(json.dumps(verdict) + "\n")
                if verdict["findings"]:
                    print(name, look, verdict["verdict"], *verdict["findings"], flush=True)

    def make(self, tool, name, model, flags):
        if all((name, look) in self.verdicts for look in LOOKS):
            return
        folder = self.options.work / "made" / name.replace("/", "-")
        shutil.rmtree(folder, ignore_errors=True)
        done = subprocess.run(
            [self.options.tenbin, "quantize", str(model), "--calibration",
             self.options.calibration, *flags, "--output", str(folder)],
            capture_output=True, text=True, env=self.environment)
        if done.returncode:
            print(name, "was not made:", done.stderr[-300:], flush=True)
            return
        self.audit(tool, name, folder, self.options.model)
        shutil.rmtree(folder, ignore_errors=True)

    def others(self):
        """Audits of other tools' checkpoints, as functions without arguments."""
        for also in self.options.also:
            tool, _, pair = also.partition(":")
            base, _, folder = pair.partition("=")
            for file in sorted(pathlib.Path(folder).rglob("config.json")):
                text = file.read_text()
                # Some auto-round exports are packed as AWQ, which is no GPTQ checkpoint.
                if "quantization_config" in text and "awq" not in text:
                    where = file.parent
                    name = f"{tool}/{where.relative_to(folder)}"
                    yield lambda t=tool, n=name, w=where, b=base: self.audit(t, n, w, b)

    def own(self):
        """Quantizations and their audits, likewise."""
        models = {"tenbin": self.options.model} if "plain" in self.options.models else {}
        kinds = [kind for kind in self.options.models if kind != "plain"]
        if kinds and not self.options.small:
            equal = self.options.work / "equal"
            if not equal.exists():
                script = pathlib.Path(__file__).with_name("equal_models.py")
                subprocess.run(
                    [sys.executable, str(script), str(self.options.model), str(equal)], check=True)
            models |= {f"tenbin, {kind}": equal / kind for kind in kinds}
        for tool, model in models.items():
            for index, (name, flags) in enumerate(settings(self.options.small)):
                # Half of the grid is enough for models of other weights.
                if tool == "tenbin" or index % 2 == 0:
                    yield lambda t=tool, n=f"{tool}/{name}", m=model, f=flags: self.make(t, n, m, f)

    def table(self):
        """How many of each tool and bits were given each verdict, look by look."""
        counts = collections.defaultdict(collections.Counter)
        for verdict in self.verdicts.values():
            counts[verdict["tool"], verdict["bits"]][verdict["look"], verdict["verdict"]] += 1
        lines = ["| made by | bits | n | " + " | ".join(LOOKS) + " |", "|---|---:|---:|" + "---|" * 3]
        total = 0
        for (tool, bits), counter in sorted(counts.items()):
            number = max(sum(count for (where, _), count in counter.items() if where == look)
                         for look in LOOKS)
            total += number
            cells = [", ".join(f"{count} {verdict}" for (where, verdict), count
                               in sorted(counter.items()) if where == look) for look in LOOKS]
            lines.append(f"| {tool} | {bits} | {number} | " + " | ".join(cells) + " |")
        return "\n".join([*lines, f"{total} checkpoints"])


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("tenbin")
    parser.add_argument("model", type=pathlib.Path)
    parser.add_argument("calibration")
    parser.add_argument("work", type=pathlib.Path)
    parser.add_argument("--small", action="store_true")
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--models", type=lambda text: text.split(","),
                        default=["plain", "smoothed", "rotated", "adapted"], metavar="KIND,KIND")
    parser.add_argument("--also", action="append", default=[], metavar="TOOL:BASE=FOLDER")
    parser.add_argument("--only-also", action="store_true", help="makes nothing itself")
    parser.add_argument("--table", action="store_true", help="audits nothing")
    options = parser.parse_args()
    options.work.mkdir(parents=True, exist_ok=True)
    battery = Battery(options)
    if not options.table:
        with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
            jobs = itertools.chain(battery.others(), () if options.only_also else battery.own())
            for done in [pool.submit(job) for job in jobs]:
                done.result()
    print(battery.table())
    sys.exit(any(verdict["verdict"] not in ("healthy", "no_defect_found")
                 for verdict in battery.verdicts.values()))


if __name__ == "__main__":
    main()
