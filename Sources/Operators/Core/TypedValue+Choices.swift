// SPDX-License-Identifier: Apache-2.0
// Comparisons, selections and functions used by gradient rules.

import MIL
import Tensors

extension TypedValue {
  package static func + (a: Float, b: TypedValue) throws -> TypedValue { try b + a }
  package static func * (a: Float, b: TypedValue) throws -> TypedValue { try b * a }
  package func exp() throws -> TypedValue { try apply("exp") }

  /// Scalars 0 and 1 of this element type, which broadcast.
  package var zero: TypedValue { TypedValue(Operand(Tensor(scalar: Float(0))), in: emitter) }
  package var one: TypedValue { TypedValue(Operand(Tensor(scalar: Float(1))), in: emitter) }

  func isAbove(_ bound: Float) throws -> TypedValue { try apply("greater", ["y": bound]) }
  func isAtLeast(_ bound: Float) throws -> TypedValue { try apply("greater_equal", ["y": bound]) }
  func isAtMost(_ bound: Float) throws -> TypedValue { try apply("less_equal", ["y": bound]) }

  /// Whether the value is between two bounds; inclusive, as in PyTorch.
  func isWithin(_ low: Float, _ high: Float) throws -> TypedValue {
    if low == -.infinity { return try isAtMost(high) }
    if high == .infinity { return try isAtLeast(low) }
    return try emitter.emit("logical_and", ["x": isAtLeast(low), "y": isAtMost(high)])
  }

  /// Selects the first value where this boolean holds, otherwise the second.
  func select(_ a: TypedValue, _ b: TypedValue) throws -> TypedValue {
    try emitter.emit("select", ["cond": self, "a": a, "b": b])
  }

  /// Propagates this gradient through an activation that has a gradient operator, which takes its argument or its result.
  func through(
    _ activation: String, x: TypedValue? = nil, y: TypedValue? = nil, _ more: [String: (any Emittable)?] = [:]
  ) throws -> TypedValue {
    try emitter.emit("training_\(activation)_gradient", more.merging(["x": x, "y": y, "gradient": self]) { $1 })
  }
}
