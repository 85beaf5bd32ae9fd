// SPDX-License-Identifier: Apache-2.0
// The gradient of an operator: a rule that emits MIL, an expansion, or none with a reason.

/// How an operator is differentiated.
package enum Gradient: Sendable {
  /// Emits operations that compute the gradient of each required input, and passes them to the context.
  case rule(@Sendable (GradientContext) throws -> Void)
  /// Expands the operator into differentiable operators, and returns the replacements of its outputs.
  case expansion(@Sendable (Call, Emitter) throws -> [TypedValue])
  /// No gradient; the reason completes the sentence "has no gradient: …".
  case none(String)

  /// Whether the operator is differentiable.
  package var exists: Bool { if case .none = self { false } else { true } }
}

extension Gradient {
  static let integers = Gradient.none("its results are integers")
  static let truthValues = Gradient.none("its results are booleans")
  static let piecewiseConstant = Gradient.none("it is piecewise constant")
  static let random = Gradient.none("its results are random numbers")
  static let constant = Gradient.none("its result is a constant")
  static let isGradient = Gradient.none("it computes a gradient itself; second derivatives are not provided")
}
