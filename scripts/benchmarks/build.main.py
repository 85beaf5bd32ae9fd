#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The first build of the committed tree: wall-clock and processor seconds.

    scripts/bench build [--jobs N] [--steps]

Clones HEAD into a temporary folder, fetches the packages it depends on (not counted), and builds the command in release mode. Run it
with nothing else on the machine. --steps builds target by target instead, which tells where the time goes and takes longer.
"""
import argparse, os, resource, subprocess, tempfile, time

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


def timed(command, folder):
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    subprocess.run(command, cwd=folder, check=True, stdout=subprocess.DEVNULL)
    wall, after = time.monotonic() - start, resource.getrusage(resource.RUSAGE_CHILDREN)
    return wall, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--jobs", type=int, default=os.cpu_count())
    parser.add_argument("--steps", action="store_true")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(["git", "clone", "-q", "--depth", "1", "file://" + ROOT, folder], check=True)
        subprocess.run(["swift", "package", "resolve"], cwd=folder, check=True)
        # Targets in the order of Package.swift; each step only builds one target, since its dependencies are already built.
        steps = ["Yams", "Tensors", "Operators", "Runtime", "Compression", "Training", "LuaAPI"] if options.steps else []
        rows = []
        for name in steps + ["wane"]:
            product = ["--product", "wane"] if name == "wane" else ["--target", name]
            rows.append((name, *timed(["swift", "build", "-c", "release", "-j", str(options.jobs)] + product, folder)))
        if options.steps:
            rows.append(("all", sum(r[1] for r in rows), sum(r[2] for r in rows)))
        print(f"{'step':12} {'wall s':>8} {'processor s':>12}")
        for name, wall, processor in rows:
            print(f"{name:12} {wall:8.1f} {processor:12.1f}")


main()
