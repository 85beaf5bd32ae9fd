// SPDX-License-Identifier: Apache-2.0
// The options of a trainer.

import Operators
import Tensors

/// How the loss is computed.
package enum LossRule {
  case named(any Loss)
  /// A custom loss, such as one defined in a script.
  case custom((LossContext) throws -> TypedValue)
}

/// Parameters with different training options.
package struct ParameterGroup {
  /// The source text of the pattern.
  package let pattern: String
  package let matches: (String) throws -> Bool
  /// A factor for the learning rate.
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

/// Whether batch norms are put back behind the layers that they were folded into.
package enum NormRule: String, CaseIterable, Sendable {
  case none, restore
}

/// The options of a trainer.
package struct TrainerOptions {
  package var loss: LossRule
  /// The output for the loss; `nil` if there is only one.
  package var output: String?
  package var optimizer: any Optimizer
  package var rate: Double
  package var schedule: RatePlan
  /// Gradients are scaled down such that their total norm is at most this.
  package var clipNorm: Double?
  /// Each gradient is clamped to ± this.
  package var clipValue: Double?
  /// The number of batches per step.
  package var accumulate: Int
  /// The decay of the exponential moving average of weights; `nil` for none.
  package var emaDecay: Double?
  package var groups: [ParameterGroup]
  /// The constants to train; if empty, the roles of the operators that read them decide.
  package var parameters: [ParameterPattern]
  /// Parameters that are not trained.
  package var frozen: [ParameterPattern]
  package var norms: NormRule
  /// The dropout rates by the name of the `identity` operation that is replaced.
  package var dropout: [String: Double]
  package var seed: UInt64

  package init(
    loss: LossRule, output: String? = nil, optimizer: any Optimizer, rate: Double, schedule: RatePlan, clipNorm: Double? = nil,
    clipValue: Double? = nil, accumulate: Int = 1, emaDecay: Double? = nil, groups: [ParameterGroup] = [],
    parameters: [ParameterPattern] = [], frozen: [ParameterPattern] = [], norms: NormRule = .none, dropout: [String: Double] = [:],
    seed: UInt64 = 0
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
    self.parameters = parameters
    self.frozen = frozen
    self.norms = norms
    self.dropout = dropout
    self.seed = seed
  }
}

/// The samples of a step.
package struct TrainingBatch {
  package var inputs: [String: Tensor]
  package var labels: Tensor?
  /// The output of another model for these inputs.
  package var reference: Tensor?

  package init(inputs: [String: Tensor], labels: Tensor?, reference: Tensor? = nil) {
    self.inputs = inputs
    self.labels = labels
    self.reference = reference
  }
}
