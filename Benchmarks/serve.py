#!/usr/bin/env python3
"""What `tenbin serve` under load costs the sweep beside it, in seconds of the processor and of the clock.

    Benchmarks/serve.py SWEEP.yaml [--tenbin .build/release/tenbin] [--rate 200] [--rounds 3] [--threads 2]
        [--apart 0]

The same sweep runs by turns alone and beside a server that answers `--rate` requests a second over eight
connections, the page and its status in equal parts. The program that asks, a browser's part, has the last
`--apart` cores to itself, the sweep and the server share the others. Run it on a machine that does nothing
else.
"""

import argparse
import http.client
import os
import pathlib
import statistics
import subprocess
import tempfile
import threading
import time


def start(options, arguments, **pipes):
    """Starts tenbin on the cores that are its own."""
    cores = options.cores[:-options.apart] if options.apart else options.cores
    return subprocess.Popen(
        [options.tenbin, *arguments], preexec_fn=lambda: os.sched_setaffinity(0, cores), **pipes)


def sweep(options, study):
    """Runs the sweep; seconds of the processor, seconds of the clock."""
    began = time.monotonic()
    process = start(
        options,
        ["sweep", "run", options.sweep, "--study", study, "--threads", str(options.threads), "-q"],
        stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    if status:
        raise SystemExit(f"the sweep ended with {os.waitstatus_to_exitcode(status)}")
    return usage.ru_utime + usage.ru_stime, time.monotonic() - began


class Load:
    """Asks a server at a steady rate until it is told to stop."""

    def __init__(self, port, name, rate, connections=8):
        self.paths = [f"/studies/{name}", f"/api/status?study={name}"]
        self.port, self.pause = port, connections / rate
        self.answers, self.bytes, self.stopped = 0, 0, False
        self.threads = [threading.Thread(target=self.ask) for _ in range(connections)]

    def __enter__(self):
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self.stopped = True
        for thread in self.threads:
            thread.join()

    def ask(self):
        connection = http.client.HTTPConnection("127.0.0.1", self.port)
        next_time, count = time.monotonic(), 0
        while not self.stopped:
            connection.request("GET", self.paths[count % 2])
            answer = connection.getresponse()
            self.bytes += len(answer.read())
            self.answers += answer.status == 200
            count += 1
            next_time += self.pause
            time.sleep(max(0, next_time - time.monotonic()))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("sweep")
    parser.add_argument("--tenbin", default=".build/release/tenbin")
    parser.add_argument("--rate", type=float, default=200)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--apart", type=int, default=0)
    options = parser.parse_args()
    options.cores = sorted(os.sched_getaffinity(0))
    if options.apart:
        os.sched_setaffinity(0, options.cores[-options.apart:])
    alone, beside, server_seconds, rates = [], [], [], []
    with tempfile.TemporaryDirectory() as folder:
        for number in range(options.rounds):
            alone.append(sweep(options, str(pathlib.Path(folder) / f"alone{number}.sqlite")))
            server = start(
                options, ["serve", folder, "--port", "0"], stderr=subprocess.PIPE, text=True)
            port = int(server.stderr.readline().split("127.0.0.1:")[1].split("/")[0])
            name = f"beside{number}.sqlite"
            with Load(port, name, options.rate) as load:
                beside.append(sweep(options, str(pathlib.Path(folder) / name)))
            server.terminate()
            _, _, usage = os.wait4(server.pid, 0)
            server_seconds.append(usage.ru_utime + usage.ru_stime)
            rates.append(load.answers / beside[-1][1])
    for place, name in [(0, "processor"), (1, "clock")]:
        one, other = (statistics.median(run[place] for run in runs) for runs in (alone, beside))
        print(f"{name}: alone {one:.2f} s, beside the server {other:.2f} s, ratio {other / one:.4f}")
    print(f"the server: {statistics.median(rates):.0f} answers a second, {statistics.median(server_seconds):.2f} s of the processor")


if __name__ == "__main__":
    main()
