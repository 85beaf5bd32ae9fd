// SPDX-License-Identifier: Apache-2.0
// The fraction of samples whose highest-scoring class is the label.

import Tensors

extension MetricDefinition {
  package static var accuracy: MetricDefinition {
    MetricDefinition(
      name: "accuracy", better: .higher, needs: .labels,
      formula: "share of samples with argmax(scores) = label; the first of equal scores counts, NaN is a miss",
      source: "interval: Wilson (1927), 95 %", make: { Accuracy(options: $0) })
  }
}

/// Top-1 accuracy. Integer outputs are treated as predicted classes and compared with the labels elementwise.
struct Accuracy: Metric {
  let options: MetricOptions
  private var proportion = Proportion()

  init(options: MetricOptions) { self.options = options }

  mutating func add(_ batch: MetricBatch) throws {
    try batch.forEachPrediction("accuracy", options, ignoresNegative: false) { label, prediction in proportion.add(prediction == label) }
  }

  var result: MetricValue? { proportion.result }
}

extension MetricBatch {
  /// The selected output and the labels.
  func labeled(_ metric: String, _ options: MetricOptions) throws -> (output: Tensor, labels: Tensor) {
    guard let labels else { throw EvaluationError.metricNeeds(metric: metric, what: "labels") }
    if let unfit = labels.unfitElement(for: .int64) { throw EvaluationError.unfitLabel(metric: metric, unfit) }
    return (try scores(for: metric, options), labels)
  }
}

func checkLabel(_ label: Int, _ classes: Int, _ metric: String) throws {
  guard (0..<classes).contains(label) else {
    throw EvaluationError.labelOutOfRange(metric: metric, label: label, classes: classes)
  }
}
