// SPDX-License-Identifier: Apache-2.0
// A loss and its gradients, computed once.

import MIL
import Runtime
import Tensors
import Training

struct LossAndGradients {
  /// The loss, and whatever else was kept, by name.
  let values: [String: Tensor]
  /// By parameter.
  let gradients: [String: Tensor]

  /// - Parameter inputs: all that the function takes but the parameters, which are taken as they start.
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
