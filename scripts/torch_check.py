#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Exports small PyTorch modules, converts them with wane.convert and compares the outputs.

    scripts/torch_check.py [--wane PATH] [--dialect plain|func|core] [--keep DIR] [--flexible] [--zoo DIR] [NAME…]

Needs PyTorch. A case passes if every output is within 1e-4 of its peak. With --zoo, the files NAME.pt2 with NAME.npz (in_0…, out_0…)
of a folder are judged instead. With --flexible, every extent of every input is left open as far as PyTorch can export the module so. Exit status 1 if a case fails; refused cases are listed with their reasons.
"""
import argparse, glob, os, subprocess, sys, tempfile, time, warnings

warnings.filterwarnings("ignore")
import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F

CASES = {}


class Fn(nn.Module):
    def __init__(self, f):
        super().__init__()
        self.f = f

    def forward(self, *a):
        return self.f(*a)


def case(name, f, *inputs, dynamic=None):
    module = f if isinstance(f, nn.Module) else Fn(f)
    CASES[name] = (module.eval(), inputs, dynamic)


def r(*shape):
    return torch.randn(*shape)


torch.manual_seed(0)
P = lambda *s: torch.rand(*s) + 0.5
I = lambda lo, hi, *s: torch.randint(lo, hi, s)

UNARY = "abs acos asin atan cos cosh sin sinh tan tanh exp expm1 exp2 erf erfc ceil floor round trunc frac neg sign sigmoid reciprocal square sgn deg2rad rad2deg isnan isinf isfinite logical_not sinc positive".split()
for n in UNARY:
    x = torch.rand(2, 5) * 1.8 - 0.9
    case("u_" + n, getattr(torch, n), x)
for n in "log log2 log10 log1p sqrt rsqrt acosh lgamma".split():
    if n != "lgamma":
        case("u_" + n, getattr(torch, n), P(2, 5) + (1 if n == "acosh" else 0))
case("u_asinh", torch.asinh, r(2, 5))
case("u_atanh", torch.atanh, torch.rand(2, 5) * 1.6 - 0.8)
case("u_logit", lambda x: torch.logit(x, 1e-3), torch.rand(3, 4))
case("round_decimals", lambda x: torch.round(x, decimals=2), r(3, 4) * 5)
case("nan_to_num", lambda x: torch.nan_to_num(x / (x - x) , 1.0, 2.0, -3.0), r(3, 4))
for n in "add sub mul div maximum minimum atan2 fmod remainder hypot copysign logaddexp xlogy".split():
    case("b_" + n, getattr(torch, n), r(3, 4), P(4))
case("pow_t", torch.pow, P(3, 4), r(4))
case("pow_scalar", lambda x: 2.0 ** x, r(3, 4))
case("pow_3", lambda x: x ** 3, r(3, 4))
case("pow_neg_half", lambda x: x ** -0.5, P(3, 4))
case("int_arith", lambda a, b: (a + b, a * b - 3, a // b, a % b, a / b, -a, a.abs()), I(-9, 9, 6), I(1, 5, 6))
case("int_floor_neg", lambda a: (a // 3, torch.div(a, 3, rounding_mode="trunc"), torch.div(a, 3, rounding_mode="floor"), torch.fmod(a, 4), a % 4), I(-20, 20, 8))
case("float_div_modes", lambda a, b: (torch.div(a, b, rounding_mode="floor"), torch.div(a, b, rounding_mode="trunc"), a // b), r(8) * 5, P(8))
case("alpha", lambda a, b: (torch.add(a, b, alpha=2), torch.sub(a, b, alpha=3), torch.rsub(a, b, alpha=2), 1 - a), r(3, 4), r(3, 4))
case("compare", lambda a, b: ((a > b).float(), (a >= 0).float(), (a < b).float(), (a <= 1).float(), (a == a).float(), (a != b).float()), r(3, 4), r(3, 4))
case("logical", lambda a, b: (((a > 0) & (b > 0)).float(), ((a > 0) | (b > 0)).float(), ((a > 0) ^ (b > 0)).float(), (~(a > 0)).float(), torch.logical_and(a, b).float(), torch.logical_xor(a > 0, b > 0).float()), r(3, 4), r(3, 4))
case("bits", lambda a: (a << 2, a >> 1, ~a), I(0, 50, 6))
case("where", lambda c, a, b: torch.where(c > 0, a, b), r(3, 1), r(3, 4), r(4))
case("where_scalar", lambda a: (torch.where(a > 0, a, -1.0), torch.where(a > 0, 1, 0)), r(3, 4))
case("masked_fill", lambda a: a.masked_fill(a > 0, -5.0), r(3, 4))
case("clamp", lambda a: (a.clamp(-0.5, 0.5), a.clamp(min=0), a.clamp(max=0.1), torch.clamp(a, a * 0, a * 0 + 1)), r(3, 4))
case("lerp", lambda a, b: (torch.lerp(a, b, 0.3), torch.addcmul(a, a, b, value=0.5), torch.addcdiv(a, a, b.abs() + 1, value=2)), r(3, 4), r(3, 4))
case("cumsum", lambda a: (a.cumsum(1), a.cumsum(0), a.cumprod(1), torch.logcumsumexp(a, 1)), r(3, 4))
for n in "relu relu6 silu gelu elu selu celu leaky_relu hardsigmoid hardswish hardtanh softplus softsign mish logsigmoid tanhshrink hardshrink softshrink".split():
    case("act_" + n, getattr(F, n), r(3, 7) * 3)
case("act_gelu_tanh", lambda x: F.gelu(x, approximate="tanh"), r(3, 7))
case("act_softplus_beta", lambda x: F.softplus(x, 2.0, 3.0), r(3, 7) * 3)
case("act_prelu", nn.PReLU(4), r(2, 4, 5, 5))
case("act_prelu1", nn.PReLU(), r(2, 4, 5))
case("act_prelu_2d", nn.PReLU(4), r(2, 4))
case("act_glu", lambda x: F.glu(x, 1), r(2, 6, 3))
case("act_threshold", lambda x: F.threshold(x, 0.1, 20.0), r(3, 4))
case("act_rrelu", nn.RReLU(), r(3, 4))
case("softmax", lambda x: (F.softmax(x, -1), F.log_softmax(x, 1), F.softmin(x, 0)), r(3, 4))
case("dropout", nn.Sequential(nn.Linear(4, 4), nn.Dropout(0.5), nn.Dropout1d(0.5) if False else nn.Identity()), r(3, 4))
# matrices
case("linear", nn.Linear(5, 3), r(2, 5))
case("linear_nobias_3d", nn.Linear(5, 3, bias=False), r(2, 4, 5))
case("linear_1d", nn.Linear(5, 3), r(5))
case("bilinear", nn.Bilinear(4, 5, 3), r(2, 4), r(2, 5))
case("matmuls", lambda a, b: (a @ b, torch.mm(a, b), b.T @ a.T), r(3, 4), r(4, 5))
case("matmul_bcast", torch.matmul, r(2, 1, 3, 4), r(5, 4, 2))
case("matmul_1d", lambda a, b, c: (a @ b, b @ c, b @ b), r(3, 4), r(4), r(4, 2))
case("bmm", lambda a, b, c: (torch.bmm(a, b), torch.baddbmm(c, a, b, beta=0.5, alpha=2)), r(2, 3, 4), r(2, 4, 5), r(2, 3, 5))
case("addmm", lambda c, a, b: torch.addmm(c, a, b, beta=0.5, alpha=2), r(5), r(3, 4), r(4, 5))
case("einsum", lambda a, b: (torch.einsum("bik,bkj->bij", a, b), torch.einsum("bik,bkj->ij", a, b)), r(2, 3, 4), r(2, 4, 5))
case("outer", lambda a, b: (torch.outer(a, b), torch.dot(a, a), torch.mv(torch.outer(b, a), a)), r(3), r(4))
case("tensordot", lambda a, b: torch.tensordot(a, b, dims=([1, 2], [0, 1])), r(2, 3, 4), r(3, 4, 5))
case("cdist", lambda a, b: (torch.cdist(a, b), torch.cdist(a, b, p=1.0)), r(2, 3, 4), r(2, 5, 4))
case("cross", lambda a, b: torch.cross(a, b, dim=1), r(2, 3), r(2, 3))
case("kron", torch.kron, r(2, 3), r(3, 2))
# convolution
case("conv1d", nn.Conv1d(3, 4, 3, padding=1), r(2, 3, 10))
case("conv2d", nn.Conv2d(4, 6, 3, stride=2, padding=1, dilation=1, groups=2), r(2, 4, 9, 8))
case("conv2d_same", nn.Conv2d(3, 4, 4, padding="same"), r(1, 3, 8, 8))
case("conv2d_dilated", nn.Conv2d(3, 4, 3, padding=2, dilation=2), r(1, 3, 8, 8))
case("conv2d_unbatched", nn.Conv2d(3, 4, 3), r(3, 8, 8))
case("conv2d_reflect", nn.Conv2d(3, 4, 3, padding=1, padding_mode="reflect"), r(1, 3, 8, 8))
case("conv2d_circular", nn.Conv2d(3, 4, 3, padding=1, padding_mode="circular"), r(1, 3, 8, 8))
case("conv3d", nn.Conv3d(2, 3, 3, padding=1), r(1, 2, 5, 6, 7))
case("convT1d", nn.ConvTranspose1d(3, 4, 4, stride=2, padding=1), r(2, 3, 10))
case("convT2d", nn.ConvTranspose2d(4, 6, 3, stride=2, padding=1, output_padding=1, groups=2), r(2, 4, 5, 5))
case("convT2d_op_nopad", nn.ConvTranspose2d(3, 2, 2, stride=3, output_padding=1), r(1, 3, 4, 4))
case("conv_dynamic_weight", lambda x, w: F.conv2d(x, w), r(1, 3, 6, 6), r(2, 3, 3, 3))
# pooling
case("maxpool", nn.MaxPool2d(3, 2, 1), r(1, 2, 9, 9))
case("maxpool_nostride", lambda x: F.max_pool2d(x, 2), r(1, 2, 8, 8))
case("maxpool_ceil", nn.MaxPool2d(3, 2, ceil_mode=True), r(1, 2, 8, 8))
case("maxpool_dil", nn.MaxPool2d(2, 1, dilation=2), r(1, 2, 8, 8))
case("maxpool_idx", nn.MaxPool2d(2, return_indices=True), r(1, 2, 8, 8))
case("maxpool1d", nn.MaxPool1d(2), r(1, 2, 8))
case("maxpool3d", nn.MaxPool3d(2), r(1, 2, 4, 6, 4))
case("avgpool", nn.AvgPool2d(3, 2, 1), r(1, 2, 9, 9))
case("avgpool_nopad", nn.AvgPool2d(3, 2, 1, count_include_pad=False), r(1, 2, 9, 9))
case("avgpool_ceil", nn.AvgPool2d(3, 2, ceil_mode=True), r(1, 2, 8, 8))
case("avgpool_div", nn.AvgPool2d(2, divisor_override=3), r(1, 2, 8, 8))
case("adaptive_avg1", nn.AdaptiveAvgPool2d(1), r(1, 3, 7, 7))
case("adaptive_avg_div", nn.AdaptiveAvgPool2d((2, 4)), r(1, 3, 8, 8))
case("adaptive_avg_any", nn.AdaptiveAvgPool2d((3, 5)), r(1, 3, 7, 8))
case("adaptive_max_any", nn.AdaptiveMaxPool2d((3, 5)), r(1, 3, 7, 8))
case("adaptive_avg_1d", nn.AdaptiveAvgPool1d(3), r(1, 3, 7))
case("lppool", nn.LPPool2d(2, 2), r(1, 3, 8, 8).abs())
# norms
bn = nn.BatchNorm2d(3); bn.running_mean.normal_(); bn.running_var.uniform_(0.5, 2); bn.weight.data.normal_(); bn.bias.data.normal_()
case("bn2d", bn, r(2, 3, 4, 4))
case("bn1d", nn.BatchNorm1d(3), r(2, 3))
case("bn_no_affine", nn.BatchNorm2d(3, affine=False), r(2, 3, 4, 4))
case("bn_nostats", nn.BatchNorm2d(3, track_running_stats=False), r(2, 3, 4, 4))
case("conv_bn_relu", nn.Sequential(nn.Conv2d(3, 4, 3, bias=False), nn.BatchNorm2d(4), nn.ReLU(inplace=True)), r(1, 3, 6, 6))
case("ln", nn.LayerNorm([4, 5]), r(2, 3, 4, 5))
case("ln_noaffine", nn.LayerNorm(5, elementwise_affine=False), r(2, 3, 5))
case("rms", nn.RMSNorm(5), r(2, 3, 5))
case("gn", nn.GroupNorm(2, 4), r(2, 4, 5, 5))
case("in2d", nn.InstanceNorm2d(3, affine=True), r(2, 3, 5, 5))
case("in1d", nn.InstanceNorm1d(3), r(2, 3, 5))
case("lrn", nn.LocalResponseNorm(3), r(2, 5, 4, 4))
case("weight_norm", torch.nn.utils.parametrizations.weight_norm(nn.Linear(4, 3)), r(2, 4))
case("normalize", lambda x: F.normalize(x, dim=1), r(3, 4))
# reductions
case("mean", lambda x: (x.mean(), x.mean(1), x.mean((0, 2), keepdim=True)), r(2, 3, 4))
case("sum", lambda x: (x.sum(), x.sum(1), (x > 0).sum(0)), r(2, 3, 4))
case("prod", lambda x: (x.prod(), x.prod(1)), r(2, 3))
case("minmax", lambda x: (x.max(), x.min(), x.amax(1), x.amin((0, 1)), *x.max(1), *x.min(0, keepdim=True)), r(2, 3, 4))
case("arg", lambda x: (x.argmax(), x.argmax(1), x.argmin(0, keepdim=True)), r(3, 4))
case("anyall", lambda x: ((x > 1).any().float(), (x > -1).all(1).float(), (x > 0).any(0, keepdim=True).float()), r(3, 4))
case("varstd", lambda x: (x.var(), x.std(1), x.var(1, unbiased=False), x.var((0, 1), correction=2, keepdim=True), *torch.var_mean(x, 1)), r(3, 4))
case("norms", lambda x: (x.norm(), x.norm(dim=1), torch.linalg.vector_norm(x, 1, dim=0), torch.linalg.vector_norm(x, float("inf")), x.norm(3, dim=1), torch.linalg.norm(x, dim=1)), r(3, 4))
case("logsumexp", lambda x: (x.logsumexp(1), x.logsumexp((0, 1), keepdim=True)), r(3, 4))
case("count_nonzero", lambda x: torch.count_nonzero(x > 0, 1), r(3, 4))
# shapes
case("views", lambda x: (x.view(6, 4), x.reshape(2, -1), x.flatten(1), x.flatten(), x.unflatten(2, (2, 2)), x.unsqueeze(1), x.unsqueeze(-1).squeeze(-1)), r(2, 3, 4))
case("permutes", lambda x: (x.permute(2, 0, 1), x.transpose(0, 2), x.mT, x.movedim(0, 2), x.swapaxes(0, 1), x[0].t()), r(2, 3, 4))
case("expand", lambda x: (x.expand(2, 3, 4), x.expand(-1, -1, 4), x.repeat(2, 1, 3), x.tile((2,)), x.broadcast_to(5, 2, 3, 1)), r(2, 3, 1))
case("repeat_interleave", lambda x: (x.repeat_interleave(2), x.repeat_interleave(3, 1)), r(2, 3))
case("pixel", lambda x: (F.pixel_shuffle(x, 2), F.pixel_unshuffle(F.pixel_shuffle(x, 2), 2), F.channel_shuffle(x, 4)), r(1, 8, 3, 3))
case("diag", lambda x: (x.diagonal(), x.diagonal(1), torch.diag(x), torch.diag_embed(x), torch.trace(x)), r(4, 4))
case("cats", lambda a, b: (torch.cat([a, b]), torch.cat([a, b], -1), torch.stack([a, b], 1), torch.hstack([a, b]), torch.vstack([a, b])), r(2, 3), r(2, 3))
case("splits", lambda x: (*x.split(2), *x.chunk(3, 1), *x.split([1, 3], 0), *x.unbind(1)[:2], *torch.tensor_split(x, 3, 1)), r(4, 5))
case("slices", lambda x: (x[1:], x[:, ::2], x[-2:], x[..., -1], x[0], x[:, 1:-1], x.narrow(1, 1, 2), x[None]), r(4, 5))
case("flips", lambda x: (x.flip(0), x.flip((0, 1)), x.roll(1, 0), x.roll((1, 2), (0, 1)), x.roll(3), torch.rot90(x), torch.rot90(x, 3, (0, 1))), r(3, 4))
case("tri", lambda x: (x.tril(), x.triu(1), torch.tril(x, -1)), r(2, 4, 4))
case("unfold", lambda x: (x.unfold(1, 3, 2), torch.diff(x, dim=1)), r(2, 8))
case("im2col", nn.Unfold(3, padding=1, stride=2), r(1, 2, 6, 6))
case("col2im", nn.Fold((6, 6), 2, stride=2), r(1, 8, 9))
case("as_strided", lambda x: torch.as_strided(x, (2, 2), (1, 2), 1), r(3, 4))
case("meshgrid", lambda a, b: torch.meshgrid(a, b, indexing="ij") + torch.meshgrid(a, b, indexing="xy"), r(3), r(4))
# indexing
case("embedding", nn.Embedding(10, 4), I(0, 10, 2, 3))
case("embedding_bag", nn.EmbeddingBag(10, 4), I(0, 10, 2, 3))
case("gather", lambda x, i: (x.gather(1, i), torch.take_along_dim(x, i, 1)), r(3, 5), I(0, 5, 3, 2))
case("index_select", lambda x: x.index_select(1, torch.tensor([0, 2, 2])), r(3, 5))
case("index1", lambda x, i: (x[i], x[:, i], x[i, i], x[i][:, i]), r(4, 4, 3), I(0, 4, 3))
case("index_neg", lambda x: (x[torch.tensor([-1, 0])], x[:, torch.tensor([0, -2])]), r(4, 4))
case("index_gap", lambda x, i: x[i, :, i], r(4, 5, 4), I(0, 4, 3))
case("index_2d", lambda x, i: x[:, i], r(4, 5), I(0, 5, 2, 3))
case("index_mask", lambda x: x[x[:, 0] > 0], torch.tensor([[1.0, 2], [-1, 3], [4, 5]]))
case("masked_select", lambda x: x.masked_select(x > 0), r(3, 4))
case("scatters", lambda x, i, s: (x.scatter(1, i, s), x.scatter_add(1, i, s), x.scatter(1, i, 2.0), x.scatter_reduce(1, i, s, "amax"), x.scatter_reduce(1, i, s, "sum", include_self=False), x.scatter_reduce(1, i, s, "mean")), r(3, 5), torch.tensor([[0, 1], [2, 3], [4, 0]]), r(3, 2))
case("index_ops", lambda x, s: (x.index_copy(0, torch.tensor([2, 0]), s), x.index_add(0, torch.tensor([1, 1]), s, alpha=2), x.index_fill(1, torch.tensor([0, 2]), 9.0)), r(3, 4), r(2, 4))
case("index_put", lambda x, v: (torch.index_put(x, (torch.tensor([0, 2]),), v), torch.index_put(x, (torch.tensor([0, 0]), torch.tensor([1, 1])), torch.tensor([1.0, 2.0]), accumulate=True)), r(3, 4), r(2, 4))
case("nonzero", lambda x: torch.nonzero(x > 0), r(3, 4))
case("one_hot", lambda i: F.one_hot(i, 6), I(0, 6, 4))
case("take", lambda x: torch.take(x, torch.tensor([0, 5, -1])), r(3, 4))
case("masked_scatter", lambda x, s: x.masked_scatter(x > 0, s), r(3, 4), r(12))
# padding
case("pads", lambda x: (F.pad(x, (1, 2)), F.pad(x, (1, 1, 2, 0), value=3.0), F.pad(x[0], (1, 2), mode="reflect"), F.pad(x, (1, 1, 1, 1), mode="replicate"), F.pad(x, (-1, 1)), F.pad(x[0], (1, 1), mode="circular")), r(1, 2, 5, 6))
case("pad3d", lambda x: (F.pad(x, (1, 1, 1, 1, 1, 1), mode="reflect"), F.pad(x, (1, 1, 1, 1, 1, 1), mode="replicate")), r(1, 1, 3, 4, 5))
# constants
case("constants", lambda x: (torch.arange(5) + x[0, 0], torch.arange(1, 10, 3) * x[0, 0], torch.arange(0, 1, 0.3) * x[0, 0], torch.linspace(0, 1, 5) * x[0, 0], torch.eye(3) * x[0, 0], torch.full((2, 2), 3.0) * x[0, 0], torch.ones_like(x) + x, torch.zeros(2) + x[0, 0], x.new_full((2,), 2.0) * x[0, 0], torch.hann_window(8) * x[0, 0], torch.tril_indices(3, 3) * x[0, 0]), r(2, 2))
# sorting
case("sorts", lambda x: (*x.sort(1), *x.sort(0, descending=True), x.argsort(1), *x.topk(2, 1), *x.topk(2, 0, largest=False), *x.kthvalue(2, 1), *x.median(1), x.median()), r(5, 4))
case("bucketize", lambda x: (torch.bucketize(x, torch.tensor([-1.0, 0, 1])), torch.searchsorted(torch.tensor([-1.0, 0, 1]), x, right=True)), r(3, 4))
# resize
for m in ["nearest", "bilinear", "bicubic", "nearest-exact", "area"]:
    case("resize_%s_size" % m, lambda x, m=m: F.interpolate(x, size=(7, 9), mode=m), r(1, 2, 5, 6))
    case("resize_%s_scale" % m, lambda x, m=m: F.interpolate(x, scale_factor=2, mode=m), r(1, 2, 5, 6))
    if m != "area":
        case("resize_%s_frac" % m, lambda x, m=m: F.interpolate(x, scale_factor=(1.7, 0.6), mode=m), r(1, 2, 5, 6))
for m in ["bilinear", "bicubic"]:
    case("resize_%s_corners" % m, lambda x, m=m: F.interpolate(x, size=(7, 9), mode=m, align_corners=True), r(1, 2, 5, 6))
    case("resize_%s_aa" % m, lambda x, m=m: F.interpolate(x, size=(3, 4), mode=m, antialias=True), r(1, 2, 9, 11))
case("resize_linear", lambda x: F.interpolate(x, scale_factor=2, mode="linear"), r(1, 2, 5))
case("resize_trilinear", lambda x: F.interpolate(x, scale_factor=2, mode="trilinear"), r(1, 2, 3, 4, 5))
for pm in ["zeros", "border", "reflection"]:
    for ac in [True, False]:
        case("grid_%s_%s" % (pm, ac), lambda x, g, pm=pm, ac=ac: F.grid_sample(x, g, padding_mode=pm, align_corners=ac), r(1, 2, 5, 6), torch.rand(1, 3, 4, 2) * 2.6 - 1.3)
case("grid_nearest", lambda x, g: F.grid_sample(x, g, mode="nearest", align_corners=False), r(1, 2, 5, 6), torch.rand(1, 3, 4, 2) * 2 - 1)
case("affine_grid", lambda t: F.affine_grid(t, (1, 2, 4, 5), align_corners=False), r(1, 2, 3))
# recurrent
class Rec(nn.Module):
    def __init__(s, m): super().__init__(); s.m = m
    def forward(s, x): y, h = s.m(x); return (y, *h) if isinstance(h, tuple) else (y, h)
for nm, kind in dict(lstm=nn.LSTM, gru=nn.GRU, rnn=nn.RNN).items():
    case(nm, Rec(kind(3, 4)), r(5, 2, 3))
    case(nm + "_bi2_bf", Rec(kind(3, 4, num_layers=2, bidirectional=True, batch_first=True)), r(2, 5, 3))
    case(nm + "_nobias", Rec(kind(3, 4, bias=False)), r(5, 2, 3))
case("rnn_relu", Rec(nn.RNN(3, 4, nonlinearity="relu")), r(5, 2, 3))
case("lstm_hx", lambda x, h, c, m=nn.LSTM(3, 4): m(x, (h, c))[0], r(5, 2, 3), r(1, 2, 4), r(1, 2, 4))
case("lstm_unbatched", Rec(nn.LSTM(3, 4)), r(5, 3))
case("lstm_cell", nn.LSTMCell(3, 4), r(2, 3))
case("gru_cell", nn.GRUCell(3, 4), r(2, 3))
# attention
case("sdpa", F.scaled_dot_product_attention, r(1, 2, 5, 8), r(1, 2, 6, 8), r(1, 2, 6, 8))
case("sdpa_causal", lambda q, k, v: F.scaled_dot_product_attention(q, k, v, is_causal=True), r(1, 2, 5, 8), r(1, 2, 5, 8), r(1, 2, 5, 8))
case("sdpa_mask", lambda q, k, v, m: F.scaled_dot_product_attention(q, k, v, attn_mask=m), r(1, 2, 5, 8), r(1, 2, 5, 8), r(1, 2, 5, 8), r(5, 5))
case("sdpa_bool", lambda q, k, v, m: F.scaled_dot_product_attention(q, k, v, attn_mask=m > -1), r(1, 2, 5, 8), r(1, 2, 5, 8), r(1, 2, 5, 8), r(5, 5))
case("sdpa_scale_gqa", lambda q, k, v: F.scaled_dot_product_attention(q, k, v, scale=0.3, enable_gqa=True), r(1, 4, 5, 8), r(1, 2, 5, 8), r(1, 2, 5, 8))
case("mha", nn.TransformerEncoderLayer(16, 2, 32, batch_first=True), r(2, 5, 16))
case("mha_cross", lambda q, k, m=nn.MultiheadAttention(16, 2, batch_first=True).eval(): m(q, k, k), r(2, 5, 16), r(2, 7, 16))
# complex
case("rfft", lambda x: (torch.fft.rfft(x).abs(), torch.view_as_real(torch.fft.fft(x)), torch.fft.irfft(torch.fft.rfft(x))), r(2, 8))
case("fft2", lambda x: (torch.fft.rfft2(x).real, torch.fft.irfft2(torch.fft.rfft2(x, norm="ortho"), norm="ortho")), r(1, 6, 8))
case("complex_mul", lambda x, y: torch.view_as_real(torch.view_as_complex(x) * torch.view_as_complex(y)), r(3, 4, 2), r(3, 4, 2))
case("polar", lambda x, y: torch.view_as_real(torch.polar(x, y) * torch.complex(x, y)), r(3, 4).abs(), r(3, 4))
case("stft", lambda x: torch.stft(x, 8, 4, window=torch.hann_window(8), return_complex=True).abs(), r(1, 32))
# in-place, views
def ip1(x):
    y = x * 2; y[:, 1] = 5; y[0] += 1; return y
def ip2(x):
    y = x.clone(); z = y.view(-1); z[2:4].mul_(3); return y, z
def ip3(x):
    y = x + 0; a, b = y.chunk(2, 1); a.add_(b); y.transpose(0, 1)[1].zero_(); return y, a
def ip4(x):
    y = x + 0; y.diagonal().fill_(7); y.masked_fill_(y > 6, 0); y.relu_(); return y
def ip5(x):
    y = torch.zeros(4, 6); y[1:3, 2:5] = x; y[::2] = 1; return y
case("inplace1", ip1, r(3, 4)); case("inplace2", ip2, r(3, 4)); case("inplace3", ip3, r(4, 4)); case("inplace4", ip4, r(4, 4)); case("inplace5", ip5, r(2, 3))
case("inplace_input", lambda x: x.add_(1).mul(2), r(3, 4))
case("copy_bcast", lambda x: torch.zeros(3, 4).copy_(x), r(4))
class Cache(nn.Module):
    def __init__(s): super().__init__(); s.register_buffer("cache", torch.zeros(1, 4, 3)); s.register_buffer("n", torch.zeros(1))
    def forward(s, x): s.cache[:, 1:2] = x; s.n += 1; return s.cache * 2 + s.n
case("state", Cache(), r(1, 1, 3))
# control
case("cond", lambda x: torch.cond(x.sum() > 0, lambda x: x + 1, lambda x: x * 2, (x,)), r(3))
case("dict_out", lambda x: {"a": x + 1, "b": {"c": x * 2}}, r(3))
case("cosine", lambda a, b: F.cosine_similarity(a, b), r(3, 4), r(3, 4))
case("isin", lambda a: torch.isin(a, torch.tensor([1, 3])).float(), I(0, 5, 3, 4))
case("maxunpool", lambda x: F.max_unpool2d(*F.max_pool2d(x, 2, return_indices=True), 2), r(1, 2, 4, 6))
case("empty_slice", lambda x: torch.cat([x[:, :4] * 2, x[:, 4:]], 1), r(2, 4))
case("scalars", lambda x: (x.index_fill(0, torch.tensor([0]), 2.0), x + 1), torch.tensor(3.0))
case("diagonal_scatter", lambda x, y: torch.diagonal_scatter(x, y), r(4, 4), r(4))
# dynamic
D = torch.export.Dim
case("dyn_batch", nn.Sequential(nn.Conv2d(3, 4, 3, padding=1), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(4, 2)), r(2, 3, 8, 8), dynamic=({0: D("b", min=1, max=8)},))
class Enc(nn.Module):
    def __init__(s): super().__init__(); s.e = nn.Embedding(20, 16); s.p = nn.Embedding(32, 16); s.l = nn.TransformerEncoderLayer(16, 2, 32, batch_first=True)
    def forward(s, i): return s.l(s.e(i) + s.p(torch.arange(i.shape[1]))[None])
case("dyn_seq", Enc(), I(0, 20, 1, 6), dynamic=({1: D("s", min=2, max=32)},))
case("dyn_reshape", lambda x: x.view(x.shape[0], x.shape[1] // 2, 2).transpose(1, 2).flatten(1), r(3, 8), dynamic=({0: D("b", min=1, max=8)},))
case("dyn_cat_slice", lambda x: torch.cat([x[:, 1:], x[:, :1]], 1)[:, ::2], r(1, 6, 3), dynamic=({1: D("s", min=3, max=32)},))
case("dyn_causal", lambda x: F.scaled_dot_product_attention(x, x, x, is_causal=True), r(1, 2, 6, 8), dynamic=({2: D("s", min=2, max=32)},))

SCRIPT = r"""
for line in io.lines(arg[1] .. "/cases") do
  local name = line
  local base = arg[1] .. "/" .. name
  local ok, err = pcall(function()
    local model = wane.convert(base .. ".pt2", { precision = "float32" })
    local out = model:predict(wane.load_npz(base .. ".in.npz"), (function() local ok, s = pcall(model.make_state, model); return ok and { state = s } or nil end)())
    local all, names = {}, {}
    for i, f in ipairs(model.outputs) do all[string.format("out_%03d", i - 1)] = out[f.name] end
    wane.save_npz(base .. ".got.npz", all)
    local f = io.open(base .. ".ops", "w"); local n = 0
    for k, v in pairs(model.report.operators) do n = n + v end
    f:write(n); f:close()
  end)
  if not ok then local f = io.open(base .. ".err", "w"); f:write(tostring(err.kind) .. ": " .. tostring(err.message or err)); f:close() end
