#!/usr/bin/env python3
"""Runs the demo sweep as three tasks and their follow-ups on a real Slurm of this machine, disturbs
them, and compares the joined study with that of one machine, byte for byte but for times.

  python3 Tests/Cluster/run_slurm.py --tenbin .build/release/tenbin [--small] [--keep FOLDER]

The controller, the node's daemon and munge are this script's own: in a folder of their own, on free
ports, stopped at the end. It needs root and Debian's slurm-wlm and munge; where they cannot start, it
says so in one line and ends with 0.

What happens to the tasks: one is requeued in the middle of its pass, one fails and is retried, one is
told that its time is up, the controller is restarted, everything is cancelled and gone on with.
"""
import argparse
import csv
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
TIMES = {"wall_seconds", "solve_seconds", "calibrate_seconds", "factorise_seconds",
         "columns_seconds", "evaluate_seconds"}
PLAN = "計画 of 'the' \"demo\" %j $(touch evil) \\\n#SBATCH --wrap=evil"


class CannotStart(Exception):
    """Why there is no Slurm here."""


def free_ports(count: int) -> list[int]:
    sockets = [socket.socket() for _ in range(count)]
    for one in sockets:
        one.bind(("127.0.0.1", 0))
    ports = [one.getsockname()[1] for one in sockets]
    for one in sockets:
        one.close()
    return ports


def until(what: str, condition, seconds: float = 300):
    """Waits for `condition` and returns what it is."""
    end = time.time() + seconds
    while time.time() < end:
        found = condition()
        if found:
            return found
        time.sleep(0.2)
    raise AssertionError(f"waited {seconds} s for {what}")


class Slurm:
    """A cluster of one node, this machine."""

    def __init__(self, folder: Path):
        self.folder = folder
        self.node = socket.gethostname().split(".")[0]
        self.environment = {**os.environ, "SLURM_CONF": str(folder / "slurm.conf")}
        missing = [name for name in ("munged", "slurmctld", "slurmd", "sbatch", "squeue")
                   if not shutil.which(name)]
        if missing:
            raise CannotStart(f"no {', '.join(missing)} (Debian: slurm-wlm, munge)")
        if os.geteuid() != 0:
            raise CannotStart("only root starts the daemons")
        for name in ("state", "spool", "munge"):
            (folder / name).mkdir(parents=True)
        key = folder / "munge/key"
        key.write_bytes(os.urandom(1024))
        key.chmod(0o400)
        shape = subprocess.run(["slurmd", "-C"], capture_output=True, text=True).stdout
        node = next((line for line in shape.splitlines() if line.startswith("NodeName=")), "")
        controller, daemon = free_ports(2)
        (folder / "slurm.conf").write_text(f"""\
ClusterName=tenbin
SlurmctldHost={self.node}(127.0.0.1)
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
AuthInfo=socket={folder}/munge/socket,cred_expire=3
SlurmctldPort={controller}
SlurmdPort={daemon}
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/slurmd.pid
SlurmctldLogFile={folder}/slurmctld.log
SlurmdLogFile={folder}/slurmd.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
MpiDefault=none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
ReturnToService=2
SlurmctldTimeout=10
MessageTimeout=5
KillWait=30
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
{node.split(" UpTime")[0].replace(f"NodeName={self.node}", f"NodeName={self.node} NodeAddr=127.0.0.1")}
PartitionName=demo Nodes=ALL Default=YES MaxTime=INFINITE State=UP
""")
        self.munge = subprocess.run(
            ["munged", "--force", f"--key-file={key}", f"--socket={folder}/munge/socket",
             f"--pid-file={folder}/munge/pid", f"--log-file={folder}/munge/log",
             f"--seed-file={folder}/munge/seed"], capture_output=True, text=True)
        try:
            if self.munge.returncode:
                raise CannotStart(f"munged: {self.munge.stderr.strip().splitlines()[-1]}")
            self.start_controller()
            subprocess.run(["slurmd"], env=self.environment, capture_output=True)
            until("the node", lambda: "idle" in self.run("sinfo", "--noheader", "--format=%T"), 30)
        except (AssertionError, subprocess.SubprocessError) as error:
            log = (folder / "slurmctld.log")
            last = log.read_text().splitlines()[-1:] if log.exists() else [str(error)]
            self.stop()
            raise CannotStart(f"Slurm does not start: {last[0] if last else error}") from error

    def run(self, *words: str) -> str:
        return subprocess.run(words, env=self.environment, capture_output=True, text=True,
                              check=False).stdout

    def start_controller(self) -> None:
        subprocess.run(["slurmctld"], env=self.environment, capture_output=True, check=True)
        until("the controller", lambda: "UP" in self.run("scontrol", "ping"), 30)

    def stop_one(self, name: str) -> None:
        file = self.folder / name
        if not file.exists():
            return
        pid = int(file.read_text())
        try:
            os.kill(pid, signal.SIGTERM)
            until(f"the end of {name}", lambda: not Path(f"/proc/{pid}").exists(), 30)
        except ProcessLookupError:
            pass

    def stop(self) -> None:
        for name in ("slurmd.pid", "slurmctld.pid", "munge/pid"):
            self.stop_one(name)

    def node_is(self, state: str) -> None:
        self.run("scontrol", "update", f"NodeName={self.node}", f"State={state}", "Reason=test")


