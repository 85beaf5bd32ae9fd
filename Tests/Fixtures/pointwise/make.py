# SPDX-License-Identifier: Apache-2.0
"""Writes pointwise.json: operators on small inputs with the results of coremltools, NumPy or PyTorch.

Run with coremltools 9.0, NumPy and PyTorch installed:  python make.py
coremltools' own evaluation of constants is the reference; where it has none, or one that contradicts its
documentation, NumPy or PyTorch stand in (the `reference` argument of `case`).
"""
import json
import os

import coremltools as ct
import numpy as np
import torch
from coremltools.converters.mil.mil import Builder as mb
from coremltools.converters.mil.mil import Function

OPSETS = {5: ct.target.iOS15, 6: ct.target.iOS16, 7: ct.target.iOS17, 8: ct.target.iOS18}
NAMES = {"float32": "fp32", "float16": "fp16"}
rng = np.random.default_rng(7)
cases = []


def encode(value):
    if isinstance(value, str):
        return {"string": value}
    value = np.asarray(value)
    flat = value.ravel().tolist()
    if value.dtype.kind == "f":
        flat = [str(v) if not np.isfinite(v) else float(np.format_float_positional(np.asarray(v, value.dtype)[()], unique=True)) for v in flat]
    return {"dtype": NAMES.get(value.dtype.name, value.dtype.name), "shape": list(value.shape), "values": flat}


def argument(value):
    if isinstance(value, str) or value.ndim:
        return value if isinstance(value, str) else value.copy()
    return bool(value) if value.dtype == bool else value[()]


def case(op, inputs, opset=5, reference=None, tolerance=2e-6):
    inputs = {k: v for k, v in inputs.items() if v is not None}
    typed = {k: v if isinstance(v, str) else np.asarray(v) for k, v in inputs.items()}
    typed = {k: v.astype(np.int32) if not isinstance(v, str) and v.dtype == np.int64 else v for k, v in typed.items()}
    typed = {k: v.astype(np.float32) if not isinstance(v, str) and v.dtype == np.float64 else v for k, v in typed.items()}
    if reference is None:
        arguments = {k: argument(v) for k, v in typed.items()}
        with Function({}, opset_version=OPSETS[opset]):
            results = getattr(mb, op)(**arguments)
        results = results if isinstance(results, (list, tuple)) else [results]
        assert all(r.val is not None for r in results), op
        outputs = []
        for r in results:
            name = ct.converters.mil.mil.types.builtin_to_string(r.dtype)
            dtype = {"fp32": "float32", "fp16": "float16"}.get(name, name)
            outputs.append(np.asarray(r.val).astype(dtype))
    else:
        outputs = reference if isinstance(reference, (list, tuple)) else [reference]
    cases.append({"op": op, "opset": opset, "tolerance": tolerance,
                  "inputs": {k: encode(v) for k, v in typed.items()}, "outputs": [encode(o) for o in outputs]})


def normal(*shape, scale=1.0):
    return (rng.standard_normal(shape) * scale).astype(np.float32)


def f32(x):
    return np.asarray(x, np.float32)


def half(x):
    return np.asarray(x, np.float16)


def integers(*shape, low=-9, high=10):
    return rng.integers(low, high, shape).astype(np.int32)


SPECIAL = f32([-np.inf, -90, -20, -3.5, -2.5, -1, -0.5, -1e-3, -0.0, 0, 1e-3, 0.5, 1, 1.5, 2.5, 3.5, 6, 7, 20, 90, np.inf, np.nan])

