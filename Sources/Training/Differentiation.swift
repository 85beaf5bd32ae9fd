// SPDX-License-Identifier: Apache-2.0
// Reverse mode on MIL: behind a function's operations, those that compute a loss's gradients.

import MIL
import Operators
import Runtime
import Tensors

/// A function that also gives gradients.
///
/// The operations of the function stay as they are; behind them, in the same block, each operator on the way from the
/// values to the loss has written its gradient in MIL, in reverse order. So the whole prints, verifies, is planned and runs
/// like any other function.
package struct Differentiation: Sendable {
  /// Gives what was to be kept, then the gradients.
  package let function: Function
  /// The output that is a value's gradient, by the value's name.
  package let gradients: [String: String]

  /// - Parameters:
  ///   - function: all its shapes follow from its inputs' types.
  ///   - loss: a float of one element among its values.
  ///   - names: values whose gradients are wanted, inputs or not.
  ///   - kept: outputs of the new function before the gradients.
  /// - Throws: `TrainingError` for a name that is not there, a loss that is not one number, a value that the loss does not
  ///   depend on smoothly; `OperatorError` where the function's types do not fit.
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

/// The walk back through a function's operations.
private struct BackwardPass {
  let emitter: Emitter
  private let function: Function
  private let loss: String
  /// The function's own operations, with their types.
  private let forward: [Operation]
  /// Values that depend on those whose gradients are wanted.
  private var active: Set<String>
  /// What has come back to each value so far.
  private var arrived: [String: [TypedValue]] = [:]
  /// Where gradients ended, with the reasons.
  private var ends: [String] = []

  init(_ function: Function, loss: String, names: [String]) throws {
    self.function = function
    self.loss = loss
    emitter = try Emitter(function)
    forward = emitter.operations
    for name in names + [loss] where !emitter.has(name) { throw TrainingError.unknownValue(name, function: function.name) }
    let type = try emitter.value(loss).operand.type
    guard let tensor = type.tensorType, tensor.dtype.isFloat, tensor.shape?.elementCount == 1 else {
      throw TrainingError.lossNotScalar(loss, type: "\(type)")
    }
    active = Set(names)
    for operation in forward where operation.namesRead.contains(where: active.contains) { active.formUnion(operation.outputs.map(\.name)) }
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
    // A constant gradient (the loss itself) and one that is also another's need a name of their own.
    return try gradient.apply("identity", name: "\(name)_gradient").name ?? name
  }

  private mutating func goBack(through operation: Operation) throws {
    let call = try emitter.call(operation)
    var wanted: [String: Set<Int>] = [:]
    for (parameter, operands) in call.operands {
      for (i, operand) in operands.enumerated() {
        guard let name = operand.name, active.contains(name), operand.type.tensorType?.dtype.isFloat == true else { continue }
        wanted[parameter, default: []].insert(i)
      }
    }
    guard !wanted.isEmpty else { return }
    guard case .rule(let rule) = try Catalogue.find(operation).gradient else {
      if case .none(let reason) = try Catalogue.find(operation).gradient {
        ends.append("\(operation.type) '\(operation.name)' has no gradient: \(reason)")
      }
      return
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

  /// Rules are written for known shapes.
  private func checkShapes(_ operation: Operation, _ call: Call) throws {
    for (name, type) in call.operands.values.joined().map({ ($0.name ?? "", $0.type) }) + operation.outputs.map({ ($0.name, $0.type) }) {
      guard let tensor = type.tensorType, tensor.shape == nil else { continue }
      throw TrainingError.unknownShape(name, type: "\(type)", operation: "\(operation.type) '\(operation.name)'")
    }
  }

  /// The sum of what has come back to a value.
  private mutating func collect(_ name: String) throws -> TypedValue? {
    guard let parts = arrived[name], let first = parts.first else { return nil }
    let sum = try parts.dropFirst().reduce(first) { try $0 + $1 }
    arrived[name] = [sum]
    return sum
  }
}
