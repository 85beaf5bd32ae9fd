// SPDX-License-Identifier: Apache-2.0
// Computes a loss and its gradients once.

import MIL
import Runtime
import Tensors
import Training

struct LossAndGradients {
  /// The loss and other outputs, by name.
  let values: [String: Tensor]
  /// The gradients by parameter name.
  let gradients: [String: Tensor]

  /// - Parameter inputs: the inputs of the function except parameters, which have their initial values.
  init(
    _ function: Function, of loss: String, by parameters: [LiftedConstant], inputs: [String: Tensor], keeping kept: [String] = []
  ) throws {
    let made = try Differentiation(function, of: loss, by: parameters.map(\.name), keeping: [loss] + kept)
    let all = inputs.merging(parameters.map { ($0.name, $0.start) }) { a, _ in a }
    let results = try Executor(program: Program(functions: [made.function]), function: function.name)
      .run(all, outputs: [loss] + kept + made.gradients.values.sorted()).tensors
    values = results
    gradients = made.gradients.compactMapValues { results[$0] }
  }
}
