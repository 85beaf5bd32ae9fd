// SPDX-License-Identifier: Apache-2.0
// Elementwise operations, casts and reductions.

import MIL
import ONNXFiles
import Operators
import Tensors

extension Builder {
  // MARK: Types

  /// The value in another dtype of the program.
  func cast(_ x: Value, _ dtype: DType) throws -> Value {
    x.dtype == dtype ? x : try emit("cast", ["x": x, "dtype": dtype.name])
  }

  func float(_ x: Value) throws -> Value { try cast(x, .float32) }
  func int(_ x: Value) throws -> Value { try cast(x, .int32) }
  func bool(_ x: Value) throws -> Value { try cast(x, .bool) }

  /// A number in the dtype of another value.
  func number(_ value: Double, like x: Value) -> Value {
    Value(constant: x.isFloat ? Tensor(scalar: Float(value)) : Tensor(integers: [Int(saturating: value)], dtype: .int32, shape: []))
  }

  func constant(_ value: Float) -> Value { Value(constant: Tensor(scalar: value)) }
  func constant(_ values: [Int]) -> Value { Value(constant: Tensor(integers: values, dtype: .int32, shape: [values.count])) }

  /// Two values with the same dtype: that of the floating-point one, if there is one.
  func matched(_ x: Value, _ y: Value) throws -> (Value, Value) {
    if x.dtype == y.dtype { return (x, y) }
    let dtype: DType = x.isFloat || y.isFloat ? .float32 : .int32
    return (try cast(x, dtype), try cast(y, dtype))
  }

  // MARK: Two operands

  func add(_ x: Value, _ y: Value) throws -> Value { try emit("add", ["x": x, "y": y]) }
  func sub(_ x: Value, _ y: Value) throws -> Value { try emit("sub", ["x": x, "y": y]) }
  func mul(_ x: Value, _ y: Value) throws -> Value { try emit("mul", ["x": x, "y": y]) }
  func div(_ x: Value, _ y: Value) throws -> Value { try emit("real_div", ["x": x, "y": y]) }
  func maximum(_ x: Value, _ y: Value) throws -> Value { try emit("maximum", ["x": x, "y": y]) }
  func minimum(_ x: Value, _ y: Value) throws -> Value { try emit("minimum", ["x": x, "y": y]) }
  func add(_ x: Value, _ y: Double) throws -> Value { y == 0 ? x : try add(x, number(y, like: x)) }
  func sub(_ x: Value, _ y: Double) throws -> Value { y == 0 ? x : try sub(x, number(y, like: x)) }
  func mul(_ x: Value, _ y: Double) throws -> Value { y == 1 ? x : try mul(x, number(y, like: x)) }
  func div(_ x: Value, _ y: Double) throws -> Value { y == 1 ? x : try div(x, number(y, like: x)) }
  func sub(_ x: Double, _ y: Value) throws -> Value { try sub(number(x, like: y), y) }
  func maximum(_ x: Value, _ y: Double) throws -> Value { try maximum(x, number(y, like: x)) }
  func minimum(_ x: Value, _ y: Double) throws -> Value { try minimum(x, number(y, like: x)) }
  func pow(_ x: Value, _ y: Double) throws -> Value { y == 1 ? x : try emit("pow", ["x": x, "y": number(y, like: x)]) }

  /// The quotient rounded toward negative infinity.
  func floorDiv(_ x: Value, _ y: Value) throws -> Value { try emit("floor_div", ["x": x, "y": y]) }

  /// The quotient of integers, rounded toward 0.
  func truncatedDiv(_ x: Value, _ y: Value) throws -> Value {
    let size = try floorDiv(apply("abs", x), apply("abs", y))
    return try mul(size, mul(apply("sign", x), apply("sign", y)))
  }

