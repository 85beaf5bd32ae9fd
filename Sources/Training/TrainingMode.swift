// SPDX-License-Identifier: Apache-2.0
// A function as it is trained: batch norms go by the batch, and keep account of what they saw.

import MIL
import Operators
import Tensors

/// A function whose batch norms compute the batch's own statistics.
///
/// What else differs between training and use, like dropout, no program of Core ML contains: whoever trains puts it in, before
/// the function is differentiated.
package struct TrainingMode: Sendable {
  package let function: Function
  /// For each running statistic, an input of the function, the value that it becomes.
  package let updates: [String: String]

  /// - Parameters:
  ///   - function: the running statistics that should move are inputs (`ParameterLifting.buffers`); norms whose statistics are
  ///     constants stay as they are.
  ///   - momentum: how far a step moves the running statistics towards the batch's.
  package init(_ function: Function, momentum: Float = 0.1) {
    let inputs = Set(function.inputs.map(\.name))
    var rewriter = Rewriter(function)
    var updates: [String: String] = [:]
    function.block.forEachOperation { location, operation in
      guard operation.type == "batch_norm", let mean = operation.bindings("mean")?.first?.name,
        let variance = operation.bindings("variance")?.first?.name, inputs.contains(mean), inputs.contains(variance),
        let output = operation.outputs.first, location.depth == 0
      else { return }
      var training = operation
      training.type = "training_batch_norm"
      training.inputs.append(Argument("momentum", Constant(Tensor(scalar: momentum))))
      let names = ["mean", "inverse_deviation", "new_mean", "new_variance"].map { rewriter.freshName("\(output.name)_\($0)") }
      training.outputs = [output] + names.map { NamedType($0, .scalar(.float32)) }
      rewriter.replace(location, with: [training])
      updates[mean] = names[2]
      updates[variance] = names[3]
    }
    self.function = rewriter.rewritten()
    self.updates = updates
  }
}
