// SPDX-License-Identifier: Apache-2.0
// The passes over a graph, in the order of execution.

import Operators

extension Plan {
  /// All passes, in the order of execution.
  package static let passes: [PlanPass] = [
    PlanPass("fold scales into weights", when: isFused) { graph, _ in graph.foldScalesIntoWeights() },
    PlanPass("recognize gated activations", when: isFused) { graph, _ in graph.recognizeGatedActivations() },
    PlanPass("read codes", when: readsCodes) { graph, _ in graph.readCodes() },
    PlanPass("fuse post-operations", when: isFused) { graph, _ in graph.fusePostOperations() },
    PlanPass("gate gradients", when: isFused) { graph, _ in graph.gateGradients() },
    PlanPass("write codes", when: isFused) { graph, _ in graph.writeCodes() },
    PlanPass("read parts of caches") { graph, _ in graph.readPartsOfCaches() },
    PlanPass("remove dead nodes") { graph, _ in graph.removeDeadNodes() },
    PlanPass("assign layouts") { graph, _ in graph.assignLayouts() },
    PlanPass("share memory in place") { graph, options in graph.shareMemoryInPlace(weights: options.weights) },
    PlanPass("keep results apart from states") { graph, _ in graph.keepResultsApartFromStates() },
  ]

  /// Operators are not fused in fp16 precision, since the result of each operator must be rounded.
  private static let isFused: @Sendable (RuntimeOptions) -> Bool = { $0.precision == .float32 }
  /// If all weights are decoded to dense form, there are no codes to compute on.
  private static let readsCodes: @Sendable (RuntimeOptions) -> Bool = { isFused($0) && $0.weights != .dense }
}

extension Graph {
  /// The graph after all applicable passes.
  ///
  /// - Throws: `RuntimeError.brokenGraph` with the name of the pass that produced an invalid graph, if verification
  ///   is enabled.
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
