// SPDX-License-Identifier: Apache-2.0
// What a report tells of a model beside its measurements.

import Tensors

/// A model's target and interface, and what each step of compression did to its weights.
package struct ModelDescription: Sendable, Equatable {
  /// One step and its weights.
  package struct Step: Sendable, Equatable {
    package let title: String
    package let weights: Table

    package init(title: String, weights: Table) {
      self.title = title
      self.weights = weights
    }
  }

  /// Target, inputs, states, outputs, weights.
  package let facts: [RunEnvironment.Fact]
  package let steps: [Step]

  package init(facts: [RunEnvironment.Fact] = [], steps: [Step] = []) {
    self.facts = facts
    self.steps = steps
  }

  package var isEmpty: Bool { facts.isEmpty && steps.isEmpty }
}

extension Dataset {
  /// What a report tells of the samples.
  package var facts: [RunEnvironment.Fact] {
    var facts = [RunEnvironment.Fact("samples", "\(count)")]
    for (name, tensor) in inputs.sorted(by: { $0.key < $1.key }) {
      facts.append(.init("input \(name)", "\(tensor.dtype) \(Array(tensor.shape.dropFirst()))"))
    }
    if let labels { facts.append(.init("labels", "\(labels.dtype) \(Array(labels.shape.dropFirst()))")) }
    if let classNames { facts.append(.init("classes", "\(classNames.count)")) }
    return facts + [.init("digest", digest)]
  }
}
