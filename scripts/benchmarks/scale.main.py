# SPDX-License-Identifier: Apache-2.0
"""Load and run a generated model of 2 GB of fp16 weights; prints load time and resident memory.

    scripts/bench scale [--cache DIR] [--layers 64] [--width 4096] [--rows 1] [--wane .build/release/wane]

The model is a chain of square products with relu between. Needs coremltools and numpy to generate it once.
"""
import argparse
import os
import pathlib
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent

SCRIPT = """
local wane = require "wane"
local started = os.clock()
local model = wane.load(arg[1])
local load = os.clock() - started
local first = model:benchmark { runs = 1, warmup = 0 }
local runs = model:benchmark { runs = 10, warmup = 1 }
local weights = model.size
print(string.format("load %.3f s, first prediction %.2f s, median %.1f ms, weights %.0f MB, resident %.0f MB, ratio %.2f",
  load, first.median, runs.median * 1e3, weights / 1e6, runs.resident / 1e6, runs.resident / weights))
"""


def generate(path, layers, width, rows):
    import coremltools as ct
    import numpy as np
    from coremltools.converters.mil import Builder as mb
    from coremltools.converters.mil.mil import types

    random = np.random.default_rng(0)

    @mb.program(input_specs=[mb.TensorSpec((rows, width), dtype=types.fp16)], opset_version=ct.target.iOS16)
    def chain(x):
        for i in range(layers):
            weight = (random.standard_normal((width, width), dtype=np.float32) * (2 / width) ** 0.5).astype(np.float16)
            x = mb.linear(x=x, weight=weight, bias=np.zeros(width, np.float16), name=f"layer{i}")
            x = mb.relu(x=x)
        return x

    ct.convert(chain, convert_to="mlprogram", minimum_deployment_target=ct.target.iOS16,
               pass_pipeline=ct.PassPipeline.EMPTY).save(path)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cache", default=os.path.expanduser("~/.cache/wane/scale"))
    parser.add_argument("--layers", type=int, default=64)
    parser.add_argument("--width", type=int, default=4096)
    parser.add_argument("--rows", type=int, default=1)
    parser.add_argument("--wane", default=str(HERE.parent.parent / ".build/release/wane"))
    options = parser.parse_args()
    os.makedirs(options.cache, exist_ok=True)
    path = os.path.join(options.cache, f"chain_{options.layers}x{options.width}_{options.rows}.mlpackage")
    if not os.path.exists(path):
        generate(path, options.layers, options.width, options.rows)
    with tempfile.NamedTemporaryFile("w", suffix=".lua") as file:
        file.write(SCRIPT)
        file.flush()
        sys.exit(subprocess.run([options.wane, file.name, path]).returncode)


main()
