// SPDX-License-Identifier: Apache-2.0
// How a model is trained.

import Operators
import Tensors

/// How the loss is written.
package enum LossRule {
  case named(any Loss)
  /// By somebody else, such as a script.
  case custom((LossContext) throws -> TypedValue)
}

/// Parameters that are trained differently.
package struct ParameterGroup {
  /// The pattern as it was given.
  package let pattern: String
  package let matches: (String) throws -> Bool
  /// Times the rate of the others.
  package let rateFactor: Double
  package let weightDecay: Double?

  package init(pattern: String, matches: @escaping (String) throws -> Bool, rateFactor: Double, weightDecay: Double?) {
    self.pattern = pattern
    self.matches = matches
    self.rateFactor = rateFactor
    self.weightDecay = weightDecay
  }
}

/// A pattern for names of parameters, with its source text.
package struct ParameterPattern {
  package let text: String
  package let matches: (String) throws -> Bool

  package init(_ text: String, matches: @escaping (String) throws -> Bool) {
    self.text = text
    self.matches = matches
  }
}

/// Everything that a trainer is told at first.
package struct TrainerOptions {
  package var loss: LossRule
  /// The output that the loss judges; `nil` where there is only one.
  package var output: String?
  package var optimizer: any Optimizer
  package var rate: Double
  package var schedule: RatePlan
  /// Gradients are shrunk to this norm, all together.
  package var clipNorm: Double?
  /// Each gradient is cut to ± this.
  package var clipValue: Double?
  /// Batches that make one step.
  package var accumulate: Int
  /// Share of the mean of weights that stays at a step; `nil` for no mean.
  package var emaDecay: Double?
  package var groups: [ParameterGroup]
  /// Parameters that are left as they are.
  package var frozen: [ParameterPattern]
  /// Shares of elements that are dropped, by the name of the `identity` in whose place.
  package var dropout: [String: Double]
  package var seed: UInt64

  package init(
    loss: LossRule, output: String? = nil, optimizer: any Optimizer, rate: Double, schedule: RatePlan, clipNorm: Double? = nil,
    clipValue: Double? = nil, accumulate: Int = 1, emaDecay: Double? = nil, groups: [ParameterGroup] = [],
    frozen: [ParameterPattern] = [], dropout: [String: Double] = [:], seed: UInt64 = 0
  ) {
    self.loss = loss
    self.output = output
    self.optimizer = optimizer
    self.rate = rate
    self.schedule = schedule
    self.clipNorm = clipNorm
    self.clipValue = clipValue
    self.accumulate = accumulate
    self.emaDecay = emaDecay
    self.groups = groups
    self.frozen = frozen
    self.dropout = dropout
    self.seed = seed
  }
}

/// Samples of one step.
package struct TrainingBatch {
  package var inputs: [String: Tensor]
  package var labels: Tensor?
  /// The judged output of another model on these inputs.
  package var reference: Tensor?

  package init(inputs: [String: Tensor], labels: Tensor?, reference: Tensor? = nil) {
    self.inputs = inputs
    self.labels = labels
    self.reference = reference
  }
}
