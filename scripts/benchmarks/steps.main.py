# SPDX-License-Identifier: Apache-2.0
"""The time of a training step with each method, alternating in one process; prints a Markdown table.

    scripts/bench steps --zoo DIR [--rounds 40] [--wane .build/release/wane]

Steps of 64 images of zoo/data/mnist_train.npz on zoo/mnist_cnn, ten of each method a round. Needs only wane and Python.
"""
import argparse
import pathlib
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
parser.add_argument("--zoo", required=True, type=pathlib.Path)
parser.add_argument("--rounds", type=int, default=40)
parser.add_argument("--wane", default=str(HERE.parent.parent / ".build/release/wane"))
options = parser.parse_args()
sys.exit(subprocess.run([
    options.wane, str(HERE / "steps_run.lua"), "--rounds", str(options.rounds),
    "--model", str(options.zoo / "mnist_cnn/mnist_cnn_fp32_iOS18_batch.mlpackage"), "--train", str(options.zoo / "data/mnist_train.npz"),
]).returncode)
