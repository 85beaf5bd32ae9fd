// SPDX-License-Identifier: Apache-2.0
// Reductions of PyTorch.

import MIL
import ONNXFiles
import Operators
import Tensors
import TorchFiles

enum ATenReductions {
  static let rules: [ATenRule] = [
    .one("mean") { c in try c.reduced("reduce_mean", c.matched()) },
    .one("sum") { c in try c.reduced("reduce_sum", c.matched()) },
    .one("nansum") { c in
      let x = try c.matched()
      return try c.reduced("reduce_sum", c.b.select(c.b.compare("not_equal", x, x), c.b.number(0, like: x), x))
    },
    .one("prod") { c in try c.reduced("reduce_prod", c.matched()) },
    .one("amax", "max.default", "max") { c in try c.numeric { try c.reduced("reduce_max", $0) } },
    .one("amin", "min.default", "min") { c in try c.numeric { try c.reduced("reduce_min", $0) } },
    ATenRule("max.dim") { c in try c.extreme("reduce_max", "reduce_argmax") },
    ATenRule("min.dim") { c in try c.extreme("reduce_min", "reduce_argmin") },
    ATenRule("aminmax") { c in
      let x = try c.x()
      let axes = try c.has("dim") ? [c.axis(x)] : Array(0..<x.rank)
      let keep = try c.flag("keepdim")
      return [try c.b.reduce("reduce_min", x, axes, keep: keep), try c.b.reduce("reduce_max", x, axes, keep: keep)]
    },
    .one("argmax") { c in try c.position("reduce_argmax") },
    .one("argmin") { c in try c.position("reduce_argmin") },
    .one("any") { c in try c.b.truth(c.reduced("reduce_max", c.b.int(c.b.truth(c.x())))) },
    .one("all") { c in try c.b.truth(c.reduced("reduce_min", c.b.int(c.b.truth(c.x())))) },
    .one("count_nonzero") { c in try c.reduced("reduce_sum", c.b.int(c.b.truth(c.x()))) },
    .one("logsumexp", "special_logsumexp") { c in
      let x = try c.float()
      let axes = try c.axes(x)
      if axes.isEmpty { return x }
      let keep = try c.flag("keepdim")
      let peak = try c.b.max(x, axes)
      // A peak that is not finite would make the difference undefined.
      let isFinite = try c.b.compare("less", c.b.apply("abs", peak), .infinity)
      let safe = try c.b.select(isFinite, peak, c.b.number(0, like: x))
      let sums = try c.b.log(c.b.sum(c.b.apply("exp", c.b.sub(x, safe)), axes, keep: keep))
      return try c.b.add(sums, keep ? safe : c.dropped(safe, axes))
    },
    .one("var") { c in try c.variance().variance },
    .one("std") { c in try c.b.apply("sqrt", c.variance().variance) },
    ATenRule("var_mean") { c in
      let (variance, mean) = try c.variance()
      return [variance, mean]
    },
    ATenRule("std_mean") { c in
      let (variance, mean) = try c.variance()
      return [try c.b.apply("sqrt", variance), mean]
    },
    .one("linalg_vector_norm") { c in try c.norm(c.number("ord", 2)) },
    .one("norm") { c in try c.norm(c.number("p", 2)) },
    .one("frobenius_norm") { c in try c.norm(2) },
    .one("linalg_norm", "linalg_matrix_norm") { c in
      if case .string(let kind)? = c.argument("ord"), kind != "fro" { throw Refusal("the norm '\(kind)'") }
      let x = try c.float(c.has("A") ? "A" : "self")
      if case .string? = c.argument("ord") { return try c.norm(2, x, fallback: [x.rank - 2, x.rank - 1]) }
      let order = try c.number("ord")
      let isMatrixNorm = OperatorName(c.node.target).base == "linalg_matrix_norm"
      let axes = try isMatrixNorm && !c.has("dim") ? [x.rank - 2, x.rank - 1] : c.axes(x)
      guard axes.count == 2, let order else { return try c.norm(order ?? 2, x) }
      return try c.b.matrixNorm(x, order, axes, keep: c.flag("keepdim"))
    },
    .one("cosine_similarity") { c in
      let (x, y) = (try c.float("x1"), try c.float("x2"))
      let axis = try Swift.max(x.rank, y.rank) == x.rank ? c.axis(x, "dim", 1) : c.axis(y, "dim", 1)
      let eps = try c.number("eps", 1e-8)
      func size(_ v: Value) throws -> Value { try c.b.maximum(c.b.apply("sqrt", c.b.sum(c.b.square(v), [axis], keep: false)), eps) }
      guard x.rank == y.rank else { throw Refusal("tensors of ranks \(x.rank) and \(y.rank)") }
      return try c.b.div(c.b.sum(c.b.mul(x, y), [axis], keep: false), c.b.mul(size(x), size(y)))
    },
    .one("pairwise_distance") { c in
      let gap = try c.b.add(c.b.sub(c.float("x1"), c.float("x2")), c.number("eps", 1e-6))
      return try c.b.norm(gap, c.number("p", 2), [gap.rank - 1], keep: c.flag("keepdim"))
    },
    .one("mse_loss", "l1_loss") { c in
      let gap = try c.b.sub(c.float(), c.float("target"))
      let values = try c.node.target.contains("mse") ? c.b.square(gap) : c.b.apply("abs", gap)
      // 0: every element, 1: the mean, 2: the sum.
      let all = Array(0..<values.rank)
      switch try c.int("reduction", 1) {
      case 0: return values
      case 1: return try c.b.mean(values, all, keep: false)
      default: return try c.b.sum(values, all, keep: false)
      }
    },
    .one("trace") { c in
      let x = try c.x()
      let extent = try Swift.min(x.extent(0), x.extent(1))
      let flat = try c.b.reshape(x, [x.shape().elementCount])
      let picks = try (0..<extent).map { $0 * (try x.extent(1)) + $0 }
      return try c.b.sum(c.b.gather(flat, picks, axis: 0), [0], keep: false)
    },
    .one("renorm") { c in
      let x = try c.float()
      let axis = try c.axis(x)
      let axes = (0..<x.rank).filter { $0 != axis }
      let p = try c.number("p", 2)
      let size = try c.b.norm(x, p, axes, keep: true)
      let limit = try c.number("maxnorm", 1)
      let factor = try c.b.div(c.b.number(limit, like: x), c.b.add(size, 1e-7))
      return try c.b.select(c.b.compare("greater", size, limit), c.b.mul(x, factor), x)
    },
  ]
}

