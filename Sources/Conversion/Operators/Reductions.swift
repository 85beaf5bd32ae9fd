// SPDX-License-Identifier: Apache-2.0
// Reductions along axes.

import MIL
import ONNXFiles
import Operators
import Tensors

enum Reductions {
  static let rules: [Rule] =
    [
      ("ReduceSum", "reduce_sum", 13), ("ReduceMean", "reduce_mean", 18), ("ReduceMax", "reduce_max", 18), ("ReduceMin", "reduce_min", 18),
      ("ReduceProd", "reduce_prod", 18), ("ReduceL1", "reduce_l1_norm", 18), ("ReduceL2", "reduce_l2_norm", 18),
      ("ReduceLogSum", "reduce_log_sum", 18), ("ReduceLogSumExp", "reduce_log_sum_exp", 18), ("ReduceSumSquare", "reduce_sum_square", 18),
    ].map { name, type, since in Rule.one(name) { n in try n.reduction(type, since: since) } } + [
      .one("ArgMax") { n in try n.position("reduce_argmax") },
      .one("ArgMin") { n in try n.position("reduce_argmin") },
    ]
}

extension Node {
  fileprivate func reduction(_ type: String, since: Int) throws -> Value {
    let x = try self.x()
    let keep = try flag("keepdims", true)
    var axes = try axes(x, operand: 1, since: since) ?? []
    if axes.isEmpty {
      if try flag("noop_with_empty_axes") { return try reduceElements(type, x) }
      axes = Array(0..<x.rank)
    }
    guard !axes.isEmpty else { return try reduceElements(type, x) }
    func reduced(_ x: Value) throws -> Value {
      if type == "reduce_log_sum_exp" { return try stableLogSumExp(x, axes, keep) }
      return try b.reduce(type, x, axes, keep: keep)
    }
    if x.isBool { return try b.asNumber(x, reduced) }
    let needsFloats = ["reduce_mean", "reduce_l2_norm", "reduce_log_sum", "reduce_log_sum_exp"].contains(type)
    guard x.isInteger, needsFloats else { return try reduced(x) }
    return try b.int(b.truncated(reduced(b.float(x)))).typed(x.element)
  }

  /// A reduction over no axes, which applies the function to every element.
  private func reduceElements(_ type: String, _ x: Value) throws -> Value {
    switch type {
    case "reduce_l1_norm", "reduce_l2_norm": try b.apply("abs", x)
    case "reduce_log_sum": try b.log(x)
    case "reduce_sum_square": try b.square(x)
    default: x
    }
  }

  private func stableLogSumExp(_ x: Value, _ axes: [Int], _ keep: Bool) throws -> Value {
    try b.reduce("reduce_log_sum_exp", x, axes, keep: keep)
  }

  fileprivate func position(_ type: String) throws -> Value {
    let x = try self.x()
    let axis = try x.axis(int("axis", 0))
    let keep = try flag("keepdims", true)
    func find(_ x: Value) throws -> Value { try b.emit(type, ["x": x, "axis": axis, "keep_dims": keep]) }
    guard try flag("select_last_index") else { return try find(x).typed(.int64) }
    let last = try x.extent(axis) - 1
    return try b.sub(Double(last), find(b.reverse(x, [axis]))).typed(.int64)
  }
}
