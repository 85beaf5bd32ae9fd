// SPDX-License-Identifier: Apache-2.0
// The expected calibration error.

import Platform
import Tensors

extension MetricDefinition {
  package static var ece: MetricDefinition {
    MetricDefinition(
      name: "ece", better: .lower, needs: .labels,
      formula:
        "mean over samples, in 15 bins of equal width by the probability of the best class, of |accuracy − probability| of the bin; logits "
        + "go through softmax",
      source: "Guo et al. (2017)", make: { CalibrationError(options: $0) })
  }
}

/// The expected calibration error of the most probable class.
struct CalibrationError: Metric {
  private static let binCount = 15
  let options: MetricOptions
  private var confidence = [Double](repeating: 0, count: binCount)
  private var hits = [Double](repeating: 0, count: binCount)
  private var count = 0
  private var areProbabilities: Bool?

  init(options: MetricOptions) { self.options = options }

  mutating func add(_ batch: MetricBatch) throws {
    let (output, labels) = try batch.labeled("ece", options)
    let scores = try ClassScores(output, labels: labels, metric: "ece", axis: options.classAxis)
    let probabilities = areProbabilities ?? scores.areProbabilities(options.scores)
    areProbabilities = probabilities
    for (row, label) in labels.integers().enumerated() {
      try checkLabel(label, scores.classCount, "ece")
      count += 1
      guard let best = scores.best(row) else { continue }
      let probability = exp(scores.logProbability(of: best, row, probabilities))
      // Bins are open below and closed above, as in the paper.
      let bin = min(
        max(Int((probability * Double(Self.binCount)).rounded(.up)) - 1, 0), Self.binCount - 1)
      confidence[bin] += probability
      if best == label { hits[bin] += 1 }
    }
  }

  var result: MetricValue? {
    guard count > 0 else { return nil }
    return MetricValue(
      zip(confidence, hits).reduce(0) { $0 + abs($1.0 - $1.1) } / Double(count), count: count)
  }
}