extension ATenCall {
  /// Removes axes of extent 1.
  fileprivate func dropped(_ x: Value, _ axes: [Int]) throws -> Value {
    axes.count == x.rank ? try b.reshape(x, []) : try b.squeeze(x, axes)
  }

  /// A reduction along the axes that `dim` names, or along all of them.
  fileprivate func reduced(_ type: String, _ x: Value) throws -> Value {
    try b.reduce(type, x, axes(x), keep: flag("keepdim"))
  }

  /// Applies a function of numbers; a condition is a number of 0 or 1.
  fileprivate func numeric(_ body: (Value) throws -> Value) throws -> Value {
    let x = try self.x()
    return x.isBool ? try b.truth(body(b.int(x))) : try body(x)
  }

  fileprivate func extreme(_ type: String, _ position: String) throws -> [Value] {
    var x = try self.x()
    if x.isBool { x = try b.int(x) }
    if x.rank == 0 { return [x, b.number(0, like: b.constant([0]))] }
    let (axis, keep) = (try axis(x), try flag("keepdim"))
    return [
      try b.reduce(type, x, [axis], keep: keep), try b.emit(position, ["x": x, "axis": axis, "keep_dims": keep]),
    ]
  }

  fileprivate func position(_ type: String) throws -> Value {
    var x = try self.x()
    if x.isBool { x = try b.int(x) }
    let keep = try flag("keepdim")
    guard has("dim") else {
      let flat = try b.flattened(x)
      let index = try b.emit(type, ["x": flat, "axis": 0, "keep_dims": false])
      return keep ? try b.reshape(index, Array(repeating: 1, count: x.rank)) : index
    }
    if x.rank == 0 { return b.number(0, like: b.constant([0])) }
    return try b.emit(type, ["x": x, "axis": axis(x), "keep_dims": keep])
  }

  fileprivate func variance() throws -> (variance: Value, mean: Value) {
    let x = try float()
    let axes = try axes(x)
    let keep = try flag("keepdim")
    let correction = try number("correction") ?? (flag("unbiased", true) ? 1 : 0)
    let mean = try b.mean(x, axes)
    let squares = try b.mean(b.square(b.sub(x, mean)), axes, keep: keep)
    let plain = try keep ? mean : dropped(mean, axes)
    if correction == 0 { return (squares, plain) }
    guard let count = try b.extents(x, axes).integers()?.first else {
      let count = try b.float(b.extents(x, axes))
      return (try b.mul(squares, b.div(count, b.maximum(b.sub(count, correction), 0))), plain)
    }
    return (try b.mul(squares, Double(count) / Swift.max(Double(count) - correction, 0)), plain)
  }

  fileprivate func norm(_ order: Double, _ given: Value? = nil, fallback: [Int]? = nil) throws -> Value {
    let x = try given ?? float()
    let axes = try fallback != nil && !has("dim") ? fallback ?? [] : axes(x)
    return try b.norm(x, order, axes, keep: flag("keepdim"))
  }
}

extension Builder {
  /// The largest or smallest sum of magnitudes of a column or a row.
  fileprivate func matrixNorm(_ x: Value, _ order: Double, _ axes: [Int], keep: Bool) throws -> Value {
    guard abs(order) == 1 || abs(order) == .infinity else {
      throw Refusal("the norm of order \(order) of a matrix needs its singular values")
    }
    // Order 1 adds up the columns, infinity the rows.
    let (summed, rest) = abs(order) == 1 ? (axes[0], axes[1]) : (axes[1], axes[0])
    let sums = try reduce("reduce_l1_norm", x, [summed])
    let peak = try reduce(order > 0 ? "reduce_max" : "reduce_min", sums, [rest])
    if keep { return peak }
    return try axes.count == x.rank ? reshape(peak, []) : squeeze(peak, axes.sorted())
  }

  /// A norm of vectors along axes.
  fileprivate func norm(_ x: Value, _ order: Double, _ axes: [Int], keep: Bool) throws -> Value {
    if axes.isEmpty { return try apply("abs", x) }
    switch order {
    case 2: return try reduce("reduce_l2_norm", x, axes, keep: keep)
    case 1: return try reduce("reduce_l1_norm", x, axes, keep: keep)
    case .infinity: return try reduce("reduce_max", apply("abs", x), axes, keep: keep)
    case -.infinity: return try reduce("reduce_min", apply("abs", x), axes, keep: keep)
    case 0: return try sum(float(truth(x)), axes, keep: keep)
    default: return try pow(sum(pow(apply("abs", x), order), axes, keep: keep), 1 / order)
    }
  }
}