class Demo:
    """The demo's sweep in a folder, and the plan of it."""

    def __init__(self, tenbin: str, folder: Path, slurm: Slurm, is_small: bool):
        self.tenbin, self.folder, self.slurm = tenbin, folder, slurm
        self.plan = folder / PLAN
        (folder / "notebooks-data").symlink_to(ROOT / "notebooks-data")
        sweep = (ROOT / "notebooks-data/demo-sweep.yaml").read_text()
        if is_small:
            for full, few in (("[0.001, 0.01, 0.1]", "[0.01]"), ("4096", "512")):
                assert full in sweep
                sweep = sweep.replace(full, few)
        (folder / "sweep.yaml").write_text(sweep)
        self.run("calib", "build", "--source", "notebooks-data/corpus/jawiki-sample.xml",
                 "--tokenizer", "notebooks-data/demo-model", "--max-seq-length", "512",
                 "--output", "demo-report/calibration.sqlite",
                 *(("--take", "first:4") if is_small else ()))

    def run(self, *words: str, status: int | None = 0) -> subprocess.CompletedProcess:
        done = subprocess.run([self.tenbin, *words], cwd=self.folder, capture_output=True,
                              text=True, env=self.slurm.environment)
        if status is not None and done.returncode != status:
            sys.exit(f"tenbin {words}: exit {done.returncode}, not {status}\n"
                     f"{done.stdout}{done.stderr}")
        return done

    def csvs(self, study: Path) -> dict[str, list[list[str]]]:
        output = self.folder / f"csv-{time.time_ns()}"
        self.run("report", "csv", str(study), "--output", str(output))
        tables = {}
        for name in ("trials.csv", "evaluations.csv", "layers.csv"):
            with (output / name).open(newline="") as file:
                rows = list(csv.reader(file))
            keep = [i for i, column in enumerate(rows[0]) if column not in TIMES]
            tables[name] = [[row[i] for i in keep] for row in rows]
        return tables

    def collect(self, *words: str, status: int | None = None) -> list[dict]:
        self.said = self.run("sweep", "collect", PLAN, "--format", "json", *words, status=status)
        return json.loads(self.said.stdout) if self.said.stdout else []

    def state(self, task: int) -> str:
        return {row["task"]: row["state"] for row in self.collect()}[task]

    def record(self, task: int) -> dict:
        file = self.plan / f"tasks/{task}.json"
        return json.loads(file.read_text()) if file.exists() else {}

    def has_saved(self, task: int) -> bool:
        return (self.plan / f"tasks/{task}.sqlite.pass/state.json").exists()