# Activations.
for x in [normal(2, 3, 2, 4, scale=3), SPECIAL[:-1], SPECIAL[1:-1], f32(0.7), np.zeros((2, 0, 3), np.float32)]:
    t = torch.from_numpy(np.array(x)).double()
    case("relu", {"x": x})
    case("relu6", {"x": x})
    case("sigmoid", {"x": x}, reference=f32(torch.sigmoid(t)))
    if not np.isneginf(x).any():  # PyTorch has nan there; the limit is 0.
        case("silu", {"x": x}, reference=f32(torch.nn.functional.silu(t)), tolerance=4e-6)
    case("softplus", {"x": x}, reference=f32(torch.nn.functional.softplus(t, threshold=1e9)))
    case("softsign", {"x": x}, reference=f32(t / (1 + t.abs())))
    case("clamped_relu", {"x": x, "alpha": f32(0.3), "beta": f32(2)}, reference=f32(np.minimum(np.where(x >= 0, x, f32(0.3) * x), 2)))
    case("clamped_relu", {"x": x, "alpha": f32(2), "beta": f32(-1)}, reference=f32(np.minimum(np.where(x >= 0, x, f32(2) * x), -1)))
    case("elu", {"x": x, "alpha": f32(1.5)}, reference=f32(torch.where(t > 0, t, 1.5 * torch.expm1(t))))
    case("leaky_relu", {"x": x, "alpha": f32(0.1)}, reference=f32(np.where(x >= 0, x, f32(0.1) * x)))
    case("linear_activation", {"x": x, "alpha": f32(-2), "beta": f32(0.5)})
    case("scaled_tanh", {"x": x, "alpha": f32(1.7), "beta": f32(0.6)}, reference=f32(1.7 * torch.tanh(0.6 * t)))
    case("sigmoid_hard", {"x": x, "alpha": f32(0.2), "beta": f32(0.5)})
    case("thresholded_relu", {"x": x, "alpha": f32(0.5)}, reference=f32(np.where(x >= 0.5, x, 0)))
for x in [normal(3, 5, scale=2), SPECIAL[1:-2]]:
    t = torch.from_numpy(np.array(x)).double()
    case("gelu", {"x": x}, reference=f32(torch.nn.functional.gelu(t)), tolerance=4e-6)
    case("gelu", {"x": x, "mode": "EXACT"}, reference=f32(torch.nn.functional.gelu(t)), tolerance=4e-6)
    case("gelu", {"x": x, "mode": "TANH_APPROXIMATION"}, reference=f32(torch.nn.functional.gelu(t, approximate="tanh")), tolerance=4e-6)
    case("gelu", {"x": x, "mode": "SIGMOID_APPROXIMATION"}, reference=f32(t * torch.sigmoid(1.702 * t)), tolerance=4e-6)
for shape in [(2, 3, 4), (2, 3, 2, 2), (1, 3, 2, 2, 2)]:
    x = normal(*shape)
    alpha = f32([0.25] * 3) if len(shape) != 4 else f32([0.1, 0.5, -2])
    case("prelu", {"x": x, "alpha": alpha})
    case("softplus_parametric", {"x": x, "alpha": f32([1, 2, -1]), "beta": f32([0.5, 1, 3])})
for shape, axes in [((7,), [0, -1]), ((3, 5), [0, 1]), ((2, 3, 4, 5), [0, 1, 2, 3, -3]), ((1, 2, 3, 2, 2), [1, 4])]:
    for axis in axes:
        case("softmax", {"x": normal(*shape, scale=4), "axis": axis})
case("softmax", {"x": normal(2, 300, scale=30)})
case("softmax", {"x": half(normal(2, 9))}, tolerance=2e-3)

# Functions of one number.
inside = f32(np.linspace(-0.99, 0.99, 12).reshape(3, 4))
wide = normal(2, 3, 4, scale=3)
positive = np.abs(normal(3, 4)) + f32(0.01)
for op in ["acos", "asin", "atanh"]:
    case(op, {"x": inside})
for op in ["abs", "atan", "ceil", "cos", "cosh", "erf", "exp", "exp2", "floor", "round", "sign", "sin", "sinh", "square", "tan", "tanh"]:
    case(op, {"x": wide}, tolerance=4e-6)
    case(op, {"x": f32(-1.25)}, tolerance=4e-6)
for op in ["ceil", "floor", "round", "sign", "square", "abs", "tanh", "erf", "exp"]:
    case(op, {"x": SPECIAL[:-1]}, tolerance=4e-6)
for op in ["abs", "sign", "square", "exp2"]:
    case(op, {"x": integers(3, 4)})
case("sqrt", {"x": positive})
for op in ["log", "rsqrt", "inverse"]:
    case(op, {"x": positive})
    case(op, {"x": positive, "epsilon": f32(0.25)})
    case(op, {"x": half(positive), "epsilon": f32(0.25)}, opset=7, tolerance=2e-3)
case("log", {"x": f32([0, 1])})
case("clip", {"x": wide, "alpha": f32(-1), "beta": f32(2)})
case("threshold", {"x": wide, "alpha": f32(0.5)})
case("threshold", {"x": integers(5), "alpha": np.int32(2)})
case("logical_not", {"x": np.array([[True, False], [False, False]])})
for dtype in ["int32", "fp16", "fp32", "bool"]:
    for x in [f32([-2.9, -0.5, 0, 0.5, 2.9, 300]), half([-1.5, 0, 2.5]), np.int32([-70000, 0, 5]), np.array([True, False])]:
        if dtype == "fp16" and x.dtype == np.int32:
            x = np.int32([-700, 0, 5])
        case("cast", {"x": x, "dtype": dtype})
