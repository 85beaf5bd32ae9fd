// SPDX-License-Identifier: Apache-2.0
// The Kullback–Leibler divergence of the candidate's class probabilities from the baseline's.

import Platform
import Tensors

extension MetricDefinition {
  package static var kl: MetricDefinition {
    MetricDefinition(
      name: "kl", unit: "nat", better: .lower, needs: .reference,
      formula: "mean over samples of Σ p ln(p / q), p the baseline's class probabilities, q the candidate's; "
        + "logits go through softmax, probabilities are raised to 2⁻²⁴ (the least float16) and normalized",
      source: "Kullback and Leibler (1951)", make: { Divergence(options: $0) })
  }
}

struct Divergence: Metric {
  let options: MetricOptions
  private var sum = 0.0
  private var count = 0
  private var areProbabilities: Bool?

  init(options: MetricOptions) { self.options = options }

  mutating func add(_ batch: MetricBatch) throws {
    let reference = try batch.referenceScores(for: "kl", options)
    let candidate = try batch.scores(for: "kl", options)
    guard candidate.shape == reference.shape else {
      throw EvaluationError.unlikeOutputs(
        metric: "kl", candidate: candidate.shape, reference: reference.shape, referenceName: "baseline")
    }
    let theirs = try ClassScores(reference, labels: nil, metric: "kl", axis: options.classAxis)
    let ours = try ClassScores(candidate, labels: nil, metric: "kl", axis: options.classAxis)
    let probabilities = areProbabilities ?? theirs.areProbabilities(options.scores)
    areProbabilities = probabilities
    for row in 0..<theirs.rowCount {
      let p = theirs.logProbabilities(row, probabilities)
      let q = ours.logProbabilities(row, probabilities)
      for c in 0..<theirs.classCount { sum += p[c] == -.infinity ? 0 : exp(p[c]) * (p[c] - q[c]) }
    }
    count += theirs.rowCount
  }

  var result: MetricValue? { count > 0 ? MetricValue(sum / Double(count), count: count) : nil }
}