  func compare(_ type: String, _ x: Value, _ y: Value) throws -> Value { try emit(type, ["x": x, "y": y]) }
  func compare(_ type: String, _ x: Value, _ y: Double) throws -> Value { try emit(type, ["x": x, "y": number(y, like: x)]) }
  func and(_ x: Value, _ y: Value) throws -> Value { try emit("logical_and", ["x": x, "y": y]) }
  func or(_ x: Value, _ y: Value) throws -> Value { try emit("logical_or", ["x": x, "y": y]) }
  func xor(_ x: Value, _ y: Value) throws -> Value { try emit("logical_xor", ["x": x, "y": y]) }
  func not(_ x: Value) throws -> Value { try emit("logical_not", ["x": x]) }

  /// `a` where the condition holds, else `b`; all three are broadcast, as Core ML requires.
  func select(_ condition: Value, _ a: Value, _ b: Value) throws -> Value {
    let shape = condition.knownShape.flatMap { c in
      a.knownShape.flatMap { c.broadcast(with: $0) }.flatMap { ca in b.knownShape.flatMap { ca.broadcast(with: $0) } }
    }
    guard let shape else { return try emit("select", ["cond": condition, "a": a, "b": b]) }
    func full(_ x: Value) throws -> Value { x.rank == 0 && !shape.isEmpty && x !== condition ? x : try broadcast(x, to: shape) }
    return try emit("select", ["cond": full(condition), "a": full(a), "b": full(b)])
  }

  // MARK: One operand

  /// An operator with the single input `x`.
  func apply(_ type: String, _ x: Value) throws -> Value { try emit(type, ["x": x]) }

  /// The natural logarithm, without an epsilon.
  func log(_ x: Value) throws -> Value { try emit("log", ["x": x, "epsilon": Float(0)]) }

  func negated(_ x: Value) throws -> Value { try mul(x, -1) }
  func square(_ x: Value) throws -> Value { try apply("square", x) }

  /// The value rounded toward 0.
  func truncated(_ x: Value) throws -> Value {
    x.isFloat ? try mul(apply("sign", x), apply("floor", apply("abs", x))) : x
  }

  /// Applies a function of floats to a value of any dtype, and returns a value of that dtype.
  func asFloat(_ x: Value, _ body: (Value) throws -> Value) throws -> Value {
    if x.isFloat { return try body(x) }
    return try cast(body(float(x)), x.dtype)
  }

  /// Applies a function of numbers to a value, with a boolean as an integer.
  func asNumber(_ x: Value, _ body: (Value) throws -> Value) throws -> Value {
    x.isBool ? try bool(body(int(x))) : try body(x)
  }

  // MARK: Reductions

  func reduce(_ type: String, _ x: Value, _ axes: [Int], keep: Bool = true) throws -> Value {
    guard !axes.isEmpty else { return x }
    return try emit(type, ["x": x, "axes": axes, "keep_dims": keep])
  }

  func sum(_ x: Value, _ axes: [Int], keep: Bool = true) throws -> Value { try reduce("reduce_sum", x, axes, keep: keep) }
  func mean(_ x: Value, _ axes: [Int], keep: Bool = true) throws -> Value { try reduce("reduce_mean", x, axes, keep: keep) }
  func max(_ x: Value, _ axes: [Int], keep: Bool = true) throws -> Value { try reduce("reduce_max", x, axes, keep: keep) }

  func softmax(_ x: Value, axis: Int) throws -> Value { try emit("softmax", ["x": x, "axis": axis]) }

  /// The logarithm of the softmax, which is finite where the softmax underflows.
  func logSoftmax(_ x: Value, axis: Int) throws -> Value {
    let shifted = try sub(x, max(x, [axis]))
    return try sub(shifted, reduce("reduce_log_sum_exp", shifted, [axis]))
  }

  func sigmoid(_ x: Value) throws -> Value { try apply("sigmoid", x) }

  /// The product of two matrices, or batches of them.
  func matmul(_ x: Value, _ y: Value, transpose: (x: Bool, y: Bool) = (false, false)) throws -> Value {
    try emit("matmul", ["x": x, "y": y, "transpose_x": transpose.x, "transpose_y": transpose.y])
  }
}
