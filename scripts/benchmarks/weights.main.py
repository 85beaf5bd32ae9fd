# SPDX-License-Identifier: Apache-2.0
"""Products with compressed weights, compared with fp32 weights and ONNX Runtime's MatMulNBits; int8 convolutions.

    scripts/bench weights [--width 4096] [--threads 1,2] [--rows 1] [--only PART] [--wane .build/release/wane]

One linear layer of width × width, compressed at the prompt in each way; and 3×3 convolutions between quantize and
dequantize against the program in 32 bits. Minima over interleaved rounds. Ratios are the other's time over that of the
compressed program: above one, compressed is faster. Needs coremltools, numpy, onnxruntime; WANE_PYTHON names the
interpreter.
"""
import argparse
import logging
import os
import pathlib
import subprocess
import tempfile
import time

import numpy as np

logging.disable(logging.CRITICAL)
os.environ["TQDM_DISABLE"] = "1"
HERE = pathlib.Path(__file__).resolve().parent

RECIPES = {
    "int8, per row": '{"quantize", dtype = "int8"}',
    "int4, blocks of 32": '{"quantize", dtype = "int4", granularity = "per_block", block_size = 32}',
    "int4, per row": '{"quantize", dtype = "int4", granularity = "per_channel"}',
    "1-bit table": '{"palettize", mode = "uniform", nbits = 1}',
    "2-bit table": '{"palettize", mode = "uniform", nbits = 2}',
    "4-bit table": '{"palettize", mode = "uniform", nbits = 4}',
    "4-bit tables, one per 16 rows": '{"palettize", mode = "uniform", nbits = 4, granularity = "per_grouped_channel", group_size = 16}',
    "6-bit table": '{"palettize", mode = "uniform", nbits = 6}',
    "8-bit table": '{"palettize", mode = "uniform", nbits = 8}',
    "sparse, 50 %": '{"prune", target_sparsity = 0.5}',
    "sparse, 90 %": '{"prune", target_sparsity = 0.9}',
    "sparse with 4-bit table": '{"prune", target_sparsity = 0.5}, {"palettize", mode = "uniform", nbits = 4}',
}

SCRIPT = """
local wane = require "wane"
local rounds = tonumber(arg[1])
local models, best = {}, {}
for i = 2, #arg do models[i - 1] = wane.load(arg[i], { weights = "auto" }) end
for round = 1, rounds do
  for i, model in ipairs(models) do
    local runs = model:benchmark { runs = 5, warmup = 2 }
    best[i] = math.min(best[i] or math.huge, runs.min)
  end
end
print(table.concat(best, " "))
"""

COMPRESS = """
local wane = require "wane"
wane.load(arg[1]):compress { %s } :save(arg[2], { overwrite = true })
"""


def linear(path, width, rows, half):
    import coremltools as ct
    from coremltools.converters.mil import Builder as mb
    from coremltools.converters.mil.mil import types

    dtype, number = (types.fp16, np.float16) if half else (types.fp32, np.float32)
    weight = (np.random.default_rng(0).standard_normal((width, width)) * 0.02).astype(number)

    @mb.program(input_specs=[mb.TensorSpec((rows, width), dtype)], opset_version=ct.target.iOS18)
    def program(x):
        return mb.linear(x=x, weight=mb.const(val=weight, name="weight"))

    save(program, path)


def convolution(path, channels, extent, quantized):
    """Two 3×3 convolutions with relu, in 32 bits or between quantize and dequantize."""
    import coremltools as ct
    from coremltools.converters.mil import Builder as mb
    from coremltools.converters.mil.mil import types

    random = np.random.default_rng(0)
    codes = random.integers(-127, 128, (2, channels, channels, 3, 3), dtype=np.int8)
    scale = np.full(channels, 0.001, np.float32)

    @mb.program(input_specs=[mb.TensorSpec((1, channels, extent, extent), types.fp32)], opset_version=ct.target.iOS17)
    def program(x):
        for i in range(2):
            if quantized:
                x = mb.quantize(input=x, scale=np.float32(0.02), output_dtype="uint8" if i else "int8")
                x = mb.dequantize(input=x, scale=np.float32(0.02))
                weight = mb.constexpr_affine_dequantize(
                    quantized_data=codes[i], zero_point=np.int8(0), scale=scale, axis=np.int32(0))
            else:
                weight = codes[i].astype(np.float32) * np.float32(0.001)
            x = mb.relu(x=mb.conv(x=x, weight=weight, bias=np.full(channels, 0.1, np.float32), pad_type="same"))
        if quantized:
            x = mb.dequantize(
                input=mb.quantize(input=x, scale=np.float32(0.02), output_dtype="uint8"), scale=np.float32(0.02))
        return x

    save(program, path)


def save(program, path):
    import coremltools as ct

    ct.convert(program, convert_to="mlprogram", minimum_deployment_target=ct.target.iOS18, skip_model_load=True,
               compute_precision=ct.precision.FLOAT32, pass_pipeline=ct.PassPipeline.EMPTY).save(path)


def run_wane(wane, script, arguments, threads, folder):
    path = os.path.join(folder, "run.lua")
    pathlib.Path(path).write_text(script)
    out = subprocess.run([wane, path, *arguments], env={**os.environ, "WANE_THREADS": str(threads)}, check=True,
                         stdout=subprocess.PIPE, text=True).stdout
    return list(map(float, out.split()))


