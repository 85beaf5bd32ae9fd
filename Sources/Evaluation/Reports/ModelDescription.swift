// SPDX-License-Identifier: Apache-2.0
// The description of a model in a report, in addition to its measurements.

import Tensors
import TextLayout

/// A model's target and interface, and the effect of each compression step on its weights.
package struct ModelDescription: Sendable, Equatable {
  /// A compression step and its weights.
  package struct Step: Sendable, Equatable {
    package let title: String
    package let weights: Table

    package init(title: String, weights: Table) {
      self.title = title
      self.weights = weights
    }
  }

  /// Target, inputs, states, outputs and weights.
  package let facts: [RunEnvironment.Fact]
  package let steps: [Step]

  package init(facts: [RunEnvironment.Fact] = [], steps: [Step] = []) {
    self.facts = facts
    self.steps = steps
  }

  package var isEmpty: Bool { facts.isEmpty && steps.isEmpty }
}

extension Dataset {
  /// The description of the samples in a report.
  ///
  /// - Throws: the errors of the source while the digest is computed.
  package var facts: [RunEnvironment.Fact] {
    get throws {
      var facts = [RunEnvironment.Fact("samples", "\(count)")]
      for (name, type) in inputTypes.sorted(by: { $0.key < $1.key }) {
        facts.append(.init("input \(name)", "\(type.dtype) \(type.shape)"))
      }
      if let type = labelType { facts.append(.init("labels", "\(type.dtype) \(type.shape)")) }
      if let classNames { facts.append(.init("classes", "\(classNames.count)")) }
      return try facts + [.init("digest", digest)]
    }
  }
}
