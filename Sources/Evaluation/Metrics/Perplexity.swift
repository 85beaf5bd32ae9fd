// SPDX-License-Identifier: Apache-2.0
// The perplexity of a language model.

import Platform
import Tensors

extension MetricDefinition {
  package static var perplexity: MetricDefinition {
    MetricDefinition(
      name: "perplexity", better: .lower, needs: .labels,
      formula:
        "exp of the mean over positions of −ln p(label); labels are the next tokens, positions with negative labels do not count; logits "
        + "go through softmax",
      source: "definition", make: { Perplexity(options: $0) })
  }
}

/// The exponential of the mean negative log likelihood of the labels.
struct Perplexity: Metric {
  let options: MetricOptions
  private var sum = 0.0
  private var count = 0
  private var areProbabilities: Bool?

  init(options: MetricOptions) { self.options = options }

  mutating func add(_ batch: MetricBatch) throws {
    let (output, labels) = try batch.labeled("perplexity", options)
    let scores = try ClassScores(
      output, labels: labels, metric: "perplexity", axis: options.classAxis)
    let probabilities = areProbabilities ?? scores.areProbabilities(options.scores)
    areProbabilities = probabilities
    for (row, label) in labels.integers().enumerated() where label >= 0 {
      try checkLabel(label, scores.classCount, "perplexity")
      sum -= scores.logProbability(of: label, row, probabilities)
      count += 1
    }
  }

  var result: MetricValue? { count > 0 ? MetricValue(exp(sum / Double(count)), count: count) : nil }
}
