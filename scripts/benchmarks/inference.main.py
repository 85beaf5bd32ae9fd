# SPDX-License-Identifier: Apache-2.0
"""Wane, ONNX Runtime and torch on the same networks, alternating in one run; prints a Markdown table.

    scripts/bench inference [--zoo DIR] [--cache DIR] [--only NAME,…] [--threads 1,2] [--rounds 9] [--slice 0.1]
                            [--busy N] [--pause 0.3] [--wane .build/release/wane] [--json FILE]

One process a library and network. Each round asks every library in turn for a slice of predictions; a slice gives its
median and its minimum. The table shows the median of the slices' medians and the smallest minimum. The ratio is the
peer's time over Wane's: above one, Wane is faster. Ready is loading and the first prediction, which plan. With --busy,
N processes that only count run beside each round and then not, in turn; printed is by how much they slow a prediction
down. Needs onnxruntime, numpy; torch, torchvision and coremltools to make
the networks that the cache does not hold. WANE_PYTHON names the interpreter.
"""
import argparse
import contextlib
import json
import math
import os
import pathlib
import platform
import statistics
import subprocess
import sys
import tempfile
import time

import numpy as np

import inference_networks

HERE = pathlib.Path(__file__).resolve().parent


class Worker:
    """A process that times predictions of one network in one library."""

    def __init__(self, label, command, environment):
        self.label = label
        self.medians, self.disturbed, self.minima = [], [], []
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
                                        env={**os.environ, **environment})
        self.loaded, self.first = self.answer()

    @property
    def ready(self):
        """Seconds until the first prediction is finished."""
        return self.loaded + self.first

    def answer(self):
        line = self.process.stdout.readline()
        if not line:
            raise RuntimeError(f"{self.label} ended without an answer")
        return tuple(map(float, line.split()))

    def time(self, runs):
        self.process.stdin.write(f"{runs}\n")
        self.process.stdin.flush()
        return self.answer()

    def slice(self, runs, disturbed=False):
        median, minimum = self.time(runs)
        (self.disturbed if disturbed else self.medians).append(median)
        self.minima.append(minimum)

    @property
    def median(self):
        return statistics.median(self.medians)

    @property
    def minimum(self):
        return min(self.minima)

    def resident(self):
        """Resident memory in MB."""
        try:
            with open(f"/proc/{self.process.pid}/status") as file:
                return next(int(line.split()[1]) / 1024 for line in file if line.startswith("VmRSS"))
        except OSError:
            return math.nan

    def close(self):
        self.process.stdin.close()
        self.process.wait()


def workers(network, threads, options, folder):
    def path(name):
        return os.path.join(folder, name)

    np.savez(path("wane_in.npz"), **network.inputs)
    np.savez(path("onnx_in.npz"), **(network.onnx_inputs or network.inputs))
    limits = {"WANE_THREADS": str(threads), "OMP_NUM_THREADS": str(threads)}
    yield Worker("wane", [options.wane, str(HERE / "inference_wane.lua"), network.package, path("wane_in.npz"),
                          path("wane_out.npz")], limits)
    peer = [sys.executable, str(HERE / "inference_peer.py")]
    yield Worker("onnxruntime", peer + ["onnxruntime", network.onnx, path("onnx_in.npz"), path("onnx_out.npz"),
                                        str(threads)], limits)
    if network.torchscript and options.torch:
        yield Worker("torch", peer + ["torch", network.torchscript, path("wane_in.npz"), path("torch_out.npz"),
                                      str(threads)], limits)


def deviation(folder):
    """The largest difference between Wane's outputs and ONNX Runtime's, relative to the peak of each."""
    with np.load(os.path.join(folder, "wane_out.npz")) as a, np.load(os.path.join(folder, "onnx_out.npz")) as b:
        worst = 0.0
        for name in b.files:
            reference = b[name]
            same = [a[name]] if name in a.files else [a[n] for n in a.files if a[n].size == reference.size]
            if not same:
                continue  # joined or split differently
            peak = float(np.abs(reference).max()) or 1.0
            worst = max(worst, min(float(np.abs(x.reshape(reference.shape) - reference).max()) for x in same) / peak)
        return worst


def measure(network, threads, options):
    with tempfile.TemporaryDirectory() as folder:
        team = list(workers(network, threads, options, folder))
        runs = {worker.label: max(3, int(options.slice / worker.time(5)[0])) for worker in team}
        for _ in range(options.rounds):
            for count in {0, options.busy}:
                with busy(count):
                    for worker in team:
                        worker.slice(runs[worker.label], disturbed=count > 0)
                        time.sleep(options.pause)
        difference = deviation(folder)
        row = {"network": network.name, "threads": threads, "deviation": difference}
        for worker in team:
            row[worker.label] = {"median": worker.median, "min": worker.minimum, "first": worker.first,
                                 "ready": worker.ready, "resident": worker.resident()}
            if options.busy:
                row[worker.label]["slowdown"] = statistics.median(worker.disturbed) / worker.median
            worker.close()
        return row


