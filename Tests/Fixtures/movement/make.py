# SPDX-License-Identifier: Apache-2.0
# Writes movement.json: operators that move data, computed by NumPy and PyTorch on seeded random tensors.
# Run in an environment with numpy and torch: python make.py
import json
import pathlib

import numpy as np
import torch
import torch.nn.functional as F

rng = np.random.default_rng(7)
cases = []
DTYPES = {"fp32": np.float32, "int32": np.int32, "bool": np.bool_, "int8": np.int8, "uint8": np.uint8, "int16": np.int16, "uint16": np.uint16}


def name(a):
    return next(k for k, v in DTYPES.items() if v == a.dtype)


def pack(v):
    if isinstance(v, str):
        return {"string": v}
    if isinstance(v, list) and v and isinstance(v[0], np.ndarray):
        return {"list": [pack(a) for a in v]}
    a = np.asarray(v)
    if a.dtype == np.int64:
        a = a.astype(np.int32)
    if a.dtype == np.float64:
        a = a.astype(np.float32)
    return {"dtype": name(a), "shape": list(a.shape), "values": [float(x) for x in a.reshape(-1)]}


def case(op, outputs, opset=5, **inputs):
    outputs = outputs if isinstance(outputs, (list, tuple)) else [outputs]
    cases.append({"op": op, "opset": opset, "inputs": {k: pack(v) for k, v in inputs.items()}, "outputs": [pack(o) for o in outputs]})


def x(*shape, dtype="fp32"):
    if dtype == "bool":
        return rng.integers(0, 2, shape).astype(np.bool_)
    low = 0 if dtype.startswith("u") else -50
    return rng.integers(low, 100, shape).astype(DTYPES[dtype])


SHORT = ["int8", "uint8", "int16", "uint16"]

for perm in [[1, 0], [0, 1]]:
    a = x(5, 7)
    case("transpose", a.transpose(perm), x=a, perm=perm)
for dtype in ["fp32", "int32", "bool"]:
    a = x(2, 3, 4, 5, dtype=dtype)
    case("transpose", a.transpose(0, 2, 3, 1), x=a, perm=[0, 2, 3, 1])
    case("transpose", a.transpose(3, 1, 0, 2), x=a, perm=[-1, 1, 0, -2])
for dtype in SHORT:
    a = x(3, 4, 5, dtype=dtype)
    case("transpose", a.transpose(2, 0, 1), opset=7, x=a, perm=[2, 0, 1])
a = x(2, 1, 3, 2, 4)
case("transpose", a.transpose(4, 2, 0, 3, 1), x=a, perm=[4, 2, 0, 3, 1])
a = x(37, 41)
case("transpose", a.T, x=a, perm=[1, 0])
a = x(0, 3)
case("transpose", a.T, x=a, perm=[1, 0])

for shape in [(6, 7), (3, 4, 5), (2, 3, 4, 5), (1, 2, 3, 2, 2)]:
    for _ in range(6):
        a = x(*shape, dtype=rng.choice(["fp32", "int32", "bool"]))
        begin, end, stride, bm, em, sm, index = [], [], [], [], [], [], []
        for n in shape:
            s = int(rng.choice([-3, -2, -1, 1, 1, 1, 2, 3]))
            b, e = int(rng.integers(-n - 1, n + 2)), int(rng.integers(-n - 2, n + 2))
            mb, me, ms = (bool(v) for v in rng.random(3) < [0.3, 0.3, 0.15])
            if ms:
                b, mb = int(rng.integers(-n, n)), False
            begin.append(b); end.append(e); stride.append(s); bm.append(mb); em.append(me); sm.append(ms)
            index.append(b if ms else slice(None if mb else b, None if me else e, s))
        case("slice_by_index", np.asarray(a[tuple(index)]), x=a, begin=begin, end=end, stride=stride, begin_mask=bm, end_mask=em, squeeze_mask=sm)
a = x(4, 6, dtype="int8")
case("slice_by_index", a[1:3, 2:5], opset=7, x=a, begin=np.array([1, 2], np.int16), end=np.array([3, 5], np.int16))
for shape, begin, end, stride in [((5, 6), [1, 0], [4, 6], [1, 2]), ((3, 4, 5), [0, 1, 4], [3, 3, 0], [2, 1, -1])]:
    a = x(*shape)
    b = a.copy()
    index = tuple(slice(*t) for t in zip(begin, end, stride))
    u = x(*b[index].shape)
    b[index] = u
    case("slice_update", b, opset=8, x=a, update=u, begin=begin, end=end, stride=stride)
