# SPDX-License-Identifier: Apache-2.0
"""Compares computations on tensors with NumPy and PyTorch on seeded grids of shapes, dtypes, axes and special values.

    scripts/tensor_reference.py [--seed S] [--cases N] [--wane .build/release/wane]   random expressions, run and compared
    scripts/tensor_reference.py --fixture                                             rewrites Tests/Fixtures/tensors

PyTorch judges arithmetic and its dtypes, NumPy everything else. Prints the expressions that differ; exit status 1 if there are any.
Needs numpy and torch. Each case is a line of Lua with its inputs; Tests/LuaAPITests/TensorReferenceTests.swift runs those of the fixture.
"""
import argparse
import pathlib
import subprocess
import sys
import tempfile
import warnings

import numpy as np
import torch

ROOT = pathlib.Path(__file__).resolve().parent.parent
warnings.filterwarnings("ignore")
np.seterr(all="ignore")

FLOATS = ["float16", "float32", "float64"]
INTEGERS = ["int8", "uint8", "int16", "int32", "int64"]
SPECIAL = [np.nan, np.inf, -np.inf, 0.0, -0.0, 1.0, -1.0, 0.5, -2.5, 1e-40, 65504.0, 3.0]


class Cases:
    """Collects cases: Lua code over `x`, the arrays it reads, and what it must give."""

    def __init__(self, seed):
        self.random = np.random.default_rng(seed)
        self.arrays, self.code, self.expected, self.tolerance = {}, [], [], []

    def array(self, shape, dtype, special=False, low=-4, high=5, positive=False):
        shape = tuple(shape)
        if dtype == "bool":
            return self.random.random(shape) < 0.5
        if dtype in FLOATS:
            a = self.random.standard_normal(shape) * 2
            if positive:
                a = np.abs(a) + 0.25
            a = a.astype(dtype)
            if special and a.size:
                flat = a.reshape(-1)
                for i in self.random.choice(a.size, min(a.size, max(1, a.size // 4)), replace=False):
                    flat[i] = self.random.choice(SPECIAL)
                a = flat.reshape(shape)
            return a
        info = np.iinfo(dtype)
        a = self.random.integers(max(low, info.min), high, shape).astype(dtype)
        if positive:
            a = np.maximum(a, 1).astype(dtype)
        if special and a.size:
            a.reshape(-1)[0] = self.random.choice([info.min, info.max])
        return a

    def put(self, a):
        name = f"a{len(self.arrays)}"
        self.arrays[name] = np.array(a, order="C")
        return f"x.{name}"

    def add(self, code, expected, tolerance=None):
        """`code` is an expression or ends with return …; `expected` is one result or a list. Tolerances are relative to the peak."""
        results = expected if isinstance(expected, list) else [expected]
        self.code.append(code if "return " in code else f"return {code}")
        self.expected.append([np.ascontiguousarray(r) if np.ndim(r) else np.asarray(r) for r in results])
        self.tolerance.append(tolerance)


def plain(t):
    return t.numpy()


def shapes(r):
    """Two shapes that broadcast."""
    rank = int(r.integers(0, 4))
    full = [int(r.choice([0, 1, 2, 3, 5], p=[0.05, 0.2, 0.25, 0.25, 0.25])) for _ in range(rank)]
    def part():
        s = [1 if r.random() < 0.25 else d for d in full]
        return s[int(r.integers(0, len(s) + 1)):] if r.random() < 0.4 else s
    return part(), part()


BINARY = [("+", torch.add), ("-", torch.sub), ("*", torch.mul), ("/", torch.true_divide), ("//", torch.floor_divide), ("%", torch.remainder)]
COMPARE = [("eq", torch.eq), ("ne", torch.ne), ("lt", torch.lt), ("le", torch.le), ("gt", torch.gt), ("ge", torch.ge)]


def number(v):
    """A number as Lua writes it."""
    if isinstance(v, bool):
        return "true" if v else "false"
    if isinstance(v, int):
        return f"({v})" if v < 0 else f"{v}"
    if v != v:
        return "(0/0)"
    return f"({v!r})" if np.isfinite(v) else ("math.huge" if v > 0 else "(-math.huge)")


def binary(c):
    r = c.random
    da, db = r.choice(FLOATS + INTEGERS + ["bool"], 2)
    sa, sb = shapes(r)
    symbol, function = BINARY[int(r.integers(len(BINARY)))]
    a, b = c.array(sa, da, special=True), c.array(sb, db, special=True)
    divides = symbol in ("//", "%")
    if "bool" in (da, db) and (divides or symbol == "-"):
        return
    if divides and not (da in FLOATS or db in FLOATS):
        b = np.where(b == 0, np.array(1, b.dtype), b)
    kind = int(r.integers(3))
    tolerance = 2e-3 if "float16" in (da, db) else None
    ta = torch.from_numpy(np.array(a))
    if kind == 0:
        try:
            want = function(ta, torch.from_numpy(np.array(b)))
        except RuntimeError:  # a divisor that is 0 in the promoted dtype
            return
        c.add(f"{c.put(a)} {symbol} {c.put(b)}", plain(want), tolerance)
        return
    s = r.choice([2, 3, -1, 7]).item() if r.random() < 0.5 else float(r.choice([0.5, -1.5, 2.0, np.inf, np.nan]))
    if da == "uint8" and s == -1 and divides or isinstance(s, int) and divides and s == 0:
        return
    if kind == 1:
        c.add(f"{c.put(a)} {symbol} {number(s)}", plain(function(ta, s)), tolerance)
    elif symbol in "+-*":
        reverse = {"+": lambda: s + ta, "-": lambda: s - ta, "*": lambda: s * ta}[symbol]
        c.add(f"{number(s)} {symbol} {c.put(a)}", plain(reverse()), tolerance)


def power(c):
    r = c.random
    sa, sb = shapes(r)
    if r.random() < 0.5:
        a, b = c.array(sa, r.choice(FLOATS), positive=True), c.array(sb, r.choice(FLOATS))
        c.add(f"{c.put(a)} ^ {c.put(b)}", plain(torch.pow(torch.from_numpy(np.array(a)), torch.from_numpy(np.array(b)))), 4e-3 if "float16" in (a.dtype, b.dtype) else 3e-6)
    else:
        a = c.array(sa, r.choice(INTEGERS))
        n = int(r.integers(0, 6))
        c.add(f"{c.put(a)} ^ {n}", plain(torch.pow(torch.from_numpy(np.array(a)), n)))


def compare(c):
    r = c.random
    da, db = r.choice(FLOATS + INTEGERS + ["bool"], 2)
    sa, sb = shapes(r)
    name, function = COMPARE[int(r.integers(len(COMPARE)))]
    exact = {"eq": np.equal, "ne": np.not_equal, "lt": np.less, "le": np.less_equal, "gt": np.greater, "ge": np.greater_equal}[name]
    a, b = c.array(sa, da, special=True), c.array(sb, db, special=True)
    if r.random() < 0.7:
        c.add(f"{c.put(a)}:{name}({c.put(b)})", np.asarray(exact(a, b)) if a.dtype.kind != "f" and b.dtype.kind != "f" else plain(function(torch.from_numpy(np.array(a)), torch.from_numpy(np.array(b)))))
    else:
        s = float(r.choice([0.5, 1.0, -2.0, np.inf]))
        c.add(f"{c.put(a)}:{name}({number(s)})", np.asarray(exact(a.astype(np.float64), s)))


def logical(c):
    r = c.random
    sa, sb = shapes(r)
    a, b = c.array(sa, r.choice(["bool", "int32", "float32"])), c.array(sb, r.choice(["bool", "uint8", "float64"]))
    name = str(r.choice(["and", "or", "xor"]))
    c.add(f"{c.put(a)}:logical_{name}({c.put(b)})", np.asarray(getattr(np, f"logical_{name}")(a, b)))
    c.add(f"{c.put(a)}:logical_not()", np.asarray(np.logical_not(a)))


UNARY = {"abs": torch.abs, "sign": torch.sign, "square": torch.square, "round": torch.round, "floor": torch.floor, "ceil": torch.ceil, "trunc": torch.trunc,
         "exp": torch.exp, "exp2": torch.exp2, "expm1": torch.expm1, "log": torch.log, "log2": torch.log2, "log10": torch.log10, "log1p": torch.log1p,
         "sqrt": torch.sqrt, "rsqrt": torch.rsqrt, "reciprocal": torch.reciprocal, "sin": torch.sin, "cos": torch.cos, "tan": torch.tan,
         "asin": torch.asin, "acos": torch.acos, "atan": torch.atan, "sinh": torch.sinh, "cosh": torch.cosh, "tanh": torch.tanh,
         "asinh": torch.asinh, "acosh": torch.acosh, "atanh": torch.atanh, "sigmoid": torch.sigmoid, "erf": torch.erf, "relu": torch.relu,
         "isnan": torch.isnan, "isinf": torch.isinf, "isfinite": torch.isfinite}


def unary(c, name=None, dtype=None):
    r = c.random
    name = name or str(r.choice(list(UNARY)))
    dtype = dtype or str(r.choice(FLOATS + INTEGERS))
    a = c.array(shapes(r)[0], dtype, special=dtype in FLOATS)
    t = torch.from_numpy(np.array(a))
    want = torch.sign(t) if name == "sign" else UNARY[name](t)
    if name == "sign" and dtype in FLOATS:
        want = torch.where(torch.isnan(t), t, want)  # NumPy's
    c.add(f"{c.put(a)}:{name}()", plain(want), 3e-3 if dtype == "float16" else 2e-6 if dtype != "float64" else 1e-12)


def axes_of(r, rank):
    """Some axes as Lua, and for NumPy."""
    if rank == 0 or r.random() < 0.2:
        return None
    chosen = sorted(r.choice(rank, int(r.integers(1, rank + 1)), replace=False).tolist())
    signed = [a - rank if r.random() < 0.3 else a for a in chosen]
    return signed


def axes_text(axes):
    if axes is None:
        return "nil"
    return str(axes[0]) if len(axes) == 1 else "{ " + ", ".join(map(str, axes)) + " }"


def reduce(c):
    r = c.random
    name = str(r.choice(["sum", "mean", "min", "max", "prod", "var", "std", "norm", "any", "all", "count_nonzero", "logsumexp"]))
    dtype = str(r.choice(FLOATS + INTEGERS + ["bool"]))
    shape = [int(r.choice([0, 1, 2, 3, 7, 40], p=[0.05, 0.15, 0.2, 0.2, 0.2, 0.2])) for _ in range(int(r.integers(1, 4)))]
    a = c.array(shape, dtype, special=r.random() < 0.3 and name in ("min", "max", "any", "all", "sum"))
    axes = axes_of(r, len(shape)) or [0]
    keep = bool(r.random() < 0.5)
    n = int(np.prod([shape[i] for i in axes]))
    if n == 0 and name in ("min", "max", "mean", "logsumexp") or name == "var" and n < 2:
        return
    at = tuple(axes)
    wide = a.astype(np.float64)
    floating = a.dtype if dtype in FLOATS else np.dtype("float32")
    options = f", {{ keepdims = {str(keep).lower()} }}"
    if name in ("sum", "prod"):
        want = getattr(np, name)(a if dtype not in FLOATS else wide, axis=at, keepdims=keep, **({} if dtype in FLOATS else {"dtype": np.int64}))
        want = want.astype(a.dtype if dtype in FLOATS else np.int64)
    elif name in ("min", "max"):
        want = getattr(np, name)(a, axis=at, keepdims=keep)
    elif name == "mean":
        want = np.mean(wide, axis=at, keepdims=keep).astype(floating)
    elif name in ("var", "std"):
        ddof = int(r.integers(0, 2))
        want = getattr(np, name)(wide, axis=at, keepdims=keep, ddof=ddof).astype(floating)
        options = f", {{ keepdims = {str(keep).lower()}, correction = {ddof} }}"
    elif name == "norm":
        order = float(r.choice([1, 2, 3, 0.5, 0, np.inf, -np.inf]))
        if n == 0:
            return
        m = np.abs(wide)
        want = (np.count_nonzero(a, axis=at, keepdims=keep) if order == 0 else m.max(axis=at, keepdims=keep) if order == np.inf else m.min(axis=at, keepdims=keep) if order == -np.inf
                else (m ** order).sum(axis=at, keepdims=keep) ** (1 / order))
        want = np.asarray(want).astype(floating)
        options = f", {{ keepdims = {str(keep).lower()}, ord = {number(order)} }}"
    elif name == "logsumexp":
        want = plain(torch.logsumexp(torch.from_numpy(wide), dim=at, keepdim=keep)).astype(floating)
    elif name == "count_nonzero":
        want = np.asarray(np.count_nonzero(a, axis=at, keepdims=keep)).astype(np.int64)
    else:
        want = np.asarray(getattr(np, name)(a, axis=at, keepdims=keep)).astype(bool)
    c.add(f"{c.put(a)}:{name}({axes_text(axes)}{options})", np.asarray(want), 4e-3 if dtype == "float16" else 1e-5)


def whole(c):
    r = c.random
    dtype = str(r.choice(FLOATS + INTEGERS))
    a = c.array([int(r.choice([1, 5, 300, 5000]))], dtype)
    wide = a.astype(np.float64)
    name = str(r.choice(["sum", "mean", "min", "max", "median"]))
    c.add(f"{c.put(a)}:{name}()", np.asarray(getattr(np, name)(wide)), 1e-6 if name != "median" or dtype != "float16" else 1e-3)


def scan(c):
    r = c.random
    dtype = str(r.choice(FLOATS + INTEGERS + ["bool"]))
    shape = [int(r.integers(1, 6)) for _ in range(int(r.integers(1, 4)))]
    a = c.array(shape, dtype)
    axis = int(r.integers(-len(shape), len(shape)))
    name = str(r.choice(["cumsum", "cumprod", "argmax", "argmin"]))
    if name.startswith("cum"):
        want = getattr(np, name)(a.astype(np.float64 if dtype in FLOATS else np.int64), axis=axis).astype(a.dtype if dtype in FLOATS else np.int64)
        c.add(f"{c.put(a)}:{name}({axis})", want, 1e-2 if dtype == "float16" else 1e-5)
    else:
        c.add(f"{c.put(a)}:{name}({axis})", np.asarray(getattr(np, name)(a, axis=axis)).astype(np.int32))


def order(c):
    r = c.random
    dtype = str(r.choice(FLOATS + INTEGERS))
    shape = [int(r.choice([1, 2, 5, 9])) for _ in range(int(r.integers(1, 4)))]
    a = c.array(shape, dtype, special=r.random() < 0.3)
    axis = int(r.integers(-len(shape), len(shape)))
    kind = int(r.integers(4))
    if kind == 0:
        indices = np.argsort(a, axis=axis, kind="stable")
        c.add(f"return {c.put(a)}:sort({axis})", [np.take_along_axis(a, indices, axis), indices.astype(np.int32)])
    elif kind == 1:
        c.add(f"{c.put(a)}:argsort({axis})", np.argsort(a, axis=axis, kind="stable").astype(np.int32))
    elif kind == 2:
        a = np.nan_to_num(a) if dtype in FLOATS else a
        k = int(r.integers(0, shape[axis] + 1))
        wide = a.astype(np.float64) if dtype in FLOATS else a.astype(np.int64)
        indices = np.take(np.argsort(-wide if dtype in FLOATS else ~wide, axis=axis, kind="stable"), range(k), axis)
        c.add(f"return {c.put(a)}:topk({k}, {axis})", [np.take_along_axis(a, indices, axis), indices.astype(np.int32)])
    else:
        values, counts = np.unique(a, return_counts=True)
        c.add(f"return {c.put(a)}:unique()", [values, counts.astype(np.int64)])


def quantile(c):
    r = c.random
    dtype = str(r.choice(FLOATS + INTEGERS))
    shape = [int(r.integers(1, 7)) for _ in range(int(r.integers(1, 4)))]
    a = c.array(shape, dtype)
    axis = int(r.integers(-len(shape), len(shape)))
    floating = a.dtype if dtype in FLOATS else np.dtype("float32")
    tolerance = 2e-3 if dtype == "float16" else 1e-6
    if r.random() < 0.3:
        c.add(f"{c.put(a)}:median({axis})", np.asarray(np.median(a.astype(np.float64), axis=axis)).astype(floating), tolerance)
        return
    method = str(r.choice(["linear", "lower", "higher", "nearest", "midpoint"]))
    q = [float(v) for v in r.choice([0, 0.1, 0.25, 0.5, 0.9, 1], int(r.integers(1, 4)))]
    want = np.quantile(a.astype(np.float64), q, axis=axis, method=method).astype(floating)
    c.add(f"{c.put(a)}:quantile({{ {', '.join(map(str, q))} }}, {axis}, {{ method = \"{method}\" }})", want, tolerance)
    bins = int(r.integers(1, 9))
    counts, edges = np.histogram(a.astype(np.float64), bins=bins)
    c.add(f"return {c.put(a)}:histogram{{ bins = {bins} }}", [counts.astype(np.int64), edges.astype(np.float64 if dtype == "float64" else np.float32)], 1e-6)


def table(values):
    return "{ " + ", ".join(str(v) for v in values) + " }"


def move(c):
    r = c.random
    dtype = str(r.choice(FLOATS + INTEGERS + ["bool"]))
    shape = [int(r.choice([0, 1, 2, 3, 5], p=[0.04, 0.24, 0.24, 0.24, 0.24])) for _ in range(int(r.integers(1, 5)))]
    rank = len(shape)
    a = c.array(shape, dtype)
    x = c.put(a)
    axis = int(r.integers(-rank, rank))
    n = shape[axis]
    kind = int(r.integers(13))
    if kind == 0:
        perm = r.permutation(rank).tolist()
        c.add(f"{x}:transpose{table(perm)}", a.transpose(perm))
    elif kind == 1:
        c.add(f"{x}:squeeze()", a.squeeze())
        at = int(r.integers(-rank - 1, rank + 1))
        c.add(f"{x}:unsqueeze({at})", np.expand_dims(a, at))
    elif kind == 2:
        target = [int(r.integers(1, 4))] * int(r.integers(0, 2)) + [d if d != 1 else int(r.integers(1, 4)) for d in shape]
        c.add(f"{x}:expand{table(target)}", np.broadcast_to(a, target))
    elif kind == 3:
        reps = [int(r.integers(0, 3)) for _ in range(int(r.integers(1, rank + 2)))]
        c.add(f"{x}:tile{table(reps)}", np.tile(a, reps))
    elif kind == 4:
        c.add(f"{x}:flip({axis})", np.flip(a, axis))
        c.add(f"{x}:flip()", np.flip(a))
    elif kind == 5:
        s = int(r.integers(-7, 8))
        c.add(f"{x}:roll({s}, {axis})", np.roll(a, s, axis))
        c.add(f"{x}:roll({s})", np.roll(a, s))
    elif kind == 6:
        if n == 0:
            return
        lo, hi = sorted(r.integers(0, n + 1, 2).tolist())
        step = int(r.integers(1, 4))
        cut = [slice(None)] * rank
        cut[axis] = slice(lo, hi, step)
        c.add(f"{x}:slice({axis}, {lo}, {hi}, {step})", a[tuple(cut)])
        cut[axis] = slice(None, None, -step)
        c.add(f"{x}:slice({axis}, nil, nil, {-step})", a[tuple(cut)])
    elif kind == 7:
        if n == 0:
            return
        indices = r.integers(-n, n, [int(r.integers(1, 4)) for _ in range(int(r.integers(0, 3)))])
        c.add(f"{x}:take({c.put(indices.astype(np.int64))}, {axis})", np.take(a, indices, axis))
    elif kind == 8:
        mask = c.array(shape[:int(r.integers(1, rank + 1))], "bool")
        c.add(f"{x}:take({c.put(mask)})", a[mask])
    elif kind == 9:
        widths = [(int(r.integers(0, 3)), int(r.integers(0, 3))) for _ in shape]
        mode = str(r.choice(["constant", "reflect", "symmetric", "replicate", "circular"]))
        names = {"replicate": "edge", "circular": "wrap"}
        if mode != "constant" and any(max(w) >= d for w, d in zip(widths, shape)):
            return
        text = "{ " + ", ".join(table(w) for w in widths) + " }"
        c.add(f"{x}:pad{{ widths = {text}, mode = \"{mode}\" }}", np.pad(a, widths, mode=names.get(mode, mode)))
    elif kind == 10:
        others = []
        for _ in range(int(r.integers(1, 3))):
            s = list(shape)
            s[axis] = int(r.integers(0, 4))
            others.append(c.array(s, str(r.choice(FLOATS + INTEGERS + ["bool"]))))
        want = torch.cat([torch.from_numpy(np.array(v)) for v in [a] + others], dim=axis)
        c.add(f"wane.concat({{ {', '.join([x] + [c.put(o) for o in others])} }}, {axis})", plain(want))
    elif kind == 11:
        b = c.array(shape, dtype)
        c.add(f"wane.stack({{ {x}, {c.put(b)} }}, {axis})", np.stack([a, b], axis))
        mask = c.array(shape, "bool")
        c.add(f"wane.where({c.put(mask)}, {x}, {c.put(b)})", np.where(mask, a, b))
    else:
        c.add(f"{x}:nonzero()", np.argwhere(a).astype(np.int32))
        if rank >= 2:
            k = int(r.integers(-2, 3))
            c.add(f"{x}:tril({k})", np.tril(a, k))
            c.add(f"{x}:triu({k})", np.triu(a, k))


def assign(c):
    r = c.random
    dtype = str(r.choice(FLOATS + INTEGERS))
    shape = [int(r.integers(1, 5)) for _ in range(int(r.integers(1, 4)))]
    a = c.array(shape, dtype)
    x = c.put(a)
    want = a.copy()
    if r.random() < 0.5:
        position = [int(r.integers(-d, d)) for d in shape[:int(r.integers(1, len(shape) + 1))]]
        want[tuple(position)] = 3
        c.add(f"{x}:set({table(position)}, 3)", want)
    else:
        mask = c.array(shape, "bool")
        if r.random() < 0.5:
            want[mask] = 2
            c.add(f"{x}:set({c.put(mask)}, 2)", want)
        else:
            values = c.array([int(mask.sum())], dtype)
            want[mask] = values
            if values.size not in (1, shape[-1]):
                c.add(f"{x}:set({c.put(mask)}, {c.put(values)})", want)


def product(c):
    r = c.random
    dtype = str(r.choice(["float16", "float32", "float64", "int32", "int64", "int8"]))
    m, k, n = (int(v) for v in r.choice([1, 2, 3, 17, 33], 3))
    batch = [int(r.integers(1, 4)) for _ in range(int(r.integers(0, 3)))]
    sa, sb = batch + [m, k], [k, n] if r.random() < 0.4 else [1 if r.random() < 0.3 else d for d in batch] + [k, n]
    if r.random() < 0.2:
        sa = [k]
    elif r.random() < 0.2:
        sb = [k]
    a, b = c.array(sa, dtype), c.array(sb, dtype)
    exact = np.matmul(a.astype(np.float64 if dtype in FLOATS else a.dtype), b.astype(np.float64 if dtype in FLOATS else b.dtype))
    scalar = np.ndim(exact) == 0
    want = np.asarray(exact).astype(np.float64 if scalar and dtype in FLOATS else a.dtype)
    c.add(f"{c.put(a)}:matmul({c.put(b)})", want, 3e-3 if dtype == "float16" else 1e-5 if dtype != "float64" else 1e-13)


EQUATIONS = ["ij,jk->ik", "bij,bjk->bik", "ij,kj->ik", "i,j->ij", "ij->ji", "ij->", "ii->i", "ii", "ij,ij->", "ijk,jl->ikl", "bhqd,bhkd->bhqk", "ij,jk,kl->il",
             "...ij,jk->...ik", "ij,j", "i,i", "ijk->j", "ab,cd->abcd", "bij,bj->bi", "iij->j"]


def einsum(c):
    r = c.random
    equation = str(r.choice(EQUATIONS))
    dtype = str(r.choice(["float32", "float64", "int64"]))
    extents = {letter: int(r.integers(1, 5)) for letter in "abcdefghijklmnopq"}
    batch = [int(r.integers(1, 3)) for _ in range(2)]
    operands = []
    for term in equation.split("->")[0].split(","):
        shape = (batch if "..." in term else []) + [extents[l] for l in term.replace("...", "")]
        operands.append(c.array(shape, dtype))
    want = np.asarray(np.einsum(equation, *operands))
    if want.ndim == 0 and dtype != "int64":
        want = want.astype(np.float64)
    c.add(f"wane.einsum(\"{equation}\", {', '.join(c.put(o) for o in operands)})", want, 1e-4 if dtype == "float32" else 1e-11)


def linear(c):
    r = c.random
    dtype = str(r.choice(["float32", "float64"]))
    tolerance = 2e-4 if dtype == "float32" else 1e-10
    batch = [int(r.integers(1, 3))] if r.random() < 0.3 else []
    m, n = int(r.integers(1, 8)), int(r.integers(1, 8))
    a = c.array(batch + [m, n], dtype)
    kind = int(r.integers(7))
    if kind == 0:
        c.add(f"local u, s, vt = wane.linalg.svd({c.put(a)}) return s, (u * s:unsqueeze(-2)):matmul(vt)", [np.linalg.svd(a, compute_uv=False).astype(dtype), a], tolerance)
    elif kind == 1:
        q, rr = np.linalg.qr(a)
        c.add(f"local q, r = wane.linalg.qr({c.put(a)}) return q:matmul(r), r:abs()", [a, np.abs(rr)], tolerance)
    square = c.array(batch + [n, n], dtype) + 4 * np.eye(n, dtype=dtype)
    square = square.astype(dtype)
    symmetric = (square @ np.swapaxes(square, -1, -2)).astype(dtype)
    if kind == 2:
        c.add(f"wane.linalg.cholesky({c.put(symmetric)})", np.linalg.cholesky(symmetric.astype(np.float64)).astype(dtype), tolerance)
    elif kind == 3:
        x = c.put(symmetric)
        c.add(f"local w, v = wane.linalg.eigh({x}) return w, v:matmul(w:unsqueeze(-1) * v:transpose(-1, -2))", [np.linalg.eigvalsh(symmetric.astype(np.float64)).astype(dtype), symmetric], tolerance)
    elif kind == 4:
        b = c.array((batch + [n, 2]) if r.random() < 0.5 or batch else [n], dtype)
        c.add(f"wane.linalg.solve({c.put(square)}, {c.put(b)})", np.linalg.solve(square.astype(np.float64), b.astype(np.float64)).astype(dtype), 1e-3 if dtype == "float32" else 1e-9)
        c.add(f"wane.linalg.inv({c.put(square)})", np.linalg.inv(square.astype(np.float64)).astype(dtype), 1e-3 if dtype == "float32" else 1e-9)
    elif kind == 5:
        det = np.asarray(np.linalg.det(square.astype(np.float64)))
        c.add(f"wane.linalg.det({c.put(square)})", det if not batch else det.astype(dtype), 1e-3 if dtype == "float32" else 1e-9)
        trace = np.asarray(np.trace(square.astype(np.float64), axis1=-2, axis2=-1))
        c.add(f"wane.linalg.trace({c.put(square)})", trace if not batch else trace.astype(dtype), 1e-5)
    elif not batch:
        b = c.array([m], dtype)
        want = np.linalg.lstsq(a.astype(np.float64), b.astype(np.float64), rcond=None)
        c.add(f"return wane.linalg.lstsq({c.put(a)}, {c.put(b)})", [want[0].astype(dtype), np.asarray(float(want[2]))], 1e-2 if dtype == "float32" else 1e-8)


KINDS = [binary, binary, power, compare, logical, unary, reduce, reduce, whole, scan, order, quantile, move, move, assign, product, einsum, linear]


def make(seed, count):
    c = Cases(seed)
    for name in UNARY:
        for dtype in ["float32", "float64", "float16", "int32"]:
            unary(c, name, dtype)
    while len(c.code) < count:
        KINDS[int(c.random.integers(len(KINDS)))](c)
    return c


RUNNER = """local folder = arg[1]
local x = wane.load_npz(folder .. "/inputs.npz")
local out, failed = {}, {}
for i, case in ipairs(dofile(folder .. "/cases.lua")) do
  local results = table.pack(pcall(case, x))
  if not results[1] then failed[#failed + 1] = i .. "\\t" .. tostring(results[2]) end
  for j = 2, results[1] and results.n or 1 do
    local r = results[j]
    if type(r) == "boolean" then r = wane.tensor{ shape = {}, dtype = "bool", data = { r } } end
    if math.type(r) == "integer" then r = wane.tensor{ shape = {}, dtype = "int64", data = { r } } end
    if type(r) == "number" then r = wane.tensor{ shape = {}, dtype = "float64", data = { r } } end
    out["r" .. i .. "_" .. j - 2] = r
  end
end
wane.save_npz(folder .. "/results.npz", out)
for _, line in ipairs(failed) do print(line) end
"""


def close(got, want, tolerance):
    if got.ndim == 0 and want.ndim == 0 and got.dtype != want.dtype:
        got, want = got.astype(np.float64), want.astype(np.float64)
    if got.dtype != want.dtype:
        return f"dtype {got.dtype}, expected {want.dtype}"
    if got.shape != want.shape:
        return f"shape {got.shape}, expected {want.shape}"
    if want.dtype.kind != "f" or tolerance is None and got.dtype.kind != "f":
        return None if np.array_equal(got, want) else f"{got.tolist()}, expected {want.tolist()}"
    a, b = got.astype(np.float64), want.astype(np.float64)
    tolerance = tolerance or {2: 1e-3, 4: 1e-6, 8: 1e-14}[want.dtype.itemsize]
    same = (a == b) | np.isnan(a) & np.isnan(b)
    finite = np.isfinite(a) & np.isfinite(b)
    peak = np.abs(b[finite]).max() if finite.any() else 0
    # Half-precision results may round across the end of the range.
    bound = tolerance * np.maximum(np.abs(np.where(finite, b, 0)), min(peak, 1))
    same |= finite & (np.abs(np.where(finite, a, 0) - np.where(finite, b, 0)) <= np.maximum(bound, 1e-7 if want.dtype.itemsize == 2 else 1e-44))
    return None if same.all() else f"{a[~same][:4].tolist()}, expected {b[~same][:4].tolist()}"


def store(c, folder):
    folder.mkdir(parents=True, exist_ok=True)
    np.savez_compressed(folder / "inputs.npz", **c.arrays)
    lines = ["-- Written by scripts/tensor_reference.py.", "return {"] + [f"  function(x) {code} end," for code in c.code] + ["}"]
    (folder / "cases.lua").write_text("\n".join(lines) + "\n")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--cases", type=int, default=3000)
    parser.add_argument("--wane", default=str(ROOT / ".build/release/wane"))
    parser.add_argument("--fixture", action="store_true")
    parser.add_argument("--keep", help="a folder for the cases, instead of a temporary one")
    options = parser.parse_args()
    if options.fixture:
        c = make(20, 1400)
        folder = ROOT / "Tests/Fixtures/tensors"
        store(c, folder)
        expected = {f"r{i}_{j}": e for i, results in enumerate(c.expected, 1) for j, e in enumerate(results)}
        expected["tolerances"] = np.array([t or 0 for t in c.tolerance])
        np.savez_compressed(folder / "expected.npz", **expected)
        return
    c = make(options.seed, options.cases)
    with tempfile.TemporaryDirectory() as temporary:
        folder = pathlib.Path(options.keep or temporary)
        store(c, folder)
        (folder / "run.lua").write_text(RUNNER)
        run = subprocess.run([options.wane, str(folder / "run.lua"), str(folder)], capture_output=True, text=True)
        if run.returncode != 0:
            sys.exit(run.stderr)
        faults = []
        for line in run.stdout.splitlines():
            number_text, message = line.split("\t", 1)
            faults.append((int(number_text), message))
        raised = {i for i, _ in faults}
        results = np.load(folder / "results.npz")
        for i, expected in enumerate(c.expected, 1):
            for j, want in enumerate(expected if i not in raised else []):
                name = f"r{i}_{j}"
                problem = close(results[name], want, c.tolerance[i - 1]) if name in results else "no result"
                if problem:
                    faults.append((i, problem))
        for i, problem in sorted(faults):
            code = c.code[i - 1]
            inputs = [f"{n}: {c.arrays[n].dtype}{list(c.arrays[n].shape)}" for n in sorted(set(__import__('re').findall(r"x\.(a\d+)", code)))]
            print(f"{code}  ({', '.join(inputs)}): {problem}"[:400])
        print(f"{len(c.code)} cases, {len({i for i, _ in faults})} differ")
        sys.exit(1 if faults else 0)


if __name__ == "__main__":
    main()
