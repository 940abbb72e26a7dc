#!/usr/bin/env python3
"""Kills a sweep and a quantization at random moments, again and again, and compares what they end
with to an uninterrupted run, byte for byte but for the columns of times.

  python3 Tests/kill_resume.py --tenbin .build/release/tenbin --kills 30 [--seed 0]

Then the ends that are not kills: SIGINT and SIGTERM (exit 130), a disk that is full in the middle of
a pass and a folder that cannot be written (exit 74, the study intact), and a second process on one
study or one checkpoint (refused). Needs nothing but Python.
"""
import argparse
import csv
import os
import random
import resource
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SWEEP = """\
method: grid
metric: {name: heldout-wiki.perplexity, goal: minimize}
parameters:
  bits: {values: [4, 8]}
  group_size: {value: 64}
  damp_percent: {value: 0.01}
  desc_act: {value: true}
  propagation: {values: [shared, quantized]}
  model: {value: notebooks-data/demo-model}
  calibration: {value: calibration.sqlite}
  heldout: {value: [notebooks-data/corpus/heldout-wiki.jsonl]}
  heldout_tokens: {value: 512}
"""
TIMES = {"wall_seconds", "solve_seconds", "calibrate_seconds", "factorise_seconds",
         "columns_seconds", "evaluate_seconds"}


def rows(path: Path) -> list[list[str]]:
    with path.open(newline="") as file:
        table = list(csv.reader(file))
    keep = [i for i, name in enumerate(table[0]) if name not in TIMES]
    return [[row[i] for i in keep] for row in table]


class Bench:
    def __init__(self, tenbin: str, folder: Path, seed: int):
        self.tenbin, self.folder, self.random = tenbin, folder, random.Random(seed)
        (folder / "notebooks-data").symlink_to(ROOT / "notebooks-data")
        (folder / "sweep.yaml").write_text(SWEEP)

    def run(self, *arguments: str, status: int = 0, **kwargs) -> subprocess.CompletedProcess:
        done = subprocess.run([self.tenbin, *arguments], cwd=self.folder, capture_output=True,
                              text=True, **kwargs)
        if done.returncode != status:
            sys.exit(f"tenbin {' '.join(arguments)}: exit {done.returncode}, not {status}\n"
                     f"{done.stdout}{done.stderr}")
        return done

    def sweep(self, study: str) -> list[str]:
        return ["sweep", "run", "sweep.yaml", "--study", study]

    def csvs(self, study: str) -> dict[str, list[list[str]]]:
        self.run("report", "csv", study, "--output", f"{study}.csv")
        return {name: rows(self.folder / f"{study}.csv" / name)
                for name in ("trials.csv", "evaluations.csv", "layers.csv")}

    def intact(self, study: str) -> None:
        path = self.folder / study
        if path.exists():
            with sqlite3.connect(path) as database:
                assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",), study

    def killed(self, arguments: list[str], after: float, number=signal.SIGKILL,
               before=None) -> int | None:
        """Runs and kills after some seconds; None if it was killed, else its exit code."""
        process = subprocess.Popen([self.tenbin, *arguments], cwd=self.folder,
                                   stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
                                   preexec_fn=before)
        try:
            process.communicate(timeout=after)
            return process.returncode
        except subprocess.TimeoutExpired:
            process.send_signal(number)
            _, self.errors = process.communicate()
            return None if number == signal.SIGKILL else process.returncode


def kill_sweeps(bench: Bench, kills: int, seconds: float, expected) -> None:
    done = runs = 0
    while done < kills:
        study = f"killed-{runs}.sqlite"
        runs += 1
        while True:
            moment = bench.random.uniform(0.05, 0.8 * seconds) if done < kills else 1e6
            code = bench.killed(bench.sweep(study), moment)
            bench.intact(study)
            if code is not None:
                assert code == 0, (code, study)
                break
            done += 1
        assert bench.csvs(study) == expected, study
        assert not (bench.folder / f"{study}.pass").exists()
    print(f"sweep: {done} kills in {runs} studies, every CSV as without a kill")