a, u = x(3, 4, 5), x(3, 5)
b = a.copy()
b[:, 2] = u
case("slice_update", b, opset=8, x=a, update=u, begin=[0, 2, 0], end=[3, 3, 5], squeeze_mask=[False, True, False])
a = x(4, 5, 6)
case("slice_by_size", a[1:3, 0:5, 4:6], x=a, begin=[1, 0, -2], size=[2, -1, 2])
a = x(4, 5, dtype="uint16")
case("slice_by_size", a[2:3, 1:], opset=7, x=a, begin=np.array([2, 1], np.int8), size=np.array([1, -1], np.int8))

for axis in [0, 1, -1]:
    parts = [x(*[2 if i != axis % 3 else n for i in range(3)]) for n in (1, 3, 2)]
    case("concat", np.concatenate(parts, axis), values=parts, axis=axis)
    same = [x(2, 3, 4, dtype="int32") for _ in range(3)]
    case("stack", np.stack(same, axis), values=same, axis=axis)
    inter = np.stack(same, axis % 3 + 1).reshape([n * (3 if i == axis % 3 else 1) for i, n in enumerate((2, 3, 4))])
    case("concat", inter, values=same, axis=axis, interleave=True)
    a = x(6, 6, 6)
    case("split", np.split(a, 3, axis), x=a, num_splits=3, axis=axis)
    case("split", np.split(a, [1, 4], axis), x=a, split_sizes=[1, 3, 2], axis=axis)
case("concat", np.concatenate([x(1, 0, 3), b := x(1, 2, 3)], 1), values=[x(1, 0, 3), b], axis=1)
case("stack", np.stack([np.float32(3), np.float32(4)]), values=[np.array(3, np.float32), np.array(4, np.float32)], axis=0)

