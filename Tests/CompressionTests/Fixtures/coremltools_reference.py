#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# Writes coremltools_reference.json: the results of coremltools' functions for a few small weights.
#
#   pip install coremltools==9.0 "numpy<2.4" scikit-learn
#   python coremltools_reference.py > coremltools_reference.json
#
# Arrays are hexadecimal, little-endian, one byte per code.
import json, logging, sys, warnings

logging.disable(logging.CRITICAL)
warnings.filterwarnings("ignore")
import numpy as np
from coremltools.converters.mil.mil import types
from coremltools.optimize.coreml._quantization_passes import linear_quantize_weights, palettize_weights, prune_weights
from coremltools.optimize import _utils

rng = np.random.default_rng(7)
weights = {}


def add(name, values):
    weights[name + "_fp16"] = values.astype(np.float16)
    weights[name + "_fp32"] = values.astype(np.float32)


add("normal", rng.standard_normal((8, 8, 2, 2)) * 0.1)
skewed = np.abs(rng.standard_normal((8, 12))) * 3 + 1
skewed[2] = 0
skewed[3] *= -1
add("skewed", skewed)
add("tiny", rng.standard_normal((6, 32)) * 3e-6)
add("large", rng.standard_normal((4, 24)) * 6000)
add("few", rng.choice([-0.5, 0.0, 0.25, 1.0, 2.0], (8, 10)))


def hexed(a):
    a = np.asarray(a)
    if a.dtype not in (np.float16, np.float32):
        a = a.astype(np.int64).astype(np.uint8)
    return a.tobytes().hex()


cases = []
for name, w in weights.items():
    grids = [[0] * w.ndim, [1] + [0] * (w.ndim - 1)]
    if name.startswith(("normal", "skewed")):
        grids += [[0, 1] + [0] * (w.ndim - 2), [1, 4] + [0] * (w.ndim - 2)]
    for dtype in ("int8", "uint8", "int4", "uint4"):
        for mode in ("LINEAR_SYMMETRIC", "LINEAR"):
            for sizes in grids:
                if any(s and w.shape[i] % s for i, s in enumerate(sizes)):
                    continue
                q = linear_quantize_weights.blockwise_compress_by_dtype(w, types.string_to_builtin(dtype), mode, sizes)
                dense = linear_quantize_weights.decompress(q)
                cases.append(dict(kind="quantize", weight=name, dtype=dtype, mode=mode.lower(), block_size=sizes, codes=hexed(q.data),
                                  scale=hexed(q.scale), offset=None if q.offset is None else hexed(q.offset), dense=hexed(dense)))
    for nbits in (1, 3, 4):
        p = palettize_weights.blockwise_compress(w, "UNIFORM", nbits, [0] * w.ndim)
        cases.append(dict(kind="uniform", weight=name, nbits=nbits, codes=hexed(p.indices), lut=hexed(p.lut), dense=hexed(palettize_weights.decompress(p))))
        p = palettize_weights.blockwise_compress(w, "KMEANS", nbits, [0] * w.ndim)
        error = float(((palettize_weights.decompress(p).astype(np.float64) - w.astype(np.float64)) ** 2).sum())
        cases.append(dict(kind="kmeans", weight=name, nbits=nbits, group_size=0, axis=0, cluster_dim=1, error=error))
    for axis, group in ((0, 2), (1, 4)):
        sizes = [0] * w.ndim
        sizes[axis] = group
        if w.shape[axis] % group == 0:
            p = palettize_weights.blockwise_compress(w, "UNIFORM", 2, sizes)
            cases.append(dict(kind="uniform", weight=name, nbits=2, group_size=group, axis=axis, codes=hexed(p.indices), lut=hexed(p.lut),
                              dense=hexed(palettize_weights.decompress(p))))
            p = palettize_weights.blockwise_compress(w, "KMEANS", 2, sizes)
            error = float(((palettize_weights.decompress(p).astype(np.float64) - w.astype(np.float64)) ** 2).sum())
            cases.append(dict(kind="kmeans", weight=name, nbits=2, group_size=group, axis=axis, cluster_dim=1, error=error))
    p = palettize_weights.blockwise_compress(w, "KMEANS", 2, [0] * w.ndim, cluster_dim=2, channel_axis=0)
    error = float(((palettize_weights.decompress(p).astype(np.float64) - w.astype(np.float64)) ** 2).sum())
    cases.append(dict(kind="kmeans", weight=name, nbits=2, group_size=0, axis=0, cluster_dim=2, error=error))
    if name.startswith("few"):
        for dim, axis in ((1, 0), (2, 0), (2, 1)):
            p = palettize_weights.blockwise_compress(w, "UNIQUE", None, [0] * w.ndim, cluster_dim=dim, channel_axis=axis)
            cases.append(dict(kind="unique", weight=name, axis=axis, cluster_dim=dim, codes=hexed(p.indices), lut=hexed(p.lut),
                              lut_shape=list(p.lut.shape), dense=hexed(palettize_weights.decompress(p))))

    def pruned(params):
        return hexed(prune_weights.decompress(_utils.ios16_sparse_params_to_ios18(params)))

    for threshold in (1e-12, 0.05, 1.5):
        params = prune_weights.compress_by_threshold(w, threshold, 0.0)
        cases.append(dict(kind="threshold", weight=name, threshold=threshold, dense=pruned(params)))
    if name.endswith("fp32"):  # 16-bit percentiles and squares lose their place there
        for s in (0.0, 0.3, 0.5, 0.77, 1.0):
            cases.append(dict(kind="magnitude", weight=name, target_sparsity=s, dense=pruned(prune_weights.compress_by_magnitude(w, s))))
        for block, dim in ((2, 0), (3, 0), (2, 1), (5, 1)):
            params = prune_weights.compress_by_magnitude(w, 0.5, block, dim)
            if params is not None:
                cases.append(dict(kind="magnitude", weight=name, target_sparsity=0.5, block_size=block, dim=dim, dense=pruned(params)))
    if not name.startswith("few"):  # ties fall as the sort of the machine has it
        for n, m, dim in ((2, 4, 1), (1, 2, 0), (3, 5, 1), (1, 3, 0)):
            params = prune_weights.compress_by_nm_sparsity(w, (n, m), dim)
            if params is not None and not (name.startswith("skewed") and w.dtype == np.float16):
                cases.append(dict(kind="magnitude", weight=name, n_m_ratio=[n, m], dim=dim, dense=pruned(params)))

json.dump(dict(weights={k: dict(dtype="float16" if v.dtype == np.float16 else "float32", shape=list(v.shape), data=hexed(v)) for k, v in weights.items()},
               cases=cases), sys.stdout, indent=0, separators=(",", ":"))
print()