def check(slurm: Slurm, tenbin: str, folder: Path, is_small: bool) -> None:
    demo = Demo(tenbin, folder, slurm, is_small)
    print("one machine: the whole sweep", flush=True)
    demo.run("sweep", "run", "sweep.yaml", "--study", "whole.sqlite",
             "--threads", "1")
    expected = demo.csvs(folder / "whole.sqlite")

    # Task 2 will find a folder where its study is to go.
    slurm.node_is("drain")
    said = demo.run("sweep", "submit", "sweep.yaml", "--plan", PLAN, "--shards", "3",
                    "--threads", "1", "--sbatch", "comment='a \"b\" # $(touch evil) \\ 日本'")
    job = said.stderr.split("submitted as jobs ")[1].split()[0]
    shown = slurm.run("scontrol", "show", "job", job)
    assert 'Comment=a "b" # $(touch evil) \\ 日本' in shown, shown
    assert [row["state"] for row in demo.collect(status=0)] == ["waiting"] * 4
    obstacle = demo.plan / "tasks/2.sqlite"
    obstacle.mkdir()
    slurm.node_is("resume")

    until("a saved layer of task 1", lambda: demo.has_saved(1))
    assert demo.state(1) == "running"
    slurm.run("scontrol", "requeue", f"{job}_1")
    until("task 1 to save itself", lambda: demo.record(1)["phase"] == "saved")
    print("task 1: requeued in the middle of its pass, saved", flush=True)

    until("a saved layer of task 3", lambda: demo.has_saved(3))
    slurm.stop_one("slurmctld.pid")
    demo.collect(status=74)
    assert "the tasks are not touched by it" in demo.said.stderr, demo.said.stderr
    slurm.start_controller()
    print("the controller: restarted while task 3 ran", flush=True)
    until("task 3 after the restart", lambda: demo.state(3) == "running")
    slurm.run("scancel", "--signal=USR1", "--batch", f"{job}_3")
    until("task 3 to save itself", lambda: demo.record(3)["phase"] == "saved")
    print("task 3: told that its time is up, saved and requeued itself", flush=True)

    until("task 1 to go on", lambda: demo.record(1)["attempts"] == 2)
    until("task 3 to go on", lambda: demo.record(3)["attempts"] == 2)
    until("task 3 in its pass", lambda: "layer" in demo.record(3)["doing"])
    slurm.run("scancel", job)
    until("the end of task 3", lambda: demo.state(3) == "failed")
    rows = demo.collect(status=1)
    assert rows[1]["state"] == "failed" and rows[3]["state"] == "not submitted", rows
    assert "CANCELLED" in rows[2]["note"], rows
    # The last lines of a log say why.
    assert "stands there" in demo.said.stderr or "2.sqlite" in demo.said.stderr, demo.said.stderr
    print(f"cancelled: {demo.said.stderr.splitlines()[0]}", flush=True)

    obstacle.rmdir()
    rows = demo.collect("--retry", "--wait", status=0)
    assert [row["state"] for row in rows] == ["complete"] * 4, rows
    assert rows[2]["attempts"] == 3 and rows[1]["attempts"] == 2, rows
    assert "going on after layer" in (demo.plan / "logs/3.log").read_text()
    assert demo.csvs(demo.plan / "study.sqlite") == expected
    assert not list(folder.rglob("evil")), "a name was run"
    print("retried: every CSV of the joined study as on one machine, times aside", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--tenbin", default=str(ROOT / ".build/release/tenbin"))
    parser.add_argument("--small", action="store_true", help="a third of the trials, fewer tokens")
    parser.add_argument("--keep", help="work in this new folder, and leave it there")
    options = parser.parse_args()
    folder = Path(options.keep or tempfile.mkdtemp(prefix="tenbin-slurm-")).resolve()
    folder.mkdir(exist_ok=True)
    try:
        try:
            slurm = Slurm(folder / "slurm")
        except CannotStart as error:
            print(f"skipped: {error}")
            return
        try:
            (folder / "work").mkdir()
            check(slurm, os.path.abspath(options.tenbin), folder / "work", options.small)
        finally:
            slurm.run("scancel", "--user=root")
            slurm.stop()
    finally:
        if not options.keep:
            shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