for dtype in ["int8", "uint8", "int16", "uint16"]:
    case("cast", {"x": np.int32([-3, 0, 127, 200, 255, 256, 300, 70000]), "dtype": dtype}, opset=7)
    case("cast", {"x": f32([0.4, 1.6, 100.9]), "dtype": dtype}, opset=7)
    case("cast", {"x": np.dtype(dtype).type([1, 0, 120]), "dtype": "fp32"}, opset=7)

# Functions of two numbers.
PAIRS = [((2, 3, 4, 2), (2, 3, 4, 2)), ((2, 3, 4, 2), ()), ((), (3,)), ((2, 3, 4, 2), (3, 1, 1)), ((2, 3, 4, 2), (1, 3, 1, 1)), ((2, 3, 4, 2), (2,)),
         ((3, 1), (1, 4)), ((2, 1, 4), (3, 1)), ((1, 3, 1, 2), (2, 1, 4, 1)), ((2, 1, 3, 1, 2), (1, 2, 1, 2, 1)), ((0, 3), (1, 3)), ((), ())]
for a, b in PAIRS:
    x, y = f32(normal(*a)), f32(normal(*b))
    for op in ["add", "sub", "mul", "real_div", "maximum", "minimum", "less", "greater_equal"]:
        case(op, {"x": x, "y": y})
    case("pow", {"x": np.abs(x) + 0.1, "y": y}, tolerance=4e-6)
    for op in ["floor_div", "mod"]:
        case(op, {"x": x * 5, "y": np.where(y == 0, 1, y)})
for a, b in PAIRS[:8]:
    x, y = np.int32(integers(*a)), np.int32(integers(*b))
    divisor = np.int32(np.where(y == 0, 4, y))
    for op in ["add", "sub", "mul", "maximum", "minimum", "equal", "not_equal", "less", "less_equal", "greater", "greater_equal"]:
        case(op, {"x": x, "y": y})
    for op in ["floor_div", "mod"]:
        case(op, {"x": x, "y": divisor})
    case("real_div", {"x": x, "y": divisor}, reference=np.int32(np.trunc(x / divisor)))
    case("pow", {"x": x, "y": np.abs(y) % 5}, reference=np.int32(np.power(x, np.abs(y) % 5)))
    p, q = x > 0, y > 0
    for op in ["logical_and", "logical_or", "logical_xor"]:
        case(op, {"x": p, "y": q})
for op in ["equal", "not_equal", "less", "less_equal", "greater", "greater_equal"]:
    case(op, {"x": f32([1, 2, 3, np.nan]), "y": f32([2, 2, 2, np.nan])})
    case(op, {"x": f32([1, 2, 3]), "y": f32(2)})
for op in ["maximum", "minimum"]:
    case(op, {"x": f32([1, np.nan, np.nan, np.inf]), "y": f32([np.nan, 1, np.nan, 3])})
for exponent in [2, 3, -1, 0.5, 1, 0, 2.5]:
    case("pow", {"x": f32([0.5, 1, 2.25, 9]), "y": f32(exponent)})
for c, a, b in [((2, 3), (2, 3), (2, 3)), ((2, 3, 4, 2), (2, 3, 4, 2), ()), ((3, 1, 1), (2, 3, 2, 2), (2, 3, 2, 2)), ((4,), (3, 1), (3, 4))]:
    condition = rng.integers(0, 2, c).astype(bool)
    x, y = normal(*a), f32(normal(*b))
    case("select", {"cond": condition, "a": x, "b": y}, reference=f32(np.where(condition, x, y)))
    x, y = np.int32(integers(*a)), np.int32(integers(*b))
    case("select", {"cond": condition, "a": x, "b": y}, reference=np.int32(np.where(condition, x, y)))
    case("select", {"cond": condition, "a": x > 0, "b": y > 0}, reference=np.where(condition, x > 0, y > 0))

