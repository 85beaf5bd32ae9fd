// SPDX-License-Identifier: Apache-2.0
// Metrics of classes from counts over the whole data set: F1 and intersection over union.

import Tensors

extension MetricDefinition {
  package static var f1: MetricDefinition {
    MetricDefinition(
      name: "f1", better: .higher, needs: .labels,
      formula:
        "mean over classes that occur in labels or predictions of 2 tp / (2 tp + fp + fn), predictions by argmax",
      source: "macro average, as f1_score(average = \"macro\") of scikit-learn",
      make: {
        ClassOverlap(name: "f1", options: $0, ignoresNegative: false) {
          2 * $0 / (2 * $0 + $1 + $2)
        }
      })
  }

  package static var iou: MetricDefinition {
    MetricDefinition(
      name: "iou", better: .higher, needs: .labels,
      formula:
        "mean over classes that occur in labels or predictions of tp / (tp + fp + fn), predictions by argmax; positions with negative "
        + "labels do not count",
      source: "Everingham et al. (2010)",
      make: {
        ClassOverlap(name: "iou", options: $0, ignoresNegative: true) { $0 / ($0 + $1 + $2) }
      })
  }
}

/// The mean over classes of a function of true positives, false positives and false negatives.
struct ClassOverlap: Metric {
  let name: String
  let options: MetricOptions
  /// Whether negative labels mark positions that do not count.
  let ignoresNegative: Bool
  let value: (_ truePositives: Double, _ falsePositives: Double, _ falseNegatives: Double) -> Double
  private var hits: [Int: Int] = [:]
  private var predicted: [Int: Int] = [:]
  private var wanted: [Int: Int] = [:]
  private var count = 0

  init(
    name: String, options: MetricOptions, ignoresNegative: Bool,
    value: @escaping (Double, Double, Double) -> Double
  ) {
    self.name = name
    self.options = options
    self.ignoresNegative = ignoresNegative
    self.value = value
  }

  mutating func add(_ batch: MetricBatch) throws {
    try batch.forEachPrediction(name, options, ignoresNegative: ignoresNegative) { label, prediction in
      count += 1
      wanted[label, default: 0] += 1
      guard let prediction else { return }
      predicted[prediction, default: 0] += 1
      if prediction == label { hits[label, default: 0] += 1 }
    }
  }

  var result: MetricValue? {
    let classes = Set(wanted.keys).union(predicted.keys)
    guard !classes.isEmpty else { return nil }
    let sum = classes.reduce(0.0) { sum, c in
      let hit = Double(hits[c] ?? 0)
      return sum + value(hit, Double(predicted[c] ?? 0) - hit, Double(wanted[c] ?? 0) - hit)
    }
    return MetricValue(sum / Double(classes.count), count: count)
  }
}

extension MetricBatch {
  /// Calls `body` with each label and the predicted class, which is `nil` if scores are not numbers.
  ///
  /// - Parameters:
  ///   - ignoresNegative: whether negative labels mark positions that do not count.
  ///   - classes: called with the number of classes, if the output has scores.
  /// - Throws: `EvaluationError` for labels that are no classes.
  func forEachPrediction(
    _ metric: String, _ options: MetricOptions, ignoresNegative: Bool, _ body: (_ label: Int, _ prediction: Int?) -> Void,
    classes: (Int) -> Void = { _ in }
  ) throws {
    let (output, labels) = try labeled(metric, options)
    let predictions = try ClassPredictions(output, labels: labels, metric: metric, axis: options.classAxis)
    if let count = predictions.classCount { classes(count) }
    for (row, label) in labels.integers().enumerated() where !ignoresNegative || label >= 0 {
      if let classes = predictions.classCount { try checkLabel(label, classes, metric) }
      body(label, predictions[row])
    }
  }
}

/// Predicted classes: the best of scores, or integer outputs as they are.
struct ClassPredictions {
  private let scores: ClassScores?
  private let integers: [Int]

  init(_ output: Tensor, labels: Tensor, metric: String, axis: Int?) throws {
    if output.dtype.isFloat {
      scores = try ClassScores(output, labels: labels, metric: metric, axis: axis)
      integers = []
    } else {
      guard output.count == labels.count else {
        throw EvaluationError.labelShape(metric: metric, labels: labels.shape, output: output.shape)
      }
      scores = nil
      integers = output.integers()
    }
  }

  /// The number of classes; `nil` for integer outputs.
  var classCount: Int? { scores?.classCount }

  subscript(row: Int) -> Int? { scores.map { $0.best(row) } ?? integers[row] }
}