def field(number, value):
    """One field of a protocol buffer: an integer, or bytes."""
    def varint(v):
        out = bytearray()
        while v > 127:
            out.append(v & 127 | 128)
            v >>= 7
        return bytes(out + bytearray([v]))

    if isinstance(value, int):
        return varint(number << 3) + varint(value)
    data = value.encode() if isinstance(value, str) else value
    return varint(number << 3 | 2) + varint(len(data)) + data


def nbits_model(width, rows, bits=4, block=32):
    """An ONNX model of one MatMulNBits, encoded directly, so that the onnx package is not needed."""
    def tensor(name, array):
        kind = {"float32": 1, "uint8": 2}[array.dtype.name]
        dims = b"".join(field(1, d) for d in array.shape)
        return field(5, dims + field(2, kind) + field(8, name) + field(9, array.tobytes()))

    def value(number, name):
        dims = field(1, field(1, rows)) + field(1, field(1, width))
        return field(number, field(1, name) + field(2, field(1, field(1, 1) + field(2, dims))))

    random = np.random.default_rng(0)
    blocks = width // block
    codes = random.integers(0, 256, (width, blocks, block * bits // 8), dtype=np.uint8)
    attributes = dict(K=width, N=width, bits=bits, block_size=block)
    node = b"".join(field(1, n) for n in "xws") + field(2, "y") + field(4, "MatMulNBits") + b"".join(
        field(5, field(1, k) + field(3, v) + field(20, 2)) for k, v in attributes.items()) + field(7, "com.microsoft")
    graph = (field(1, node) + field(2, "g") + tensor("w", codes) +
             tensor("s", random.random(width * blocks).astype(np.float32)) + value(11, "x") + value(12, "y"))
    return field(1, 8) + field(7, graph) + field(8, field(1, "") + field(2, 17)) + field(
        8, field(1, "com.microsoft") + field(2, 1))


def onnx_times(width, rows, threads):
    """Minima in seconds of MatMulNBits with 4 and 8 bits."""
    import onnxruntime as ort

    x = np.random.default_rng(1).standard_normal((rows, width)).astype(np.float32)
    for bits in (4, 8):
        options = ort.SessionOptions()
        options.intra_op_num_threads = threads
        options.log_severity_level = 3
        session = ort.InferenceSession(nbits_model(width, rows, bits), options, providers=["CPUExecutionProvider"])
        times = []
        for _ in range(50):
            start = time.perf_counter()
            session.run(None, {"x": x})
            times.append(time.perf_counter() - start)
        yield min(times)


def products(options, threads, folder):
    dense = os.path.join(folder, "dense.mlpackage")
    linear(dense, options.width, options.rows, half=True)
    wide = os.path.join(folder, "wide.mlpackage")
    packages = {}
    for name, recipe in RECIPES.items():
        packages[name] = os.path.join(folder, f"{len(packages)}.mlpackage")
        run_wane(options.wane, COMPRESS % recipe, [dense, packages[name]], threads, folder)
    linear(wide, options.width, options.rows, half=False)
    times = run_wane(options.wane, SCRIPT, [str(options.rounds), wide, dense, *packages.values()], threads, folder)
    four, eight = onnx_times(options.width, options.rows, threads)
    print(f"\n{threads} threads, {options.rows} rows times {options.width} × {options.width}; "
          f"MatMulNBits: 4 bits {four * 1e3:.3f} ms, 8 bits {eight * 1e3:.3f} ms\n")
    print("| Weights | ms | fp32 ÷ | MatMulNBits of 4 bits ÷ |\n|---|---|---|---|")
    for name, seconds in zip(["fp32", "fp16", *packages], times):
        print(f"| {name} | {seconds * 1e3:.3f} | {times[0] / seconds:.2f} | {four / seconds:.2f} |")


def convolutions(options, threads, folder):
    print(f"\n{threads} threads, two 3×3 convolutions with relu\n")
    print("| Channels, extent | fp32 ms | int8 ms | fp32 ÷ int8 |\n|---|---|---|---|")
    for channels, extent in ((64, 56), (128, 28), (256, 14), (32, 112)):
        paths = [os.path.join(folder, f"{kind}.mlpackage") for kind in ("float", "int8")]
        for path, quantized in zip(paths, (False, True)):
            convolution(path, channels, extent, quantized)
        a, b = run_wane(options.wane, SCRIPT, [str(options.rounds), *paths], threads, folder)
        print(f"| {channels}, {extent}² | {a * 1e3:.3f} | {b * 1e3:.3f} | {a / b:.2f} |")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--width", type=int, default=4096)
    parser.add_argument("--rows", type=int, default=1)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--threads", default="1,2")
    parser.add_argument("--only", default="products,convolutions")
    parser.add_argument("--wane", default=str(HERE.parent.parent / ".build/release/wane"))
    options = parser.parse_args()
    for threads in map(int, options.threads.split(",")):
        with tempfile.TemporaryDirectory() as folder:
            if "products" in options.only:
                products(options, threads, folder)
            if "convolutions" in options.only:
                convolutions(options, threads, folder)


main()
