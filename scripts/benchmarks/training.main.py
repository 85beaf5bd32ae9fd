# SPDX-License-Identifier: Apache-2.0
"""A training step in Wane and in torch, alternating in one run; prints a Markdown table.

    scripts/bench training [--cache DIR] [--only NAME,…] [--threads 1,2] [--batch 64] [--optimizer sgd|adam] [--rounds 7]
                           [--slice 0.5] [--wane .build/release/wane] [--json FILE]

A step is forward, cross-entropy, backward and update, on the same network with norms in training mode. One process a library;
torch twice, contiguous and channels_last. Each round asks each in turn for a slice of steps, which gives its median. The table
shows the median of the slices' medians; the ratio is torch's better time over Wane's: above one, Wane is faster. Memory is the
peak of the process beyond what it took before the first step. Needs torch; coremltools to make packages that the cache does
not hold. WANE_PYTHON names the interpreter.
"""
import argparse
import json
import os
import pathlib
import statistics
import subprocess
import sys
import time

import training_networks

HERE = pathlib.Path(__file__).resolve().parent


class Worker:
    """A process that times steps of one network in one library."""

    def __init__(self, label, command, threads):
        self.label, self.medians = label, []
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
                                        env={**os.environ, "WANE_THREADS": str(threads), "OMP_NUM_THREADS": str(threads)})
        self.before, self.first = self.answer()

    def answer(self):
        line = self.process.stdout.readline()
        if not line:
            raise RuntimeError(f"{self.label} ended without an answer")
        return tuple(map(float, line.split()))

    def time(self, steps):
        self.process.stdin.write(f"{steps}\n")
        self.process.stdin.flush()
        return self.answer()[0]

    @property
    def median(self):
        return statistics.median(self.medians)

    def memory(self):
        """Memory of training in MB: the peak minus the memory before the first step."""
        with open(f"/proc/{self.process.pid}/status") as file:
            peak = next(int(line.split()[1]) / 1024 for line in file if line.startswith("VmHWM"))
        return peak - self.before

    def close(self):
        self.process.stdin.close()
        self.process.wait()


def measure(name, threads, options):
    package = training_networks.package(name, options.batch, options.cache)
    batch = str(options.batch)
    team = [Worker("wane", [options.wane, str(HERE / "training_wane.lua"), str(package), batch, options.optimizer], threads)]
    for layout in "contiguous", "channels_last":
        team.append(Worker(layout, [sys.executable, str(HERE / "training_torch.py"), name, batch, options.optimizer, str(threads),
                                    layout], threads))
    steps = {worker.label: max(2, int(options.slice / worker.time(3))) for worker in team}
    for _ in range(options.rounds):
        for worker in team:
            worker.medians.append(worker.time(steps[worker.label]))
            time.sleep(0.02)  # the others' threads stop spinning
    row = {"network": name, "threads": threads,
           **{worker.label: {"median": worker.median, "memory": worker.memory()} for worker in team}}
    for worker in team:
        worker.close()
    return row


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cache", default=os.path.expanduser("~/.cache/wane/training"))
    parser.add_argument("--only", default=",".join(training_networks.MODULES))
    parser.add_argument("--threads", default="1,2")
    parser.add_argument("--batch", type=int, default=64)
    parser.add_argument("--optimizer", default="sgd")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--slice", type=float, default=0.5, help="seconds of a slice")
    parser.add_argument("--wane", default=str(HERE.parent.parent / ".build/release/wane"))
    parser.add_argument("--json")
    options = parser.parse_args()
    rows = []
    print("| Network | Threads | Wane ms | torch ms: contiguous, channels_last | ratio | MB: Wane, torch |")
    print("|---|---|---|---|---|---|")
    for threads in map(int, options.threads.split(",")):
        for name in options.only.split(","):
            row = measure(name, threads, options)
            rows.append(row)
            wane, plain, last = row["wane"], row["contiguous"], row["channels_last"]
            best = min(plain, last, key=lambda peer: peer["median"])
            print(f"| {name} | {threads} | {wane['median'] * 1e3:.2f} | {plain['median'] * 1e3:.2f}, {last['median'] * 1e3:.2f} "
                  f"| {best['median'] / wane['median']:.2f} | {wane['memory']:.0f}, {best['memory']:.0f} |", flush=True)
    if options.json:
        pathlib.Path(options.json).write_text(json.dumps(rows, indent=1))


main()
