// SPDX-License-Identifier: Apache-2.0
// How gradients go back through an operator: by MIL written beside it, or not at all, with the reason.

/// What an operator does with the gradient of its outputs.
package enum Gradient: Sendable {
  /// Writes operations that compute the gradient of each wanted input, and gives them to the context.
  case rule(@Sendable (GradientContext) throws -> Void)
  /// Writes the operator out in others, which have gradients, and gives what stands for its outputs.
  case expansion(@Sendable (Call, Emitter) throws -> [TypedValue])
  /// Nothing goes back; the reason completes the sentence "has no gradient: …".
  case none(String)

  /// Whether gradients go back.
  package var exists: Bool { if case .none = self { false } else { true } }
}

extension Gradient {
  static let integers = Gradient.none("its results are integers")
  static let truthValues = Gradient.none("its results are truth values")
  static let piecewiseConstant = Gradient.none("it is constant between its jumps")
  static let random = Gradient.none("its results are random numbers, which follow from nothing")
  static let constant = Gradient.none("its result is a constant")
  static let isGradient = Gradient.none("it computes a gradient itself; second derivatives are not provided")
}
