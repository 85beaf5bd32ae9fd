// SPDX-License-Identifier: Apache-2.0
// Top-5 accuracy: the fraction of samples whose label is among the five highest scores.

import Tensors

extension MetricDefinition {
  package static var top5: MetricDefinition {
    MetricDefinition(
      name: "top5", better: .higher, needs: .labels,
      formula: "share of samples whose label has fewer than five classes of higher score (equals by index)",
      source: "ImageNet Large Scale Visual Recognition Challenge; interval: Wilson (1927), 95 %", make: { TopFive(options: $0) })
  }
}

/// Top-5 accuracy.
struct TopFive: Metric {
  let options: MetricOptions
  private var proportion = Proportion()

  init(options: MetricOptions) { self.options = options }

  mutating func add(_ batch: MetricBatch) throws {
    let (output, labels) = try batch.labeled("top5", options)
    let scores = try ClassScores(output, labels: labels, metric: "top5", axis: options.classAxis)
    for (row, label) in labels.integers().enumerated() {
      try checkLabel(label, scores.classCount, "top5")
      proportion.add(scores.rank(of: label, row).map { $0 < 5 } ?? false)
    }
  }

  var result: MetricValue? { proportion.result }
}
