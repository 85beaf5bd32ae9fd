// SPDX-License-Identifier: Apache-2.0
// Converts a function to training mode, in which batch norms use batch statistics and update running statistics.

import MIL
import Operators
import Tensors

/// A function whose batch norms use batch statistics.
///
/// Other differences between training and prediction, such as dropout, are not contained in Core ML programs. They
/// are added separately, before differentiation.
package struct TrainingMode: Sendable {
  package let function: Function
  /// The updated value of each running statistic that is an input of the function.
  package let updates: [String: String]

  /// - Parameters:
  ///   - function: the running statistics to update are inputs (`ParameterLifting.buffers`); norms whose statistics
  ///     are constants are unchanged.
  ///   - momentum: the weight of the batch statistics in the update of the running statistics.
  package init(_ function: Function, momentum: Float = 0.1) {
    let inputs = Set(function.inputs.map(\.name))
    var rewriter = Rewriter(function)
    var updates: [String: String] = [:]
    function.block.forEachOperation { location, operation in
      guard location.depth == 0, let op = Catalog.known(operation) as? any RunningStatistics.Type else { return }
      let statistics = op.weights.parameters.filter { $0.training == .statistic }
      guard statistics.allSatisfy({ operation.bindings($0.name)?.first?.name.map(inputs.contains) ?? false }),
        let trained = op.inTraining(operation, momentum: momentum, freshName: { rewriter.freshName($0) })
      else { return }
      rewriter.replace(location, with: [trained.operation])
      for (statistic, updated) in trained.updates { updates[statistic] = updated }
    }
    self.function = rewriter.rewritten()
    self.updates = updates
  }
}
