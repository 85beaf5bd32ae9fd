#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# Writes joint_reference.json: weights that Wane compressed in several steps, as decompressed by coremltools.
#
#   pip install coremltools==9.0 "numpy<2.4" scikit-learn
#   python joint_reference.py path/to/wane > joint_reference.json
#
# Arrays are hexadecimal, little-endian.
import json, logging, os, subprocess, sys, tempfile, warnings

os.environ["TQDM_DISABLE"] = "1"
logging.disable(logging.CRITICAL)
warnings.filterwarnings("ignore")
import numpy as np
import coremltools as ct
import coremltools.optimize.coreml as cto
from coremltools.converters.mil import Builder as mb
from coremltools.converters.mil.frontend.milproto.load import load as load_mil
from coremltools.converters.mil.mil import types

half = ("prune", dict(target_sparsity=0.5))
more = ("prune", dict(target_sparsity=0.75))
few = ("prune", dict(threshold=0.3, minimum_sparsity_percentile=0.0))
table = ("palettize", dict(nbits=4))
groups = ("palettize", dict(nbits=3, granularity="per_grouped_channel", group_size=4))
vectors = ("palettize", dict(mode="unique", cluster_dim=2))
scaled = ("palettize", dict(nbits=3, enable_per_channel_scale=True))
uniform = ("palettize", dict(nbits=3, mode="uniform"))
unique = ("palettize", dict(mode="unique"))
codes = ("quantize", {})
tensor = ("quantize", dict(granularity="per_tensor", mode="linear", dtype="uint8"))
nibbles = ("quantize", dict(dtype="int4", mode="linear"))
blocks = ("quantize", dict(dtype="uint4", granularity="per_block", block_size=8))
rows = ("quantize", dict(granularity="per_block", block_size=[8, 0]))

CHAINS = [
    [half, more], [half, few], [table, half], [groups, half], [vectors, half], [scaled, half], [codes, half], [nibbles, few], [blocks, half],
    [half, table, more], [half, codes, more], [half, blocks, few], [table, tensor, half], [half, table, tensor, more],
    [codes, table], [nibbles, uniform], [nibbles, unique], [blocks, table], [blocks, groups], [tensor, groups], [rows, groups], [tensor, uniform],
    [half, codes, table], [half, nibbles, uniform], [codes, table, half], [half, nibbles, groups, more],
]


def program(w):
    mil = types.fp16 if w.dtype == np.float16 else types.fp32

    @mb.program(input_specs=[mb.TensorSpec((2, w.shape[1]), mil)], opset_version=ct.target.iOS18)
    def made(x):
        return mb.linear(x=x, weight=mb.const(val=w, name="w"), name="y")

    return ct.convert(
        made, convert_to="mlprogram", minimum_deployment_target=ct.target.iOS18, compute_precision=ct.precision.FLOAT32, skip_model_load=True)


def lua(v):
    if isinstance(v, dict):
        return "{" + ", ".join(f"{k} = {lua(x)}" for k, x in v.items()) + "}"
    return "{" + ", ".join(map(lua, v)) + "}" if isinstance(v, list) else json.dumps(v)


def read(path):
    """The weight as coremltools decompresses it, and its chain of operators."""
    compressed = ct.models.MLModel(path, skip_model_load=True)
    spec = compressed.get_spec()
    operators = [op.op_type for op in load_mil(spec, spec.specificationVersion, compressed.weights_dir).functions["main"].operations]
    plain = cto.decompress_weights(compressed)
    spec = plain.get_spec()
    for op in load_mil(spec, spec.specificationVersion, plain.weights_dir).functions["main"].operations:
        if op.op_type == "linear":
            return op.weight.val, [o for o in operators if o.startswith("constexpr_")]


rng = np.random.default_rng(11)
values = rng.standard_normal((16, 24)) * np.exp(rng.standard_normal((16, 1)))
weights = {"float16": values.astype(np.float16), "float32": values.astype(np.float32)}
cases = []
with tempfile.TemporaryDirectory() as folder:
    source, result, script = (os.path.join(folder, n) for n in ("in.mlpackage", "out.mlpackage", "steps.lua"))
    for dtype, w in weights.items():
        program(w).save(source)
        for steps in CHAINS:
            steps = [(verb, dict(o, weight_threshold=0)) for verb, o in steps]
            calls = "".join(f":{verb}{lua(o)}" for verb, o in steps)
            with open(script, "w") as f:
                f.write(f"wane.load(arg[1]){calls}:save(arg[2], {{ overwrite = true }})")
            subprocess.run([sys.argv[1], script, source, result], check=True)
            dense, operators = read(result)
            assert dense.dtype == w.dtype
            cases.append(dict(weight=dtype, steps=[dict(verb=v, options=json.dumps(o)) for v, o in steps], operators=operators, dense=dense.tobytes().hex()))

json.dump(dict(weights={k: dict(dtype=k, shape=list(v.shape), data=v.tobytes().hex()) for k, v in weights.items()}, cases=cases),
          sys.stdout, indent=0, separators=(",", ":"))
print()