end
"""


def flat(x):
    if isinstance(x, torch.Tensor):
        return [x]
    if isinstance(x, dict):
        return [t for v in x.values() for t in flat(v)]
    if isinstance(x, (list, tuple)):
        return [t for v in x for t in flat(v)]
    return [torch.tensor(x)] if isinstance(x, (int, float, bool)) else []


def array(t):
    t = t.detach()
    if t.dtype in (torch.bfloat16, torch.float16, torch.float64):
        t = t.float()
    if t.dtype == torch.bool:
        t = t.float()
    if t.dtype in (torch.int64, torch.int16, torch.int8, torch.uint8):
        t = t.int()
    t = t if t.dim() else t.reshape(1)
    return t.numpy()


def names_of(program):
    return [s.arg.name for s in program.graph_signature.input_specs if s.kind.name == "USER_INPUT"]


def main():
    p = argparse.ArgumentParser()
    p.add_argument("--wane", default=os.environ.get("WANE", ".build/release/wane"))
    p.add_argument("--dialect", default="plain")
    p.add_argument("--keep")
    p.add_argument("--zoo")
    p.add_argument("--flexible", action="store_true")
    p.add_argument("names", nargs="*")
    o = p.parse_args()
    folder = o.keep or tempfile.mkdtemp()
    os.makedirs(folder, exist_ok=True)
    expected, todo = {}, []
    if o.zoo:
        for path in sorted(glob.glob(o.zoo + "/*.pt2")):
            name = os.path.basename(path)[:-4]
            if (o.names and name not in o.names) or not os.path.exists(o.zoo + "/" + name + ".npz"):
                continue
            data = np.load(o.zoo + "/" + name + ".npz")
            program = torch.export.load(path)
            ins = [torch.from_numpy(data[k]) for k in sorted((k for k in data if k.startswith("in_")), key=lambda k: int(k[3:]))]
            outs = [torch.from_numpy(data[k]) for k in sorted((k for k in data if k.startswith("out_")), key=lambda k: int(k[4:]))]
            if o.dialect == "func": program = program.run_decompositions({})
            if o.dialect == "core": program = program.run_decompositions()
            torch.export.save(program, f"{folder}/{name}.pt2")
            np.savez(f"{folder}/{name}.in.npz", **{n: array(t) for n, t in zip(names_of(program), ins)})
            expected[name] = [array(t) for t in outs]
            todo.append(name)
    else:
        for name, (module, inputs, dynamic) in CASES.items():
            if o.names and name not in o.names:
                continue
            if o.flexible and dynamic is None:
                dynamic = tuple({axis: torch.export.Dim.AUTO for axis in range(x.dim()) if x.shape[axis] > 1} for x in inputs)
            try:
                program = torch.export.export(module, inputs, dynamic_shapes=(dynamic if dynamic is None or not isinstance(module, Fn) else (dynamic,)))
                want = flat(module(*[x.clone() for x in inputs]))
                if o.dialect == "func": program = program.run_decompositions({})
                if o.dialect == "core": program = program.run_decompositions()
                torch.export.save(program, f"{folder}/{name}.pt2")
            except Exception as e:
                print(f"export {name}: {str(e)[:120]}")
                continue
            np.savez(f"{folder}/{name}.in.npz", **{n: array(t) for n, t in zip(names_of(program), inputs)})
            expected[name] = [array(t) for t in want]
            todo.append(name)
    for name in todo:
        for e in (".got.npz", ".err", ".ops"):
            if os.path.exists(f"{folder}/{name}{e}"): os.remove(f"{folder}/{name}{e}")
    open(folder + "/cases", "w").write("".join(n + "\n" for n in todo))
    open(folder + "/run.lua", "w").write(SCRIPT)
    run = subprocess.run([o.wane, folder + "/run.lua", folder], capture_output=True, text=True, timeout=3600)
    if run.returncode: print("wane ended with", run.returncode, run.stderr[-500:])
    passed, failed, refused = 0, [], []
    for name in todo:
        err = f"{folder}/{name}.err"
        if os.path.exists(err):
            refused.append((name, open(err).read().replace("\n", " | ")[:300]))
            continue
        if not os.path.exists(f"{folder}/{name}.got.npz"):
            failed.append((name, "no output")); continue
        got = np.load(f"{folder}/{name}.got.npz")
        got = [got[k] for k in sorted(got)]
        want = expected[name]
        if len(got) != len(want): failed.append((name, f"{len(got)} outputs, expected {len(want)}")); continue
        worst = ""
        for i, (g, w) in enumerate(zip(got, want)):
            if g.shape != w.shape: worst = f"output {i}: shape {g.shape}, expected {w.shape}"; break
            g, w = g.astype(np.float64), w.astype(np.float64)
            if not (np.isnan(g) == np.isnan(w)).all() or not (np.isinf(g) == np.isinf(w)).all(): worst = f"output {i}: NaN or infinity"; break
            m = np.isfinite(w)
            if m.any():
                d = np.abs(g - w)[m].max() / max(np.abs(w[m]).max(), 1e-6)
                if d > 1e-4: worst = f"output {i}: {d:.2e} of the peak"; break
        if worst: failed.append((name, worst))
        else: passed += 1
    for n, why in refused: print("refused", n, why)
    for n, why in failed: print("FAILED ", n, why)
    print(f"{passed} passed, {len(failed)} failed, {len(refused)} refused of {len(todo)}")
    sys.exit(1 if failed or refused else 0)


if __name__ == "__main__":
    main()
