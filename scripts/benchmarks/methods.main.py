# SPDX-License-Identifier: Apache-2.0
"""Accuracy of training-time methods on MNIST: mean and spread over seeds, and the cost of a step.

    scripts/bench methods --zoo DIR [--seeds 5] [--only NAME ...] [--wane .build/release/wane]

Every run starts from the trained weights of zoo/mnist_cnn, takes 600 steps of 64 images of zoo/data/mnist_train.npz and is
measured on the 10,000 of mnist_test.npz, on the model that finalize() gives. Needs only wane and Python.
"""
import argparse
import pathlib
import re
import statistics
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent

CYCLE = ["--optimizer", "adam", "--schedule", "one_cycle"]
PRUNING = CYCLE + ["--lr", "5e-3", "--smoothing", "0.1", "--ramp", "0.4"]
ROUNDING = CYCLE + ["--lr", "2e-3", "--smoothing", "0.1"]
RUNS = (
    [("none", CYCLE + ["--lr", "1e-3"])]
    + [(f"prune{p}{large}", PRUNING) for large in ("", "-large") for p in (75, 90, 95, 98)]
    + [(f"dkm{bits}", CYCLE + ["--lr", rate, "--ema", "0.98"]) for bits, rate in ((4, "1e-3"), (2, "1e-3"), (1, "3e-3"))]
    + [(name, ROUNDING) for name in ("w8a8", "w4a8", "w8a8-learnable", "w4a8-learnable")]
)
LINE = re.compile(r"accuracy ([\d.]+) trained, ([\d.]+) stored, (\d+) bytes, ([\d.]+) ms")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--zoo", required=True, type=pathlib.Path)
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--steps", type=int, default=600)
    parser.add_argument("--only", nargs="*")
    parser.add_argument("--extra", nargs="*", default=[], help="options for methods_run.lua, without the dashes: lr=2e-3")
    parser.add_argument("--wane", default=str(HERE.parent.parent / ".build/release/wane"))
    options = parser.parse_args()
    print("| Method | top-1, mean | least … most | weights, bytes | ms a step |\n|---|---|---|---|---|", flush=True)
    for name, arguments in RUNS:
        if options.only and name not in options.only:
            continue
        extra = [word for pair in options.extra for word in ("--" + pair.split("=")[0], pair.split("=")[1])]
        found = []
        for seed in range(options.seeds):
            command = [
                options.wane, str(HERE / "methods_run.lua"), "--model", str(options.zoo / "mnist_cnn/mnist_cnn_fp32_iOS18_batch.mlpackage"),
                "--train", str(options.zoo / "data/mnist_train.npz"), "--test", str(options.zoo / "data/mnist_test.npz"),
                "--method", name, "--seed", str(seed), "--steps", str(options.steps), *arguments, *extra,
            ]
            result = subprocess.run(command, capture_output=True, text=True)
            match = LINE.search(result.stdout)
            if not match:
                sys.exit(f"{name}: {result.stdout}{result.stderr}")
            found.append([float(group) for group in match.groups()])
        top = [run[1] for run in found]
        drift = max(abs(run[0] - run[1]) for run in found)
        print(
            f"| {name} | {statistics.mean(top):.4f} | {min(top):.4f} … {max(top):.4f} | {found[0][2]:.0f} "
            f"| {statistics.median(run[3] for run in found):.1f} |" + (f" trained and stored differ by {drift:.4f}" if drift > 2e-4 else ""),
            flush=True)


main()
