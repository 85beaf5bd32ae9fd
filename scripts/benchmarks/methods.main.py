# SPDX-License-Identifier: Apache-2.0
"""Accuracy of training-time methods on MNIST or CIFAR-10: mean and spread over seeds, and the cost of a step.

    scripts/bench methods --zoo DIR [--seeds 5] [--only NAME ...] [--wane .build/release/wane]
    scripts/bench methods --cifar DIR [--model resnet20.mlpackage] [--norms none restore] [--seeds 5] [--only NAME ...]

With --zoo every run starts from the trained weights of zoo/mnist_cnn, takes 600 steps of 64 images of zoo/data/mnist_train.npz and is
measured on the 10,000 of mnist_test.npz, on the model that finalize() gives. Needs only wane and Python.

With --cifar it starts from a ResNet-20 whose batch norms the converter has folded, takes 300 steps with coremltools' settings, and
is run with and without restored norms. DIR holds cifar10_train.npz and cifar10_test.npz (x: uint8 N x 3 x 32 x 32, y), and the network,
which is trained with torch and converted with coremltools if it is missing.
"""
import argparse
import pathlib
import re
import statistics
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent

CYCLE = ["--optimizer", "adam", "--schedule", "one_cycle"]
PRUNING = CYCLE + ["--lr", "5e-3", "--smoothing", "0.1"]
TAUGHT = CYCLE + ["--ema", "0.98", "--teach", "4"]
ROUNDING = ["--optimizer", "adam", "--schedule", "cosine", "--lr", "3e-4", "--ema", "0.98"]
RUNS = (
    [("none", CYCLE + ["--lr", "1e-3"])]
    + [("prune75", TAUGHT + ["--lr", "3e-3", "--ramp", "0.3"])]
    + [(f"prune{p}", PRUNING) for p in (90, 95, 98)]
    + [(f"prune{p}-large", PRUNING) for p in (75, 90, 95, 98)]
    + [(f"dkm{bits}", TAUGHT + ["--lr", rate]) for bits, rate in ((4, "1e-3"), (2, "1e-3"), (1, "5e-3"))]
    + [(name, ROUNDING) for name in ("w8a8", "w4a8", "w8a8-learnable", "w4a8-learnable")]
)
# coremltools' own settings: Adam, 1e-3 along a cosine, pruning during the first half.
PLAIN = ["--optimizer", "adam", "--schedule", "cosine", "--lr", "1e-3", "--ramp", "0.5", "--every", "10"]
CIFAR_RUNS = [(name, PLAIN) for name in ("none", "prune75", "prune90", "dkm4", "dkm2", "w8a8", "w4a8")]
LINE = re.compile(r"accuracy ([\d.]+) trained, ([\d.]+) stored, (\d+) bytes, ([\d.]+) ms")


def cases(options):
    """The runs as (name, arguments), for the data set that was asked for."""
    if options.zoo:
        files = [options.zoo / "mnist_cnn/mnist_cnn_fp32_iOS18_batch.mlpackage", options.zoo / "data/mnist_train.npz",
                 options.zoo / "data/mnist_test.npz"]
        runs = [(name, ["--method", name, *arguments]) for name, arguments in RUNS if not options.only or name in options.only]
        return files, options.steps or 600, runs
    model = options.model
    if model is None:
        import methods_network

        model = methods_network.package(options.cifar)
    runs = [
        (f"{name}, norms {norms}", ["--method", name, "--norms", norms, *arguments])
        for name, arguments in CIFAR_RUNS if not options.only or name in options.only for norms in options.norms
    ]
    return [model, options.cifar / "cifar10_train.npz", options.cifar / "cifar10_test.npz"], options.steps or 300, runs


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    data = parser.add_mutually_exclusive_group(required=True)
    data.add_argument("--zoo", type=pathlib.Path)
    data.add_argument("--cifar", type=pathlib.Path)
    parser.add_argument("--model", type=pathlib.Path, help="with --cifar: another network with the input x")
    parser.add_argument("--norms", nargs="*", default=["none", "restore"], help="with --cifar")
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--steps", type=int)
    parser.add_argument("--only", nargs="*")
    parser.add_argument("--extra", nargs="*", default=[], help="options for methods_run.lua, without the dashes: lr=2e-3")
    parser.add_argument("--wane", default=str(HERE.parent.parent / ".build/release/wane"))
    options = parser.parse_args()
    (model, train, test), steps, runs = cases(options)
    extra = [word for pair in options.extra for word in ("--" + pair.split("=")[0], pair.split("=")[1])]
    print("| Method | top-1, mean | least … most | weights, bytes | ms a step |\n|---|---|---|---|---|", flush=True)
    for name, arguments in runs:
        found = []
        for seed in range(options.seeds):
            command = [
                options.wane, str(HERE / "methods_run.lua"), "--model", str(model), "--train", str(train), "--test", str(test),
                "--seed", str(seed), "--steps", str(steps), *arguments, *extra,
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


if __name__ == "__main__":
    main()
