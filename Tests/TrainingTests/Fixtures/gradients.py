#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes gradients.json: gradients of whole networks computed by torch.

    gradients.py ZOO

Each package's operations are run in torch in 64 bits, on its first reference input; the loss is the sum over all float outputs of
cos(i) times element i. Of each constant's gradient its norm and some elements are written. Needs coremltools and torch.
"""
import json
import logging
import pathlib
import sys
import warnings

import numpy as np
import torch
import torch.nn.functional as F

logging.disable(logging.CRITICAL)
warnings.filterwarnings("ignore")
import coremltools as ct  # noqa: E402
from coremltools.converters.mil.frontend.milproto.load import load  # noqa: E402

PACKAGES = ["mnist_cnn/mnist_cnn_fp32_iOS16_batch", "digits_mlp/digits_mlp_fp32_iOS15", "minilm_l6/minilm_l6_fp16_iOS16_len128",
            "silero_vad/silero_vad_float32_iOS16", "crepe_tiny/crepe_tiny", "tiny_gpt_kv/tiny_gpt_stateless_fp32_iOS16"]


def padding(op, x, weight_kernel, strides, dilations):
    """Pads explicitly, so that MIL's padding modes need no equivalent."""
    rank = x.dim() - 2
    kind = op.get("pad_type", "valid")
    pad = list(op["pad"]) if kind == "custom" else [0] * (2 * rank)
    if kind.startswith("same"):
        for i in range(rank):
            reach = dilations[i] * (weight_kernel[i] - 1) + 1
            total = max((-(-x.shape[2 + i] // strides[i]) - 1) * strides[i] + reach - x.shape[2 + i], 0)
            less = total // 2
            pad[2 * i], pad[2 * i + 1] = (less, total - less) if kind == "same" else (total - less, less)
    return [n for i in reversed(range(rank)) for n in (int(pad[2 * i]), int(pad[2 * i + 1]))]


def conv(op):
    x, w = op["x"], op["weight"]
    rank = x.dim() - 2
    strides, dilations = (list(map(int, op.get(k, [1] * rank))) for k in ("strides", "dilations"))
    x = F.pad(x, padding(op, x, w.shape[2:], strides, dilations))
    return [F.conv1d, F.conv2d, F.conv3d][rank - 1](x, w, op.get("bias"), strides, 0, dilations, int(op.get("groups", 1)))


def max_pool(op):
    x, kernel = op["x"], list(map(int, op["kernel_sizes"]))
    strides = list(map(int, op.get("strides", kernel)))
    assert not op.get("ceil_mode", False)
    x = F.pad(x, padding(op, x, kernel, strides, [1] * len(kernel)), value=-torch.inf)
    return [F.max_pool1d, F.max_pool2d, F.max_pool3d][len(kernel) - 1](x, kernel, strides)


def layer_norm(op):
    axes = [a % op["x"].dim() for a in map(int, op["axes"])]
    assert axes == list(range(op["x"].dim() - len(axes), op["x"].dim()))
    return F.layer_norm(op["x"], [op["x"].shape[a] for a in axes], op.get("gamma"), op.get("beta"), float(op["epsilon"]))


def batch_norm(op):
    def beside(v):
        return v.reshape([-1] + [1] * (op["x"].dim() - 2))

    y = (op["x"] - beside(op["mean"])) / (beside(op["variance"]) + float(op["epsilon"])).sqrt()
    return y * beside(op["gamma"]) + beside(op["beta"])


def lstm(op):
    assert op.get("direction", "forward") == "forward"
    h, c, steps = op["initial_h"], op["initial_c"], []
    for x in op["x"]:
        gates = x @ op["weight_ih"].T + h @ op["weight_hh"].T + op["bias"]
        i, f, o, z = gates.chunk(4, 1)
        c = f.sigmoid() * c + i.sigmoid() * z.tanh()
        h = o.sigmoid() * c.tanh()
        steps.append(h)
    return torch.stack(steps) if op["output_sequence"] else h[None], h, c


def slice_by_index(op):
    x = op["x"]
    n = x.dim()
    begin, end, stride = op["begin"], op["end"], op.get("stride", [1] * n)
    masks = {k: list(op.get(k, [False] * n)) for k in ("begin_mask", "end_mask", "squeeze_mask")}
    index = []
    for i in range(n):
        if masks["squeeze_mask"][i]:
            index.append(int(begin[i]))
        else:
            index.append(slice(None if masks["begin_mask"][i] else int(begin[i]), None if masks["end_mask"][i] else int(end[i]),
                               int(stride[i])))
    return x[tuple(index)]


def pad(op):
    widths = list(map(int, op["pad"]))
    pairs = [n for i in reversed(range(len(widths) // 2)) for n in widths[2 * i:2 * i + 2]]
    mode = {"constant": "constant", "reflect": "reflect", "replicate": "replicate"}[op.get("mode", "constant")]
    if mode == "constant":
        return F.pad(op["x"], pairs, value=float(op.get("constant_val", 0)))
    while len(pairs) >= 2 and pairs[-2:] == [0, 0]:
        pairs = pairs[:-2]
    return F.pad(op["x"], pairs, mode)


def reduce(function):
    def run(op):
        axes = [int(a) for a in op["axes"]] if "axes" in op else list(range(op["x"].dim()))
        return function(op["x"], axes, bool(op.get("keep_dims", False)))
    return run


def squeeze(op):
    x = op["x"]
    for axis in sorted([int(a) % x.dim() for a in op.get("axes", range(x.dim()))], reverse=True):
        x = x.squeeze(axis)
    return x


def expand_dims(op):
    x, axes = op["x"], [int(a) for a in op["axes"]]
    rank = x.dim() + len(axes)
    for axis in sorted(a % rank for a in axes):
        x = x.unsqueeze(axis)
    return x


def matmul(op):
    x, y = op["x"], op["y"]
    return (x.transpose(-1, -2) if op.get("transpose_x") else x) @ (y.transpose(-1, -2) if op.get("transpose_y") else y)


RULES = {
    "conv": conv, "max_pool": max_pool, "layer_norm": layer_norm, "batch_norm": batch_norm, "lstm": lstm, "pad": pad, "matmul": matmul,
    "slice_by_index": slice_by_index, "squeeze": squeeze, "expand_dims": expand_dims,
    "linear": lambda op: F.linear(op["x"], op["weight"], op.get("bias")),
    "relu": lambda op: op["x"].relu(), "tanh": lambda op: op["x"].tanh(), "sigmoid": lambda op: op["x"].sigmoid(),
    "gelu": lambda op: F.gelu(op["x"], approximate="none" if op.get("mode", "EXACT") == "EXACT" else "tanh"),
    "softmax": lambda op: op["x"].softmax(int(op["axis"])), "sqrt": lambda op: op["x"].sqrt(),
    "sigmoid_hard": lambda op: (op["x"] * float(op["alpha"]) + float(op["beta"])).clip(0, 1),
    "clip": lambda op: op["x"].clip(float(op["alpha"]), float(op["beta"])),
    "add": lambda op: op["x"] + op["y"], "sub": lambda op: op["x"] - op["y"], "mul": lambda op: op["x"] * op["y"],
    "real_div": lambda op: op["x"] / op["y"], "pow": lambda op: op["x"] ** op["y"],
    "reshape": lambda op: op["x"].reshape([int(n) for n in op["shape"]]),
    "transpose": lambda op: op["x"].permute([int(n) for n in op["perm"]]),
    "gather": lambda op: op["x"].index_select(int(op["axis"]), op["indices"].flatten().long()).reshape(
        *op["x"].shape[:int(op["axis"])], *op["indices"].shape, *op["x"].shape[int(op["axis"]) + 1:]),
    "cast": lambda op: op["x"].double() if op["dtype"] in ("fp16", "fp32") else op["x"].long(),
    "reduce_sum": reduce(lambda x, a, k: x.sum(a, k)), "reduce_mean": reduce(lambda x, a, k: x.mean(a, k)),
    "reduce_l2_norm": reduce(lambda x, a, k: x.square().sum(a, k).sqrt()),
}


def tensor(value):
    value = np.asarray(value)
    if value.dtype.kind == "f":
        return torch.from_numpy(value.astype(np.float64))
    return torch.from_numpy(value)


def gradients(zoo, package):
    path = zoo / (package + ".mlpackage")
    spec = ct.models.MLModel(str(path), skip_model_load=True).get_spec()
    function = load(spec, spec.specificationVersion, str(path / "Data/com.apple.CoreML/weights")).functions["main"]
    folder = path.parent / "io/case0"
    values = {name: tensor(np.load(folder / f"in_{name}.npy")) for name in function.inputs}
    constants = {}

    def value(var):
        if isinstance(var, (list, tuple)):
            return [value(v) for v in var]
        if var.name in values:
            return values[var.name]
        known = var.val
        if isinstance(known, (str, bool)) or known is None:
            return known
        array = np.asarray(known)
        if array.dtype.kind == "f" and array.ndim > 0:
            constants[var.name] = values[var.name] = tensor(array).requires_grad_()
            return values[var.name]
        return known if array.dtype.kind != "f" else float(array)

    for op in function.operations:
        if op.op_type == "const":
            continue
        inputs = {k: value(v) for k, v in op.inputs.items() if v is not None}
        inputs = {k: v for k, v in inputs.items() if v is not None}
        results = RULES[op.op_type](inputs)
        for var, result in zip(op.outputs, results if isinstance(results, tuple) else [results]):
            values[var.name] = result
    # If a final softmax is saturated, the gradients consist of rounding errors only, so its argument is used instead.
    makers = {var.name: op for op in function.operations for var in op.outputs}
    outputs = [makers[o.name].x if makers[o.name].op_type == "softmax" else o for o in function.outputs]
    loss = 0
    for output in outputs:
        out = values[output.name]
        loss = loss + (out.flatten() * torch.cos(torch.arange(out.numel(), dtype=torch.float64))).sum()
    loss.backward()
    written = {}
    for name, constant in constants.items():
        if constant.grad is None:
            continue
        flat = constant.grad.flatten()
        count = flat.numel()
        places = sorted({i * count // 5 + (i * 7) % max(count // 5, 1) for i in range(5)})
        written[name] = {"norm": float(flat.norm()), "places": places, "values": [float(flat[i]) for i in places]}
    return {"package": package, "loss": float(loss), "outputs": [o.name for o in outputs], "gradients": written}


def main():
    zoo = pathlib.Path(sys.argv[1])
    everything = [gradients(zoo, package) for package in PACKAGES]

    def short(x):
        if isinstance(x, float):
            return float(f"{x:.7g}")
        if isinstance(x, dict):
            return {k: short(v) for k, v in x.items()}
        return [short(v) for v in x] if isinstance(x, list) else x

    target = pathlib.Path(__file__).with_name("gradients.json")
    target.write_text(json.dumps(short(everything), separators=(",", ":")).replace('},"', '},\n"') + "\n")


main()
