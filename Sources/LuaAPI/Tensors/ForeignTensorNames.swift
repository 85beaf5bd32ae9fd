// SPDX-License-Identifier: Apache-2.0
// NumPy's and PyTorch's names of what Tensors have under another name.

enum ForeignTensorNames {
  /// Methods and properties, with what to write instead.
  static let members: [String: String] = [
    "T": "t:transpose()", "mT": "t:transpose(-1, -2)", "permute": "t:transpose{ … }", "swapaxes": "t:transpose(a, b)", "ndim": "#t.shape",
    "dim": "#t.shape",
    "rank": "#t.shape", "size": "t.count, or t.shape", "numel": "t.count", "astype": "t:cast \"float32\"", "to": "t:cast \"float32\"",
    "type": "t:cast \"float32\"",
    "float": "t:cast \"float32\"", "double": "t:cast \"float64\"", "half": "t:cast \"float16\"", "int": "t:cast \"int32\"",
    "long": "t:cast \"int64\"",
    "bool": "t:cast \"bool\"", "item": "t:at{ … }", "tolist": "t:to_table()", "numpy": "t:to_table()", "dot": "t:matmul(u)",
    "mm": "t:matmul(u)", "bmm": "t:matmul(u)",
    "view": "t:reshape{ … }", "flatten": "t:reshape{ -1 }", "ravel": "t:reshape{ -1 }", "copy": "t itself; Tensors never change",
    "clone": "t itself; Tensors never change",
    "detach": "t itself", "contiguous": "t itself", "gather": "t:take_along(indices, axis)", "index_select": "t:take(indices, axis)",
    "masked_select": "t:take(mask)",
    "masked_fill": "t:set(mask, x)", "fill": "wane.full(t.shape, x)", "repeat": "t:tile{ … }", "broadcast_to": "t:expand{ … }",
    "amax": "t:max(axes)", "amin": "t:min(axes)",
    "clamp": "t:clip(low, high)", "pow": "t ^ x", "add": "t + x", "sub": "t - x", "mul": "t * x", "div": "t / x", "negative": "-t",
    "neg": "-t", "power": "t ^ x",
    "invert": "t:logical_not()", "nansum": "t:set(t:isnan(), 0):sum()", "percentile": "t:quantile(q / 100, axis)",
    "chunk": "t:split(size, axis)", "narrow": "t:slice(axis, from, to)",
    "concat": "wane.concat({ t, u }, axis)", "cat": "wane.concat({ t, u }, axis)", "where": "wane.where(condition, a, b)",
    "argwhere": "t:nonzero()", "len": "#t",
    "diagonal": "wane.linalg.diag(t)", "diag": "wane.linalg.diag(t)", "trace": "wane.linalg.trace(t)", "svd": "wane.linalg.svd(t)",
    "inverse": "wane.linalg.inv(t)", "det": "wane.linalg.det(t)",
    "expand_dims": "t:unsqueeze(axis)", "ptp": "t:max() - t:min()",
  ]

  /// Functions of `np` and `torch`, with what to write instead.
  static let functions: [String: String] = [
    "array": "wane.tensor{ … }", "asarray": "wane.tensor{ … }", "randn": "wane.random(shape)", "rand": "wane.uniform(shape)",
    "randint": "wane.uniform(shape, { low =, high =, dtype = \"int32\" })",
    "randperm": "wane.permutation(n)", "cat": "wane.concat({ a, b }, axis)", "concatenate": "wane.concat({ a, b }, axis)",
    "vstack": "wane.concat({ a, b }, 0)", "hstack": "wane.concat({ a, b }, 1)",
    "range": "wane.arange(start, end, step)", "empty": "wane.zeros(shape)", "zeros_like": "wane.zeros(t.shape, t.dtype)",
    "ones_like": "wane.ones(t.shape, t.dtype)",
    "full_like": "wane.full(t.shape, x, t.dtype)", "identity": "wane.eye(n)", "matmul": "a:matmul(b)", "dot": "a:matmul(b)",
    "exp": "t:exp()", "log": "t:log()", "sqrt": "t:sqrt()",
    "abs": "t:abs()", "sum": "t:sum(axes)", "mean": "t:mean(axes)", "max": "t:max(axes)", "min": "t:min(axes)", "maximum": "a:maximum(b)",
    "minimum": "a:minimum(b)", "argsort": "t:argsort(axis)",
    "sort": "t:sort(axis)", "unique": "t:unique()", "round": "t:round()", "clip": "t:clip(low, high)",
    "load_json": "wane.json.decode(text)", "svd": "wane.linalg.svd(a)",
    "corrcoef": "wane.stats.pearson(a, b)", "outer": "a:unsqueeze(1) * b", "diag": "wane.linalg.diag(a)", "std": "t:std(axes)",
    "var": "t:var(axes)", "median": "t:median(axis)",
    "quantile": "t:quantile(q, axis)", "histogram": "t:histogram{ bins = 10 }", "bincount": "t:unique()", "isnan": "t:isnan()",
    "allclose": "(a - b):abs():max() < tolerance",
  ]
}