# Reductions.
AXES = [((7,), [None, [0]]), ((3, 5), [None, [0], [1], [-1], [0, 1]]), ((2, 3, 4, 5), [None, [0], [1], [2], [3], [2, 3], [0, 2, 3], [1, 3], [-1, -3]]), ((2, 1, 3, 2, 2), [[1, 2], [0, 4]])]
for op in ["l1_norm", "l2_norm", "log_sum", "log_sum_exp", "max", "mean", "min", "prod", "sum", "sum_square"]:
    for shape, all_axes in AXES:
        for axes in all_axes:
            x = normal(*shape)
            if op == "log_sum":
                x = np.abs(x) + f32(0.1)
            keep = bool(rng.integers(0, 2))
            case("reduce_" + op, {"x": x, "axes": None if axes is None else np.int32(axes), "keep_dims": keep}, tolerance=4e-6)
    x = integers(3, 4)
    if op == "log_sum":
        x = np.abs(x) + np.int32(1)
    case("reduce_" + op, {"x": x, "axes": np.int32([1])})
for op in ["argmax", "argmin"]:
    for shape, axis in [((7,), 0), ((3, 5), 0), ((3, 5), -1), ((2, 3, 4, 5), 1), ((2, 3, 4, 5), 3), ((2, 3, 2, 2, 2), 2)]:
        case("reduce_" + op, {"x": normal(*shape), "axis": axis, "keep_dims": bool(rng.integers(0, 2))})
        case("reduce_" + op, {"x": integers(*shape, low=-2, high=3), "axis": axis})
        case("reduce_" + op, {"x": normal(*shape), "axis": axis, "output_dtype": "uint16"}, opset=7)
    case("reduce_" + op, {"x": f32([1, np.nan, 5, -5])})

# Cumulative sums, sorting and top-k.
for shape, axis in [((5,), 0), ((3, 4), 1), ((2, 3, 4, 2), 1), ((2, 3, 4, 2), 2)]:
    for exclusive in [False, True]:
        for reverse in [False, True]:
            for x in [normal(*shape), integers(*shape)]:
                d = np.flip(x, axis) if reverse else x
                s = np.cumsum(d, axis=axis, dtype=x.dtype)
                s = s - d if exclusive and x.dtype == np.int32 else s
                if exclusive and x.dtype != np.int32:
                    s = np.concatenate([np.zeros_like(np.take(s, [0], axis)), np.delete(s, -1, axis)], axis)
                s = np.flip(s, axis) if reverse else s
                case("cumsum", {"x": x, "axis": axis, "exclusive": exclusive, "reverse": reverse}, reference=s)
for shape, axis in [((9,), -1), ((3, 5), 0), ((2, 3, 4, 2), 1), ((2, 200), 1)]:
    for ascending in [False, True]:
        case("argsort", {"x": normal(*shape), "axis": axis, "ascending": ascending})
        case("topk", {"x": normal(*shape), "axis": axis, "k": 2, "ascending": ascending})
        case("topk", {"x": rng.permutation(int(np.prod(shape))).astype(np.int32).reshape(shape), "axis": axis, "k": 3, "ascending": ascending, "return_indices": False}, opset=6)
        case("topk", {"x": normal(*shape), "axis": axis, "k": 1, "ascending": ascending, "output_indices_dtype": "uint16"}, opset=7)
for dtype in ["int8", "uint8", "int16", "uint16"]:
    x = rng.permutation(24).reshape(4, 6).astype(dtype)
    case("topk", {"x": x, "k": np.int8(3)}, opset=7, reference=[np.sort(x, 1)[:, ::-1][:, :3], np.int32(np.argsort(-x.astype(np.int32), 1)[:, :3])])

# Normalizations.
for shape in [(2, 3, 4), (2, 3, 4, 5), (2, 3, 2, 2, 3)]:
    x, mean, variance, gamma, beta = normal(*shape), normal(3), np.abs(normal(3)) + f32(0.1), normal(3), normal(3)
    t = [torch.from_numpy(v).double() for v in (x, mean, variance, gamma, beta)]
    batch = torch.nn.functional.batch_norm
    case("batch_norm", {"x": x, "mean": mean, "variance": variance, "gamma": gamma, "beta": beta, "epsilon": f32(1e-3)}, reference=f32(batch(t[0], t[1], t[2], t[3], t[4], eps=1e-3)), tolerance=4e-6)
    case("batch_norm", {"x": x, "mean": mean, "variance": variance}, reference=f32(batch(t[0], t[1], t[2])), tolerance=4e-6)
    case("batch_norm", {"x": x, "mean": mean, "variance": variance, "beta": beta}, reference=f32(batch(t[0], t[1], t[2], None, t[4])), tolerance=4e-6)
    if len(shape) < 5:
        instance = torch.nn.functional.instance_norm
        case("instance_norm", {"x": x}, reference=f32(instance(t[0])), tolerance=4e-6)
        case("instance_norm", {"x": x, "gamma": gamma, "beta": beta, "epsilon": f32(0.1)}, reference=f32(instance(t[0], weight=t[3], bias=t[4], eps=0.1)), tolerance=4e-6)
        case("instance_norm", {"x": x, "gamma": gamma}, reference=f32(instance(t[0], weight=t[3])), tolerance=4e-6)
        for size in [1, 3, 4]:
            lrn = torch.nn.functional.local_response_norm(t[0], size, alpha=0.3, beta=0.6, k=1.5)
            case("local_response_norm", {"x": x, "size": size, "alpha": f32(0.3), "beta": f32(0.6), "k": f32(1.5)}, reference=f32(lrn), tolerance=4e-6)
        case("local_response_norm", {"x": x, "size": 5}, reference=f32(torch.nn.functional.local_response_norm(t[0], 5)), tolerance=4e-6)
    case("l2_norm", {"x": x}, tolerance=4e-6)
    case("l2_norm", {"x": x, "epsilon": f32(0.5)}, tolerance=4e-6)
