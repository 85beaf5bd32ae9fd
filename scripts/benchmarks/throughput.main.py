# SPDX-License-Identifier: Apache-2.0
"""Samples a second of model:evaluate, against ONNX Runtime at its best batch size and threads; prints a Markdown table.

    scripts/bench throughput [--cache DIR] [--only NAME,…] [--samples N] [--threads 2] [--batches 1,8,32] [--rounds 5] [--busy N]
                             [--wane .build/release/wane]

Both evaluate the accuracy of the same samples by packages with an open batch axis. Wane runs with one thread and with all; ONNX Runtime with every
number of threads up to --threads and every batch size, of which the fastest counts; so do Wane's batch sizes. Rounds alternate; medians.
With --busy, N processes that only count run at the same time. Needs onnxruntime, numpy; torch, torchvision and coremltools for the packages that the
cache does not hold.
"""
import argparse
import math
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time

import numpy as np

import inference_networks

HERE = pathlib.Path(__file__).resolve().parent
# Networks and the numbers of samples that take about two seconds.
NETWORKS = {"mlp": 65536, "resnet18": 64, "mobilenet_v2": 128, "shufflenet_v2": 256, "efficientnet_b0": 96, "vit": 96}


class Evaluator:
    """A process that answers a batch size with the seconds of an evaluation."""

    def __init__(self, command, environment):
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env={**os.environ, **environment})
        self.seconds = {}

    def run(self, batch):
        self.process.stdin.write(f"{batch}\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        if not line:
            raise RuntimeError("an evaluator ended without an answer")
        self.seconds.setdefault(batch, []).append(float(line))

    def best(self):
        """The least median over batch sizes, without the first run of each, and that batch size."""
        return min((statistics.median(times[1:]), batch) for batch, times in self.seconds.items())

    def close(self):
        self.process.stdin.close()
        self.process.wait()


def serve(path, samples, threads):
    """ONNX Runtime's side: the same protocol as throughput_wane.lua."""
    import onnxruntime as ort

    options = ort.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.log_severity_level = 3
    session = ort.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    with np.load(samples) as file:
        x, labels = file["x"], file["labels"]
    for line in sys.stdin:
        batch = int(line)
        started = time.perf_counter()
        correct = 0
        for at in range(0, len(x), batch):
            scores = session.run(None, {"x": x[at:at + batch]})[0]
            correct += int(np.sum(scores.reshape(len(scores), -1).argmax(1) == labels[at:at + batch]))
        print(time.perf_counter() - started, flush=True)


def batched(name, cache):
    """Paths of a package and an ONNX file whose first axis is open."""
    make, shape = inference_networks.modules()[name]
    folder = pathlib.Path(cache)
    package, onnx = folder / f"{name}_batch.mlpackage", folder / f"{name}_batch.onnx"
    if not (package.exists() and onnx.exists()):
        import coremltools as ct
        import torch

        torch.manual_seed(0)
        module = make().eval()
        example = torch.from_numpy(np.repeat(inference_networks.noise(*shape), 2, axis=0))
        with torch.inference_mode():
            traced = torch.jit.trace(module, example)
        inference_networks.export_onnx(module, example, onnx, dynamic_axes={"x": {0: "n"}})
        flexible = ct.Shape((ct.RangeDim(1, 64, default=1),) + tuple(shape[1:]))
        ct.convert(traced, inputs=[ct.TensorType("x", flexible)], compute_precision=ct.precision.FLOAT32,
                   minimum_deployment_target=ct.target.iOS17).save(str(package))
    return str(package), str(onnx)


def measure(name, options):
    package, onnx = batched(name, options.cache)
    count = options.samples or NETWORKS[name]
    shape = inference_networks.modules()[name][1]
    generator = np.random.default_rng(1)
    x = generator.standard_normal((count,) + tuple(shape[1:])).astype(np.float32)
    with tempfile.TemporaryDirectory() as folder:
        samples = os.path.join(folder, "samples.npz")
        np.savez(samples, x=x, labels=generator.integers(0, 10, count).astype(np.int32))
        wane = {t: Evaluator([options.wane, str(HERE / "throughput_wane.lua"), package, samples], {"WANE_THREADS": str(t)})
                for t in (1, options.threads)}
        peers = {t: Evaluator([sys.executable, __file__, "--serve", onnx, samples, str(t)], {}) for t in range(1, options.threads + 1)}
        busy = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(options.busy)]
        try:
            for _ in range(options.rounds + 1):
                for evaluator in list(wane.values()) + list(peers.values()):
                    for batch in options.batches:
                        evaluator.run(batch)
        finally:
            for process in busy:
                process.kill()
                process.wait()
            for evaluator in list(wane.values()) + list(peers.values()):
                evaluator.close()
    one, all_threads = wane[1].best(), wane[options.threads].best()
    peer, threads = min((p.best(), t) for t, p in peers.items())
    ratio, scaling = peer[0] / all_threads[0], one[0] / all_threads[0]
    print(f"| {name} | {count / one[0]:.0f} | {count / all_threads[0]:.0f} (batch {all_threads[1]}) | {count / peer[0]:.0f} (batch {peer[1]}, {threads} threads) "
          f"| {scaling:.2f} | {ratio:.2f} |", flush=True)
    return ratio, scaling


def main():
    if sys.argv[1:2] == ["--serve"]:
        return serve(sys.argv[2], sys.argv[3], int(sys.argv[4]))
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cache", default=os.path.expanduser("~/.cache/wane/inference"))
    parser.add_argument("--only", default="")
    parser.add_argument("--samples", type=int, help="of every network")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--batches", type=lambda text: [int(b) for b in text.split(",")], default=[1, 8, 32])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--busy", type=int, default=0)
    parser.add_argument("--wane", default=str(HERE.parent.parent / ".build/release/wane"))
    options = parser.parse_args()
    only = set(filter(None, options.only.split(",")))
    pathlib.Path(options.cache).mkdir(parents=True, exist_ok=True)
    print("| Network | Wane, 1 thread | Wane, all threads | ONNX Runtime, best | threads' gain | ratio |\n|---|---|---|---|---|---|")
    results = [measure(name, options) for name in NETWORKS if not only or name in only]
    means = [math.exp(sum(map(math.log, column)) / len(column)) for column in zip(*results)]
    print(f"| geometric mean | | | | {means[1]:.2f} | {means[0]:.2f} |")


main()
