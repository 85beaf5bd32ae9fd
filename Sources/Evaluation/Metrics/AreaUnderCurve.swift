// SPDX-License-Identifier: Apache-2.0
// The area under the receiver operating characteristic.

import Platform
import Tensors

extension MetricDefinition {
  package static var auc: MetricDefinition {
    MetricDefinition(
      name: "auc", better: .higher, needs: .labels,
      formula:
        "probability that a positive sample scores higher than a negative one, equal scores count half; two classes: of class 1; more: "
        + "mean over classes, each against the others, that have samples of both kinds, with logits through softmax",
      source: "Hanley and McNeil (1982); as roc_auc_score(multi_class = \"ovr\") of scikit-learn",
      make: { AreaUnderCurve(options: $0) })
  }
}

/// The area under the curve, from the ranks of all scores.
struct AreaUnderCurve: Metric {
  let options: MetricOptions
  /// The scores of each class; one column for two classes.
  private var columns: [[Float]] = []
  private var labels: [Int] = []
  private var areProbabilities: Bool?

  init(options: MetricOptions) { self.options = options }

  mutating func add(_ batch: MetricBatch) throws {
    let (output, wanted) = try batch.labeled("auc", options)
    let ids = wanted.integers()
    guard output.count != wanted.count else {
      // One score a sample, that of class 1.
      for id in ids { try checkLabel(id, 2, "auc") }
      try append([output.floats()], ids, output)
      return
    }
    let scores = try ClassScores(output, labels: wanted, metric: "auc", axis: options.classAxis)
    for id in ids { try checkLabel(id, scores.classCount, "auc") }
    let probabilities = areProbabilities ?? scores.areProbabilities(options.scores)
    areProbabilities = probabilities
    var new = [[Float]](repeating: [], count: scores.classCount == 2 ? 1 : scores.classCount)
    for row in 0..<scores.rowCount {
      if scores.classCount == 2 {
        // The difference of two logits orders samples as the probability does, without rounding to 1.
        new[0].append(probabilities ? scores[row, 1] : scores[row, 1] - scores[row, 0])
      } else if probabilities {
        for c in 0..<scores.classCount { new[c].append(scores[row, c]) }
      } else {
        for (c, value) in scores.logProbabilities(row, false).enumerated() {
          new[c].append(Float(value))
        }
      }
    }
    try append(new, ids, output)
  }

  private mutating func append(_ new: [[Float]], _ ids: [Int], _ output: Tensor) throws {
    if columns.isEmpty { columns = [[Float]](repeating: [], count: new.count) }
    guard columns.count == new.count else {
      throw EvaluationError.metricNeeds(
        metric: "auc",
        what: "the same number of classes in every batch; an output has shape \(output.shape)")
    }
    for (c, values) in new.enumerated() { columns[c] += values }
    labels += ids
  }

  var result: MetricValue? {
    guard !labels.isEmpty else { return nil }
    let areas = columns.enumerated().compactMap { c, scores in
      area(scores, of: columns.count == 1 ? 1 : c)
    }
    // Without positive or negative samples there is no curve.
    return MetricValue(
      areas.isEmpty ? .nan : areas.reduce(0, +) / Double(areas.count), count: labels.count)
  }

  private func area(_ scores: [Float], of positive: Int) -> Double? {
    guard !scores.contains(where: \.isNaN) else { return .nan }
    let ranks = Ranks.averaged(scores.map(Double.init))
    var sum = 0.0
    var positives = 0.0
    for (label, rank) in zip(labels, ranks) where label == positive {
      sum += rank
      positives += 1
    }
    let negatives = Double(labels.count) - positives
    guard positives > 0, negatives > 0 else { return nil }
    return (sum - positives * (positives + 1) / 2) / (positives * negatives)
  }
}

/// Ranks of values.
enum Ranks {
  /// The ranks from 1; equal values have the mean of their ranks.
  static func averaged(_ values: [Double]) -> [Double] {
    let order = values.indices.sorted { values[$0] < values[$1] }
    var ranks = [Double](repeating: 0, count: values.count)
    var start = 0
    while start < order.count {
      var end = start + 1
      while end < order.count, values[order[end]] == values[order[start]] { end += 1 }
      for position in start..<end { ranks[order[position]] = Double(start + end + 1) / 2 }
      start = end
    }
    return ranks
  }
}
