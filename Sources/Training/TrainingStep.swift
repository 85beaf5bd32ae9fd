// SPDX-License-Identifier: Apache-2.0
// One function with its gradients, planned over buffers that hold parameters, gradients and a batch.

import MIL
import Operators
import Runtime
import Tensors

/// Computes a loss and its gradients; parameters stay where they are from step to step.
///
/// Whoever trains writes a batch into `inputs`, calls `run`, reads `outputs` and `gradients`, and changes `parameters` in place.
package final class TrainingStep {
  /// What changes from batch to batch: the function's own inputs, by name.
  package let inputs: [String: ExternalBuffer]
  package let parameters: [String: ExternalBuffer]
  /// Running statistics; updated by `run` where the function gives new ones.
  package let buffers: [String: ExternalBuffer]
  /// By parameter.
  package let gradients: [String: ExternalBuffer]
  /// What the function gives besides gradients: the loss, predictions.
  package let outputs: [String: ExternalBuffer]
  private let bound: BoundFunction

  /// Plans a step.
  ///
  /// - Parameters:
  ///   - function: its inputs are a batch, the parameters and the buffers, all of known shape.
  ///   - updates: for buffers that a step changes, the value that each becomes.
  ///   - outputs: values to give besides the gradients.
  /// - Throws: `TrainingError`, `OperatorError`, `RuntimeError`.
  package init(
    _ function: Function, loss: String, parameters: [LiftedConstant], buffers: [LiftedConstant] = [], updates: [String: String] = [:],
    outputs wanted: [String] = [], isCancelled: @escaping () -> Bool = { false }
  ) throws {
    guard !parameters.isEmpty else { throw TrainingError.nothingToTrain(function: function.name) }
    let kept = [loss] + wanted.filter { $0 != loss } + updates.values.sorted()
    let made = try Differentiation(function, of: loss, by: parameters.map(\.name), keeping: kept)
    let emitter = try Emitter(made.function)
    func zeros(_ name: String) throws -> ExternalBuffer {
      let type = try emitter.value(name).operand.type
      guard let tensor = type.tensorType, let shape = tensor.shape else {
        throw TrainingError.unknownShape(name, type: "\(type)", operation: "the function's inputs")
      }
      return ExternalBuffer(zeros: tensor.dtype, shape)
    }
    let lifted = Set((parameters + buffers).map(\.name))
    self.parameters = Dictionary(parameters.map { ($0.name, ExternalBuffer($0.start)) }, uniquingKeysWith: { a, _ in a })
    self.buffers = Dictionary(buffers.map { ($0.name, ExternalBuffer($0.start)) }, uniquingKeysWith: { a, _ in a })
    inputs = try Dictionary(
      function.inputs.filter { !lifted.contains($0.name) }.map { ($0.name, try zeros($0.name)) }, uniquingKeysWith: { a, _ in a })
    gradients = try made.gradients.mapValues { try zeros($0) }
    outputs = try Dictionary(([loss] + wanted).map { ($0, try zeros($0)) }, uniquingKeysWith: { a, _ in a })
    var places = inputs.merging(self.parameters) { a, _ in a }.merging(self.buffers) { a, _ in a }.merging(outputs) { a, _ in a }
    for (parameter, name) in made.gradients { places[name] = gradients[parameter] }
    for (buffer, value) in updates { places[value] = self.buffers[buffer] }
    let executor = try Executor(program: Program(functions: [made.function]), function: function.name, isCancelled: isCancelled)
    bound = try executor.bind(places)
  }

  /// Computes everything from what the buffers hold now.
  ///
  /// - Throws: `RuntimeError.interrupted`; `OperatorError` for faults that depend on values.
  package func run() throws { try bound.run() }

  /// The loss that `run` computed last.
  package func value(of output: String) -> Float? { outputs[output]?.floats.first }

  /// Where the time goes: the operations' times, the slowest first.
  package func profile(runs: Int) throws -> [ProfileRow] { try bound.profile(runs: runs) }

  package var summary: PlanSummary { bound.summary }
}
