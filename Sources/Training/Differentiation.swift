// SPDX-License-Identifier: Apache-2.0
// Reverse-mode differentiation of MIL: appends the operations that compute the gradients of a loss.

import MIL
import Operators
import Runtime
import Tensors

/// A function that also computes gradients.
///
/// The function's operations are unchanged. After them, in the same block, each operator on the path from the
/// values to the loss emits its gradient in MIL, in reverse order. The result is printed, verified, planned and run
/// like any other function.
package struct Differentiation: Sendable {
  /// Its outputs are the kept values, then the gradients.
  package let function: Function
  /// The name of the gradient of each value, by the value's name.
  package let gradients: [String: String]

  /// - Parameters:
  ///   - function: a function whose shapes are all known from its input types.
  ///   - loss: the name of a float value with one element.
  ///   - names: values whose gradients are required, inputs or not.
  ///   - kept: outputs of the new function that precede the gradients.
  /// - Throws: `TrainingError` if a name does not exist, the loss is not a single number, or the loss does not depend on a value
  ///   differentiably; `OperatorError` if the function's types are inconsistent.
  package init(_ function: Function, of loss: String, by names: [String], keeping kept: [String]) throws {
    var pass = try BackwardPass(function, loss: loss, names: names)
    try pass.run()
    var gradients: [String: String] = [:]
    for name in names { gradients[name] = try pass.gradient(of: name) }
    self.gradients = gradients
    for name in kept where !pass.emitter.has(name) { throw TrainingError.unknownValue(name, function: function.name) }
    var result = function
    result.block.operations = pass.emitter.operations
    result.block.outputs = kept + names.compactMap { gradients[$0] }
    self.function = result
  }
}

/// The reverse pass over a function's operations.
private struct BackwardPass {
  let emitter: Emitter
  private let function: Function
  private let loss: String
  /// The function's own operations, with inferred types.
  private let forward: [Operation]
  private let active: ActiveValues
  /// The gradient contributions of each value so far.
  private var arrived: [String: [TypedValue]] = [:]
  /// Where gradients stopped, with the reasons.
  private var ends: [String] = []

  init(_ function: Function, loss: String, names: [String]) throws {
    self.function = function
    self.loss = loss
    let active = ActiveValues(names)
    emitter = try Emitter(beginning: function)
    emitter.expands = { active.reach($0) }
    emitter.appended = { active.follow($0) }
    for operation in function.block.operations { try emitter.append(operation) }
    forward = emitter.operations
    self.active = active
    emitter.expands = { _ in false }
    emitter.appended = { _ in }
    for name in names + [loss] where !emitter.has(name) { throw TrainingError.unknownValue(name, function: function.name) }
    let type = try emitter.value(loss).operand.type
    guard let tensor = type.tensorType, tensor.dtype.isFloat, tensor.shape?.elementCount == 1 else {
      throw TrainingError.lossNotScalar(loss, type: "\(type)")
    }
    arrived[loss] = [try emitter.constant(Tensor(Array(repeating: Float(1), count: 1), shape: tensor.shape ?? []))]
  }

  mutating func run() throws {
    for operation in forward.reversed() where operation.outputs.contains(where: { arrived[$0.name] != nil && active.contains($0.name) }) {
      try goBack(through: operation)
    }
  }

  /// The name of the value's gradient.
  mutating func gradient(of name: String) throws -> String {
    guard let gradient = try collect(name) else { throw TrainingError.noGradient(name, loss: loss, ends: ends) }
    // A constant gradient (of the loss itself) and one shared with another value need their own names.
    return try gradient.apply("identity", name: "\(name)_gradient").name ?? name
  }

  private mutating func goBack(through operation: Operation) throws {
    let call = try emitter.call(operation)
    var wanted: [String: Set<Int>] = [:]
    for (parameter, operands) in call.operands {
      for (i, operand) in operands.enumerated() {
        guard let name = operand.name, active.contains(name), operand.type.tensorType?.dtype.isDifferentiable == true else { continue }
        wanted[parameter, default: []].insert(i)
      }
    }
    guard !wanted.isEmpty else { return }
    let rule: @Sendable (GradientContext) throws -> Void
    switch try Catalog.find(operation).gradient {
    case .rule(let known): rule = known
    case .none(let reason):
      ends.append("\(operation.type) '\(operation.name)' has no gradient: \(reason)")
      return
    case .expansion: preconditionFailure("\(operation.type) was to be written out before")
    }
    try checkShapes(operation, call)
    let gradients = try operation.outputs.map { try collect($0.name) }
    let context = GradientContext(call, emitter, gradients: gradients, wanted: wanted)
    try rule(context)
    for (parameter, index, gradient) in context.given {
      guard let name = call.list(parameter)[index].name else { continue }
      arrived[name, default: []].append(gradient)
    }
  }

  /// Gradient rules require known shapes.
  private func checkShapes(_ operation: Operation, _ call: Call) throws {
    for (name, type) in call.operands.values.joined().map({ ($0.name ?? "", $0.type) }) + operation.outputs.map({ ($0.name, $0.type) }) {
      guard let tensor = type.tensorType, tensor.shape == nil else { continue }
      throw TrainingError.unknownShape(name, type: "\(type)", operation: "\(operation.type) '\(operation.name)'")
    }
  }

  /// The sum of the gradient contributions of a value.
  private mutating func collect(_ name: String) throws -> TypedValue? {
    guard let parts = arrived[name], let first = parts.first else { return nil }
    let sum = try parts.dropFirst().reduce(first) { try $0 + $1 }
    arrived[name] = [sum]
    return sum
  }
}

/// The values that depend on those whose gradients are required.
private final class ActiveValues {
  private var names: Set<String>

  init(_ names: [String]) { self.names = Set(names) }

  func contains(_ name: String) -> Bool { names.contains(name) }

  /// Whether the operation reads an active value.
  func reach(_ operation: Operation) -> Bool { operation.namesRead.contains(where: names.contains) }

  /// Marks the operation's outputs as active, if it reads an active value.
  func follow(_ operation: Operation) { if reach(operation) { names.formUnion(operation.outputs.map(\.name)) } }
}
