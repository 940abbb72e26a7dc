"""What a neighbour on the same cores costs a sweep, beyond the share of time that it takes.

    python3 Benchmarks/busy_neighbour.py [--tenbin .build/release/tenbin] [--runs 3] [--cores 0,1]

Runs a sweep of the bundled model alone, and beside as many endless loops as there are cores: then half
of the time is the sweep's, and twice its own time would be fair. Prints the medians and, as `over`,
the time beside the loops over twice the time alone.
"""

import argparse
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SWEEP = """
method: grid
parameters:
  bits: {{values: [4, 8]}}
  group_size: {{values: [64, 128]}}
  desc_act: {{value: true}}
  propagation: {{value: shared}}
  model: {{value: {data}/demo-model}}
  calibration: {{value: set.sqlite}}
  heldout: {{value: {data}/corpus/heldout-wiki.jsonl}}
  heldout_tokens: {{value: 2048}}
  calibration_draws: {{value: 0}}
"""


def timed(tenbin: str, folder: str) -> tuple[float, float]:
    """Wall and CPU seconds of one sweep."""
    for name in os.listdir(folder):
        if name.startswith("study"):
            os.remove(Path(folder) / name)
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    began = time.monotonic()
    subprocess.run([tenbin, "sweep", "run", "sweep.yaml", "--study", "study.sqlite"], cwd=folder,
                   check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    wall = time.monotonic() - began
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return wall, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tenbin", default=str(ROOT / ".build/release/tenbin"))
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--cores", default="0,1")
    options = parser.parse_args()
    cores = {int(core) for core in options.cores.split(",")}
    os.sched_setaffinity(0, cores)
    tenbin = str(Path(options.tenbin).resolve())
    results: dict[str, list[tuple[float, float]]] = {"alone": [], "beside loops": []}
    with tempfile.TemporaryDirectory() as folder:
        data = ROOT / "notebooks-data"
        (Path(folder) / "sweep.yaml").write_text(SWEEP.format(data=data))
        subprocess.run(
            [tenbin, "calib", "build", "--source", str(data / "corpus/jawiki-sample.xml"),
             "--tokenizer", str(data / "demo-model"), "--max-seq-length", "512", "--take", "first:12",
             "--output", "set.sqlite"], cwd=folder, check=True, stderr=subprocess.DEVNULL)
        timed(tenbin, folder)
        for _ in range(options.runs):
            results["alone"].append(timed(tenbin, folder))
            loops = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in cores]
            try:
                results["beside loops"].append(timed(tenbin, folder))
            finally:
                for loop in loops:
                    loop.kill()
                    loop.wait()
    wall = {}
    for name, runs in results.items():
        wall[name] = statistics.median(run[0] for run in runs)
        cpu = statistics.median(run[1] for run in runs)
        print(f"{name}: {wall[name]:.1f} s, {cpu:.1f} CPU s")
    print(f"over: {wall['beside loops'] / (2 * wall['alone']):.2f}")


if __name__ == "__main__":
    main()