for shape, pad in [((3, 4), [1, 2, 0, 3]), ((1, 2, 5, 6), [2, 1, 3, 0]), ((2, 3, 4, 5), [0, 0, 1, 1, 2, 2, 3, 3]), ((2, 3, 4, 5), [0, 0, 1, 2, 2, 1, 3, 4]), ((1, 2, 2, 3, 4), [1, 0, 0, 2])]:
    a = x(*shape)
    widths = [(0, 0)] * (len(shape) - len(pad) // 2) + list(zip(pad[::2], pad[1::2]))
    case("pad", np.pad(a, widths, constant_values=7.5), x=a, pad=pad, mode="constant", constant_val=np.float32(7.5))
    case("pad", np.pad(a, widths), x=a, pad=pad)
    case("pad", np.pad(a, widths, mode="edge"), x=a, pad=pad, mode="replicate")
    if all(max(w) < n for w, n in zip(widths, shape)):
        case("pad", np.pad(a, widths, mode="reflect"), x=a, pad=pad, mode="reflect")

for shape, reps in [((3,), [4]), ((2, 3), [2, 3]), ((2, 1, 3), [1, 5, 2]), ((1, 2, 3, 2), [2, 1, 1, 3]), ((2, 0), [3, 2])]:
    a = x(*shape, dtype="int32")
    case("tile", np.tile(a, reps), x=a, reps=reps)
a = x(2, 3, 4)
case("reverse", np.flip(a, (0, 2)), x=a, axes=[0, -1])
case("reverse", np.flip(a), x=a)
for seq, batch in [(1, 0), (0, 2), (2, 1)]:
    a = x(3, 4, 5)
    lengths = rng.integers(0, a.shape[seq] + 1, a.shape[batch])
    b = a.copy()
    for i, n in enumerate(lengths):
        at = [slice(None)] * 3
        at[batch] = i
        line = np.moveaxis(b[tuple(at)], seq - (1 if batch < seq else 0), 0)
        line[:n] = line[:n][::-1].copy()
    case("reverse_sequence", b, x=a, lengths=lengths, seq_axis=seq, batch_axis=batch)
for axis, size, stride in [(1, 2, 1), (0, 3, 2), (-1, 4, 3)]:
    a = x(5, 6, 8)
    w = np.lib.stride_tricks.sliding_window_view(a, size, axis)
    w = np.moveaxis(w, -1, axis % 3 + 1).take(range(0, w.shape[axis], stride), axis % 3)
    case("sliding_windows", w, x=a, axis=axis, size=size, stride=stride)
a = x(2, 3, 6, 7)
case("crop", a[..., 1:4, 0:5], x=a, crop_height=[1, 2], crop_width=[0, 2])
for lower, upper in [(-1, 0), (0, -1), (1, 1), (0, 0), (2, -1), (-1, -1)]:
    a = x(2, 4, 5)
    m, n = np.ogrid[:4, :5]
    keep = ((lower < 0) | (m - n <= lower)) & ((upper < 0) | (n - m <= upper))
    case("band_part", np.where(keep, a, 0).astype(np.float32), x=a, lower=lower, upper=upper)

t = torch.from_numpy
for n, c, h, w, f in [(1, 4, 2, 3, 2), (2, 18, 3, 1, 3)]:
    a = x(n, c, h, w)
    case("pixel_shuffle", F.pixel_shuffle(t(a), f).numpy(), x=a, upscale_factor=f)
    # TensorFlow's order: the position in the block is the major part of the channel index.
    d = a.reshape(n, f, f, c // f // f, h, w).transpose(0, 3, 4, 1, 5, 2).reshape(n, c // f // f, h * f, w * f)
    case("depth_to_space", d, x=a, block_size=f)
    case("space_to_depth", a, x=d, block_size=f)
for f in (2, 3):
    a = x(2, 3, 6, 12)
    out = F.pixel_unshuffle(t(a), f).numpy()
    cases.append({"op": "pixel_unshuffle", "opset": 6, "inputs": {"x": pack(a), "downscale_factor": {"dtype": "uint32", "shape": [], "values": [f]}}, "outputs": [pack(out)]})
for shape, block, pads in [((2, 1, 2, 4), (2, 2), ((0, 0), (2, 0))), ((1, 2, 5, 6), (3, 2), ((1, 0), (1, 1))), ((3, 2, 4, 4), (2, 2), ((0, 0), (0, 0))), ((1, 1, 1, 3), (4, 5), ((2, 1), (0, 2)))]:
    a = x(*shape)
    p = np.pad(a, [(0, 0), (0, 0), *pads])
    n, c, h, w = p.shape
    b = p.reshape(n, c, h // block[0], block[0], w // block[1], block[1]).transpose(3, 5, 0, 1, 2, 4)
    b = b.reshape(n * block[0] * block[1], c, h // block[0], w // block[1])
    case("space_to_batch", b, x=a, block_shape=list(block), paddings=[list(q) for q in pads])
    case("batch_to_space", a, x=b, block_shape=list(block), crops=[list(q) for q in pads])

for axis in [0, 1, -1]:
    for indices in [np.array(1), np.array([2, 0, 2]), np.array([[0, 1], [2, 2]])]:
        a = x(3, 4, 5)
        case("gather", np.take(a, indices, axis), x=a, indices=indices, axis=axis)
a = x(3, 4, 5, dtype="int32")
case("gather", np.take(a, [-1, -3], 0), x=a, indices=[-1, -3], axis=0)
for dtype in SHORT:
    a = x(6, 3, dtype=dtype)
    i = rng.integers(0, 6, 4).astype(DTYPES[dtype])
    case("gather", a[i.astype(int)], opset=7, x=a, indices=i, axis=0, validate_indices=True)
for batch, axis in [(1, 1), (1, 2), (2, 2)]:
    a = x(2, 3, 4, 5)
    i = rng.integers(0, a.shape[axis], (2, 3, 2))
    flat_a = a.reshape(-1, *a.shape[batch:])
    flat_i = i.reshape(-1, *i.shape[batch:])
    out = np.stack([np.take(p, q, axis - batch) for p, q in zip(flat_a, flat_i)])
    case("gather", out.reshape(*a.shape[:batch], *out.shape[1:]), opset=6, x=a, indices=i, axis=axis, batch_dims=batch)
for axis in [0, 1, -1]:
    a = x(3, 4, 5)
    shape = list(a.shape)
    shape[axis] = 6
    i = rng.integers(-a.shape[axis], a.shape[axis], shape)
    case("gather_along_axis", np.take_along_axis(a, i, axis), x=a, indices=i, axis=axis)
    for dtype, mode in [("fp32", "update"), ("int32", "add"), ("fp32", "max")]:
        data = x(3, 4, 5, dtype=dtype)
        i = np.argsort(rng.random(data.shape), axis)
        i = i.take(range(2), axis)
        u = x(*i.shape, dtype=dtype)
        old = np.take_along_axis(data, i, axis)
        b = data.copy()
        np.put_along_axis(b, i, {"update": u, "add": old + u, "max": np.maximum(old, u)}[mode], axis)
        case("scatter_along_axis", b, data=data, indices=i, updates=u, axis=axis, mode=mode)
    a = x(3, 4, 5)
    for mode, f in [("update", lambda o, u: u), ("add", np.add), ("sub", np.subtract), ("mul", np.multiply), ("max", np.maximum), ("min", np.minimum), ("div", np.divide)]:
        i = np.array([2, 0, 2])
        shape = list(a.shape)
        shape[axis] = 3
        u = x(*shape) + 101
        b = np.moveaxis(a.copy(), axis, 0)
        for k, to in enumerate(i):
            b[to] = f(b[to], np.moveaxis(u, axis, 0)[k])
        case("scatter", np.moveaxis(b, 0, axis), data=a, indices=i, updates=u, axis=axis, mode=mode)
for depth in [1, 2, 3]:
    a = x(3, 4, 5)
    i = np.stack([rng.integers(0, n, (2, 6)) for n in a.shape[:depth]], -1)
    case("gather_nd", a[tuple(np.moveaxis(i, -1, 0))], x=a, indices=i)
    u = x(2, 6, *a.shape[depth:])
    b = a.copy()
    np.add.at(b, tuple(np.moveaxis(i, -1, 0)), u)
    case("scatter_nd", b, data=a, indices=i, updates=u)
a = x(2, 3, 4, 5)
i = np.stack([rng.integers(0, n, (2, 7)) for n in (3, 4)], -1)
case("gather_nd", np.stack([a[b][tuple(i[b].T)] for b in range(2)]), opset=6, x=a, indices=i, batch_dims=1)

for dtype in ["fp32", "int32", "bool"]:
    a = x(3, 4, 2, dtype=dtype) * (rng.random((3, 4, 2)) < 0.4)
    case("non_zero", np.argwhere(a).astype(np.int32), x=a.astype(DTYPES[dtype]))
case("non_zero", np.zeros((0, 2), np.int32), x=np.zeros((3, 3), np.float32))
for start, end, step in [(0, 5, 1), (5, -3, -2), (1, 1, 1), (3, 0, 1), (2, 10, 3)]:
    case("range_1d", np.arange(start, end, step, dtype=np.int32), start=start, end=end, step=step)
    s, e, d = np.float32(start + 0.1), np.float32(end), np.float32(step * 0.3)
    case("range_1d", np.arange(s, e, d, dtype=np.float32), start=s, end=e, step=d)
for axis in [-1, 0, 1]:
    i = np.array([[1, 0, 4], [3, -1, 2]])
    hot = np.moveaxis((i[..., None] == np.arange(4)) * 5.0 - 1.0, -1, axis)
    case("one_hot", hot, indices=i, one_hot_vector_size=4, axis=axis, on_value=np.float32(4), off_value=np.float32(-1))
case("one_hot", np.eye(3, dtype=np.int32), indices=[0, 1, 2], one_hot_vector_size=3)


def nms(boxes, scores, iou, least, maximum, per_class):
    """Greedy suppression of one image: boxes [B, 4] by center and size, scores [B, K]."""
    best, kind = scores.max(-1), scores.argmax(-1)
    chosen = []
    order = [i for i in np.argsort(-best, kind="stable") if least is None or best[i] >= least]
    for i in order:
        lo, hi = boxes[i, :2] - boxes[i, 2:] / 2, boxes[i, :2] + boxes[i, 2:] / 2
        free = True
        for j in chosen:
            if per_class and kind[i] != kind[j]:
                continue
            l2, h2 = boxes[j, :2] - boxes[j, 2:] / 2, boxes[j, :2] + boxes[j, 2:] / 2
            shared = np.prod(np.maximum(np.minimum(hi, h2) - np.maximum(lo, l2), 0))
            if shared / (boxes[i, 2] * boxes[i, 3] + boxes[j, 2] * boxes[j, 3] - shared) > iou:
                free = False
        if free and len(chosen) < maximum:
            chosen.append(i)
    return chosen or [int(best.argmax())]


for per_class in [False, True]:
    for least, maximum in [(0.5, 8), (0.2, 3), (2.0, 4)]:
        B, K = 20, 3
        boxes = np.concatenate([rng.random((2, B, 2)) * 4, rng.random((2, B, 2)) * 2 + 0.5], -1).astype(np.float32)
        scores = rng.random((2, B, K)).astype(np.float32)
        for opset in (5, 7):
            ob, os = np.zeros((2, maximum, 4), np.float32), np.zeros((2, maximum, K), np.float32)
            oi, on = np.full((2, maximum), -1, np.int32), np.zeros(2, np.int32)
            for b in range(2):
                ids = nms(boxes[b], scores[b], 0.3, least if opset == 5 else None, maximum, per_class)
                ob[b, : len(ids)], os[b, : len(ids)], oi[b, : len(ids)], on[b] = boxes[b][ids], scores[b][ids], ids, len(ids)
            common = dict(iou_threshold=np.float32(0.3), max_boxes=maximum, per_class_suppression=per_class)
            if opset == 5:
                case("non_maximum_suppression", [ob, os, oi, on], boxes=boxes, scores=scores, score_threshold=np.float32(least), **common)
            else:
                swap = lambda a: a.transpose(0, 2, 1)
                case("non_maximum_suppression", [swap(ob), swap(os), oi], opset=7, boxes=swap(boxes), scores=swap(scores), **common)

path = pathlib.Path(__file__).with_name("movement.json")
path.write_text("[\n" + ",\n".join(json.dumps(c, separators=(",", ":")).replace(".0,", ",").replace(".0]", "]") for c in cases) + "\n]\n")
print(len(cases), "cases,", path.stat().st_size, "bytes")