for shape, all_axes in [((6,), [None]), ((3, 5), [[1], [0], None]), ((2, 3, 4, 5), [[3], [-1], [2, 3], [1], [1, 2, 3], [1, 3], [0, 2]]), ((2, 3, 2, 2, 3), [[1], [1, 4]])]:
    for axes in all_axes:
        x = normal(*shape)
        positive_axes = sorted(a % len(shape) for a in axes) if axes else list(range(len(shape)))
        inner = [shape[a] for a in positive_axes]
        gamma, beta = normal(*inner), normal(*inner)
        t = torch.from_numpy(x).double()
        spread = [shape[a] if a in positive_axes else 1 for a in range(len(shape))]

        def layer(eps, g=None, b=None):
            y = (t - t.mean(positive_axes, keepdim=True)) / (t.var(positive_axes, keepdim=True, unbiased=False) + eps).sqrt()
            y = y * torch.from_numpy(g).double().reshape(spread) if g is not None else y
            return f32(y + torch.from_numpy(b).double().reshape(spread) if b is not None else y)

        named = {"x": x, "axes": None if axes is None else np.int32(axes)}
        case("layer_norm", named, reference=layer(1e-5), tolerance=8e-6)
        case("layer_norm", {**named, "gamma": gamma, "beta": beta, "epsilon": f32(0.01)}, reference=layer(0.01, gamma, beta), tolerance=8e-6)
        case("layer_norm", {**named, "gamma": gamma}, reference=layer(1e-5, gamma), tolerance=8e-6)

# Quantization.
ties = f32([[-200, -3.5, -2.5, -1.5, -0.5], [0, 0.5, 1.5, 2.5, 300]])
for name in ["int8", "uint8"]:
    point = np.dtype(name).type
    case("quantize", {"input": ties, "scale": f32(1), "output_dtype": name}, opset=7)
    case("quantize", {"input": ties, "scale": f32(0.5), "zero_point": point(3), "output_dtype": name}, opset=7)
    case("quantize", {"input": ties, "scale": f32([0.5, 2]), "zero_point": point([1, 9]), "axis": 0, "output_dtype": name}, opset=7)
    x = normal(2, 3, 4, 5, scale=20)
    case("quantize", {"input": x, "scale": f32([0.5, 2, 0.1]), "zero_point": point([1, 9, 0]), "axis": -3, "output_dtype": name}, opset=7)
    codes = rng.integers(np.iinfo(name).min, np.iinfo(name).max + 1, (2, 3, 4, 5)).astype(name)
    scales = f32([0.5, 2, 0.1])
    points = point([1, 9, 0])
    spread = (1, 3, 1, 1)
    case("dequantize", {"input": codes, "scale": f32(0.25)}, opset=7, reference=f32(codes) * f32(0.25))
    case("dequantize", {"input": codes, "scale": f32(0.25), "zero_point": point(7)}, opset=7, reference=(f32(codes) - 7) * f32(0.25))
    case("dequantize", {"input": codes, "scale": scales, "zero_point": points, "axis": 1}, opset=7,
         reference=(f32(codes) - f32(points).reshape(spread)) * scales.reshape(spread))

here = os.path.dirname(os.path.abspath(__file__))
with open(os.path.join(here, "pointwise.json"), "w") as file:
    file.write("[\n" + ",\n".join(json.dumps(c, separators=(",", ":"), allow_nan=False) for c in cases) + "\n]\n")
print(len(cases), "cases")
