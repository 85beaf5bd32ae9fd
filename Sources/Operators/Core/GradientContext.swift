// SPDX-License-Identifier: Apache-2.0
// The inputs and results of a gradient rule.

import MIL
import Tensors

/// An operation whose input gradients are computed.
///
/// A rule reads the operation's inputs, outputs and output gradients, and gives a gradient for each input:
///
///     { g in try g.give("x") { try g.gradient() * g.input("x").cos() } }
package final class GradientContext {
  package let call: Call
  package let emitter: Emitter
  private let outputGradients: [TypedValue?]
  private let wanted: [String: Set<Int>]
  /// The gradients given so far: parameter, index among its values, gradient.
  package private(set) var given: [(parameter: String, index: Int, gradient: TypedValue)] = []

  /// - Parameters:
  ///   - gradients: gradient of each output; `nil` if none reaches it.
  ///   - wanted: for each parameter, the indices of the values whose gradients are required.
  package init(_ call: Call, _ emitter: Emitter, gradients: [TypedValue?], wanted: [String: Set<Int>]) {
    self.call = call
    self.emitter = emitter
    outputGradients = gradients
    self.wanted = wanted
  }

  /// Gives the gradient of an input; `gradient` is evaluated only if it is required.
  package func give(_ parameter: String, at index: Int = 0, _ gradient: () throws -> TypedValue) throws {
    guard wants(parameter, at: index) else { return }
    let value = try gradient()
    let expected = call.list(parameter)[index].type.tensorType?.shape
    precondition(
      value.shape == expected,
      "the gradient of \(call.operation.type)'s \(parameter) is \(value.shape), expected \(expected.map { "\($0)" } ?? "?")")
    given.append((parameter, index, value))
  }

  package func wants(_ parameter: String, at index: Int = 0) -> Bool { wanted[parameter]?.contains(index) ?? false }

  /// The value bound to a required parameter.
  package func input(_ parameter: String, at index: Int = 0) throws -> TypedValue {
    let list = call.list(parameter)
    guard list.indices.contains(index) else { throw call.missing(parameter) }
    return TypedValue(list[index], in: emitter)
  }

  package func optionalInput(_ parameter: String) throws -> TypedValue? { call.has(parameter) ? try input(parameter) : nil }

  /// An output of the operation.
  package func output(_ index: Int = 0) throws -> TypedValue { try emitter.value(call.operation.outputs[index].name) }

  /// The gradient of an output; zeros if none reaches it.
  package func gradient(_ index: Int = 0) throws -> TypedValue {
    if let known = outputGradients[index] { return known }
    let output = try output(index)
    return try emitter.constant(Tensor(zeros: .float32, output.shape))
  }

  /// The gradient of an output, if one reaches it.
  package func optionalGradient(_ index: Int) -> TypedValue? { outputGradients[index] }
}

extension DType {
  /// Whether moved elements carry a gradient: floats, and codes that represent floats.
  package var isDifferentiable: Bool { isFloat || self == .int8 || self == .uint8 }
}