def kill_quantize(bench: Bench, kills: int) -> None:
    def command(output: str) -> list[str]:
        return ["quantize", "notebooks-data/demo-model", "--calibration", "calibration.sqlite",
                "--desc-act", "--group-size", "64", "--shard-size", "4MB", "--output", output]

    began = time.time()
    bench.run(*command("whole"))
    seconds = time.time() - began
    done = runs = 0
    while done < kills:
        output = f"killed-{runs}"
        runs += 1
        while True:
            moment = bench.random.uniform(0.05, 0.8 * seconds) if done < kills else 1e6
            code = bench.killed(command(output), moment)
            if code is not None:
                assert code == 0, code
                break
            assert not (bench.folder / output).exists(), "a folder that is not complete"
            done += 1
        whole, found = bench.folder / "whole", bench.folder / output
        names = sorted(p.name for p in whole.iterdir())
        assert names == sorted(p.name for p in found.iterdir())
        for name in names:
            assert (whole / name).read_bytes() == (found / name).read_bytes(), name
    print(f"quantize: {done} kills in {runs} folders, every file as without a kill")


def interrupt(bench: Bench, seconds: float, expected) -> None:
    for number in (signal.SIGINT, signal.SIGTERM):
        study = f"{number.name}.sqlite"
        code = bench.killed(bench.sweep(study), 0.15 * seconds, number)
        assert code == 130, (code, bench.errors)
        assert "same command" in bench.errors, bench.errors
        assert (bench.folder / f"{study}.pass/state.json").exists()
        again = bench.run(*bench.sweep(study))
        assert "going on after layer" in again.stderr, again.stderr
        assert bench.csvs(study) == expected
    print("SIGINT, SIGTERM: exit 130, resumed, every CSV as without it")


def no_room(bench: Bench, expected) -> None:
    def limited() -> None:
        # A file of more than this many bytes cannot be written: what a full disk looks like. The
        # study is smaller, the hidden states of a saved pass are not.
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (400_000, 400_000))

    full = bench.run(*bench.sweep("full.sqlite"), status=74, preexec_fn=limited)
    assert "error: save the pass" in full.stderr, full.stderr
    assert "File too large" in full.stderr, full.stderr
    bench.intact("full.sqlite")
    bench.run(*bench.sweep("full.sqlite"))
    assert bench.csvs("full.sqlite") == expected
    if os.geteuid() != 0:
        (bench.folder / "locked").mkdir(mode=0o500)
        bench.run(*bench.sweep("locked/study.sqlite"), status=74)
    else:
        bench.run(*bench.sweep("/proc/study.sqlite"), status=74)
    print("full disk and read-only folder: exit 74, the study intact and finished afterwards")


def second_process(bench: Bench) -> None:
    quantize = ["quantize", "notebooks-data/demo-model", "--calibration", "calibration.sqlite",
                "--output", "shared"]
    for arguments in (bench.sweep("shared.sqlite"), quantize):
        first = subprocess.Popen([bench.tenbin, *arguments], cwd=bench.folder,
                                 stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        first.stderr.readline()
        for _ in range(50):
            if list(bench.folder.glob("*shared*.lock")):
                break
            time.sleep(0.02)
        second = bench.run(*arguments, status=74)
        assert f"process {first.pid} is writing it" in second.stderr, second.stderr
        first.communicate()
        assert first.returncode == 0
        assert not list(bench.folder.glob("*shared*.lock"))
    print("a second process on a study or a checkpoint: refused with the first one's number")


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--tenbin", default=str(ROOT / ".build/release/tenbin"))
    parser.add_argument("--kills", type=int, default=30)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="tenbin-kill-"))
    try:
        bench = Bench(str(Path(options.tenbin).resolve()), folder, options.seed)
        bench.run("calib", "build", "--source", "notebooks-data/corpus/jawiki-sample.xml",
                  "--tokenizer", "notebooks-data/demo-model", "--max-seq-length", "512",
                  "--take", "first:12", "--output", "calibration.sqlite")
        began = time.time()
        bench.run(*bench.sweep("whole.sqlite"))
        seconds = time.time() - began
        expected = bench.csvs("whole.sqlite")
        print(f"uninterrupted: {seconds:.1f} s")
        interrupt(bench, seconds, expected)
        no_room(bench, expected)
        second_process(bench)
        kill_sweeps(bench, options.kills, seconds, expected)
        kill_quantize(bench, max(1, options.kills // 3))
    finally:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
