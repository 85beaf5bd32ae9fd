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
    let probabilities = areProbabilities ?? Self.decide(theirs, options.scores)
    areProbabilities = probabilities
    for row in 0..<theirs.rowCount {
      let p = Self.logProbabilities(theirs, row, probabilities)
      let q = Self.logProbabilities(ours, row, probabilities)
      for c in 0..<theirs.classCount { sum += p[c] == -.infinity ? 0 : exp(p[c]) * (p[c] - q[c]) }
    }
    count += theirs.rowCount
  }

  var result: MetricValue? { count > 0 ? MetricValue(sum / Double(count), count: count) : nil }

  private static func decide(_ scores: ClassScores, _ kind: MetricOptions.ScoreKind) -> Bool {
    guard kind == .auto else { return kind == .probabilities }
    return (0..<scores.rowCount).allSatisfy { row in
      var sum = 0.0
      for c in 0..<scores.classCount {
        guard scores[row, c] >= 0 else { return false }
        sum += Double(scores[row, c])
      }
      return abs(sum - 1) <= 0.01
    }
  }

  private static func logProbabilities(_ scores: ClassScores, _ row: Int, _ areProbabilities: Bool) -> [Double] {
    let values = (0..<scores.classCount).map { Double(scores[row, $0]) }
    if areProbabilities {
      let raised = values.map { max($0, 0x1p-24) }
      let logSum = log(raised.reduce(0, +))
      return raised.map { log($0) - logSum }
    }
    let top = values.max() ?? 0
    let logSum = top + log(values.reduce(0) { $0 + exp($1 - top) })
    return values.map { $0 - logSum }
  }
}
