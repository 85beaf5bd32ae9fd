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
      guard location.depth == 0, let op = Catalogue.known(operation) as? any RunningStatistics.Type else { return }
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
