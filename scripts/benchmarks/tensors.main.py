# SPDX-License-Identifier: Apache-2.0
"""Times arithmetic on tensors beside NumPy: medians of rounds in which both take turns.

    scripts/bench tensors [--rounds 5] [--threads N]

Needs numpy. Ratios are Wane's time over NumPy's: below one, Wane is faster. Matrix products are also compared with those of SciPy's BLAS
and torch if they are installed; the fastest counts.
"""
import argparse
import json
import os
import pathlib
import statistics
import subprocess
import sys
import time

import numpy as np

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent


def peers(threads):
    r = np.random.default_rng(1)
    a, b, c = (r.standard_normal(1 << 24, dtype=np.float32) for _ in range(3))
    m = r.standard_normal((4096, 4096), dtype=np.float32)
    x, y = (r.standard_normal((2048, 2048), dtype=np.float32) for _ in range(2))
    x64, y64 = x[:1024, :1024].astype(np.float64), y[:1024, :1024].astype(np.float64)
    small = r.standard_normal((64, 64), dtype=np.float32)
    i = r.integers(-100, 100, 1 << 24).astype(np.int32)
    cases = {
        "a + b * c, 16 M float32": [lambda: a + b * c], "exp(a), 16 M float32": [lambda: np.exp(a)], "a > b, 16 M float32": [lambda: a > b],
        "i // 3, 16 M int32": [lambda: i // 3], "sum(axis 0), 4096²": [lambda: m.sum(0)], "sum(axis 1), 4096²": [lambda: m.sum(1)],
        "max(axis 0), 4096²": [lambda: m.max(0)], "std(axis 1), 4096²": [lambda: m.std(1)], "transpose, 4096²": [lambda: np.ascontiguousarray(m.T)],
        "matmul 2048², float32": [lambda: x @ y], "matmul 1024², float64": [lambda: x64 @ y64], "sort, 1 M float32": [lambda: np.sort(a[: 1 << 20])],
        "64² + 64² (overhead)": [lambda: small + small],
    }
    try:
        import torch
        torch.set_num_threads(threads)
        tx, ty = torch.from_numpy(x), torch.from_numpy(y)
        tx64, ty64 = torch.from_numpy(x64), torch.from_numpy(y64)
        cases["matmul 2048², float32"].append(lambda: tx @ ty)
        cases["matmul 1024², float64"].append(lambda: tx64 @ ty64)
    except ImportError:
        pass
    return cases


def measure(call, least=0.2):
    call()
    times, start = [], time.perf_counter()
    while len(times) < 3 or time.perf_counter() - start < least:
        t = time.perf_counter()
        call()
        times.append(time.perf_counter() - t)
    return statistics.median(times)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    parser.add_argument("--wane", default=str(ROOT / ".build/release/wane"))
    options = parser.parse_args()
    cases = peers(options.threads)
    own, other = {name: [] for name in cases}, {name: [] for name in cases}
    for _ in range(options.rounds):
        run = subprocess.run([options.wane, str(HERE / "tensors_run.lua")], capture_output=True, text=True, env={**os.environ, "WANE_THREADS": str(options.threads)})
        if run.returncode:
            sys.exit(run.stderr)
        found = json.loads(run.stdout)
        for name, calls in cases.items():
            own[name].append(found[name])
            other[name].append(min(measure(call) for call in calls))
    print("| Computation | Wane ms | peer ms | ratio |\n|---|---|---|---|")
    for name in cases:
        a, b = statistics.median(own[name]), statistics.median(other[name])
        print(f"| {name} | {a * 1e3:.3f} | {b * 1e3:.3f} | {a / b:.2f} |")


if __name__ == "__main__":
    main()
