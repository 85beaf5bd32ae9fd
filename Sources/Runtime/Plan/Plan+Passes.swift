// SPDX-License-Identifier: Apache-2.0
// The passes over a graph, in the order in which they run.

import Operators

extension Plan {
  /// Every pass, in order.
  package static let passes: [PlanPass] = [
    PlanPass("fold scales into weights", when: isFused) { graph, _ in graph.foldScalesIntoWeights() },
    PlanPass("recognize gated activations", when: isFused) { graph, _ in graph.recognizeGatedActivations() },
    PlanPass("take codes", when: isFused) { graph, _ in graph.takeCodes() },
    PlanPass("fuse post-operations", when: isFused) { graph, _ in graph.fusePostOperations() },
    PlanPass("gate gradients", when: isFused) { graph, _ in graph.gateGradients() },
    PlanPass("give codes", when: isFused) { graph, _ in graph.giveCodes() },
    PlanPass("remove dead nodes") { graph, _ in graph.removeDeadNodes() },
    PlanPass("assign layouts") { graph, _ in graph.assignLayouts() },
    PlanPass("share memory in place") { graph, options in graph.shareMemoryInPlace(weights: options.weights) },
  ]

  /// Where every operator's result is rounded, operators stay apart.
  private static let isFused: @Sendable (RuntimeOptions) -> Bool = { $0.precision == .float32 }
}

extension Graph {
  /// This graph after all passes that apply.
  ///
  /// - Throws: `RuntimeError.brokenGraph` naming the pass after which the graph is not sound, where the options ask to check.
  package func rewritten(_ options: RuntimeOptions, passes: [PlanPass] = Plan.passes) throws -> Graph {
    var graph = self
    if options.verifiesPasses { try graph.verify(after: "specialize") }
    for pass in passes where pass.condition(options) {
      pass.run(&graph, options)
      if options.verifiesPasses { try graph.verify(after: pass.name) }
    }
    return graph
  }
}
