// SPDX-License-Identifier: Apache-2.0
// Comparisons, choices and functions that gradients are written with.

import MIL
import Tensors

extension TypedValue {
  package static func + (a: Float, b: TypedValue) throws -> TypedValue { try b + a }
  package static func * (a: Float, b: TypedValue) throws -> TypedValue { try b * a }
  package func exp() throws -> TypedValue { try apply("exp") }

  /// One zero, one one, of this type, to be broadcast.
  package var zero: TypedValue { TypedValue(Operand(Tensor(scalar: Float(0))), in: emitter) }
  package var one: TypedValue { TypedValue(Operand(Tensor(scalar: Float(1))), in: emitter) }

  func isAbove(_ bound: Float) throws -> TypedValue { try apply("greater", ["y": bound]) }
  func isAtLeast(_ bound: Float) throws -> TypedValue { try apply("greater_equal", ["y": bound]) }
  func isAtMost(_ bound: Float) throws -> TypedValue { try apply("less_equal", ["y": bound]) }

  /// Whether it lies between two bounds; at the bounds themselves too, as PyTorch has it.
  func isWithin(_ low: Float, _ high: Float) throws -> TypedValue {
    if low == -.infinity { return try isAtMost(high) }
    if high == .infinity { return try isAtLeast(low) }
    return try emitter.emit("logical_and", ["x": isAtLeast(low), "y": isAtMost(high)])
  }

  /// The first where this truth value holds, the second elsewhere.
  func select(_ a: TypedValue, _ b: TypedValue) throws -> TypedValue {
    try emitter.emit("select", ["cond": self, "a": a, "b": b])
  }

  /// This gradient back through an activation that has an operator for that, by its argument or its result.
  func through(
    _ activation: String, x: TypedValue? = nil, y: TypedValue? = nil, _ more: [String: (any Emittable)?] = [:]
  ) throws -> TypedValue {
    try emitter.emit("training_\(activation)_gradient", more.merging(["x": x, "y": y, "gradient": self]) { $1 })
  }
}