@contextlib.contextmanager
def busy(count):
    """Busy processes, terminated at the end of the block."""
    team = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(count)]
    try:
        yield
    finally:
        for process in team:
            process.kill()
            process.wait()


def ratios(row, peer):
    if peer not in row:
        return None
    return tuple(row[peer][key] / row["wane"][key] for key in ("median", "min"))


def mean(values):
    return math.exp(sum(map(math.log, values)) / len(values)) if values else math.nan


def table(rows):
    peers = ["onnxruntime", "torch"]
    yield "| Network | Wane ms | ONNX Runtime ms | ratio | torch ratio | first ÷ median | ready ms: Wane, ONNX Runtime | resident MB: Wane, ONNX Runtime | deviation |"
    yield "|---|---|---|---|---|---|---|---|---|"
    for row in rows:
        wane, onnx = row["wane"], row["onnxruntime"]
        parts = ["{:.2f} ({:.2f})".format(*ratios(row, peer)) if peer in row else "–" for peer in peers]
        yield (f"| {row['network']} | {wane['median'] * 1e3:.3f} ({wane['min'] * 1e3:.3f}) "
               f"| {onnx['median'] * 1e3:.3f} ({onnx['min'] * 1e3:.3f}) | {parts[0]} | {parts[1]} "
               f"| {wane['first'] / wane['median']:.1f} | {wane['ready'] * 1e3:.1f}, {onnx['ready'] * 1e3:.1f} | {wane['resident']:.0f}, {onnx['resident']:.0f} | {row['deviation']:.0e} |")
    means = []
    for peer in peers:
        known = [ratios(row, peer) for row in rows if peer in row]
        means.append("{:.2f} ({:.2f})".format(*(mean([r[i] for r in known]) for i in (0, 1))) if known else "–")
    yield f"| geometric mean | | | {means[0]} | {means[1]} | | | | |"


def slowdowns(rows):
    labels = ["wane", "onnxruntime", "torch"]
    yield "| Network | Wane | ONNX Runtime | torch |"
    yield "|---|---|---|---|"
    for row in rows:
        yield f"| {row['network']} | " + " | ".join(f"{row[l]['slowdown']:.2f}" if l in row else "–" for l in labels) + " |"
    means = [mean([row[l]["slowdown"] for row in rows if l in row]) for l in labels]
    yield "| geometric mean | " + " | ".join(f"{m:.2f}" for m in means) + " |"


def processor():
    try:
        with open("/proc/cpuinfo") as file:
            return next(line.split(":")[1].strip() for line in file if line.startswith("model name"))
    except (OSError, StopIteration):
        return platform.processor()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--zoo", default=os.environ.get("WANE_ZOO", ""))
    parser.add_argument("--cache", default=os.path.expanduser("~/.cache/wane/inference"))
    parser.add_argument("--only", default="")
    parser.add_argument("--threads", default="1,2")
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--slice", type=float, default=0.1, help="seconds of a slice")
    parser.add_argument("--busy", type=int, default=0)
    parser.add_argument("--pause", type=float, default=0.3, help="seconds between slices: ONNX Runtime's threads spin for about 0.1 s after a run")
    parser.add_argument("--no-torch", dest="torch", action="store_false")
    parser.add_argument("--wane", default=str(HERE.parent.parent / ".build/release/wane"))
    parser.add_argument("--json")
    options = parser.parse_args()
    only = set(filter(None, options.only.split(",")))
    networks = inference_networks.zoo(options.zoo) if options.zoo else []
    networks = [n for n in networks if not only or n.name in only]
    networks += inference_networks.generated(options.cache, lambda name: not only or name in only)
    everything = []
    for threads in map(int, options.threads.split(",")):
        rows = []
        for network in networks:
            rows.append(measure(network, threads, options))
            print(f"{threads} threads, {network.name}: {ratios(rows[-1], 'onnxruntime')}", file=sys.stderr)
        print(f"\n{threads} thread{'s' if threads > 1 else ''}: {processor()}, {os.cpu_count()} processors\n")
        print("\n".join(slowdowns(rows) if options.busy else table(rows)))
        everything += rows
    if options.json:
        pathlib.Path(options.json).write_text(json.dumps(everything, indent=1))


main()
