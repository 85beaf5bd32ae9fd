// SPDX-License-Identifier: Apache-2.0
// The confusion matrix of a classifier.

import Tensors
import TextLayout

/// Counts of samples by label and prediction.
package struct ConfusionMatrix: Sendable, Equatable {
  /// The number of classes.
  package private(set) var classCount = 0
  /// By label, then by prediction.
  private var counts: [Int: [Int: Int]] = [:]
  /// Samples whose scores are not numbers, by label.
  package private(set) var unpredicted: [Int: Int] = [:]
  /// `nil` if the classes have no names.
  package let classNames: [String]?

  init(classNames: [String]? = nil) { self.classNames = classNames }

  /// The name of a class, or its number.
  package func name(_ index: Int) -> String { classNames.flatMap { $0.indices.contains(index) ? $0[index] : nil } ?? "\(index)" }

  mutating func add(label: Int, prediction: Int?) {
    guard let prediction else {
      unpredicted[label, default: 0] += 1
      return
    }
    counts[label, default: [:]][prediction, default: 0] += 1
    classCount = max(classCount, label + 1, prediction + 1)
  }

  /// Makes room for classes that do not occur.
  mutating func include(classes: Int) { classCount = max(classCount, classes) }

  package subscript(label: Int, prediction: Int) -> Int { counts[label]?[prediction] ?? 0 }

  /// `[classes, classes]`, int32: rows are labels, columns predictions.
  package var tensor: Tensor {
    let values = (0..<classCount).flatMap { label in (0..<classCount).map { Int32(clamping: self[label, $0]) } }
    return Tensor(values, shape: [classCount, classCount])
  }

  /// Samples with this label.
  package func labeled(_ label: Int) -> Int { (counts[label] ?? [:]).values.reduce(unpredicted[label] ?? 0, +) }

  /// Samples that were predicted to be of this class.
  package func predicted(_ index: Int) -> Int { counts.values.reduce(0) { $0 + ($1[index] ?? 0) } }

  /// The share of a class's samples that were found; `nil` without samples.
  package func recall(_ index: Int) -> Double? {
    let all = labeled(index)
    return all > 0 ? Double(self[index, index]) / Double(all) : nil
  }

  /// The share of a class's predictions that are right; `nil` without predictions.
  package func precision(_ index: Int) -> Double? {
    let all = predicted(index)
    return all > 0 ? Double(self[index, index]) / Double(all) : nil
  }

  /// The number of samples.
  package var count: Int { (0..<classCount).reduce(0) { $0 + labeled($1) } }

  /// Samples whose prediction is not their label.
  package var errors: Int { count - (0..<classCount).reduce(0) { $0 + self[$1, $1] } }

  /// Pairs of different classes by the number of samples, the most first.
  package var confusions: [(label: Int, prediction: Int, count: Int)] {
    counts.flatMap { label, row in row.filter { $0.key != label }.map { (label: label, prediction: $0.key, count: $0.value) } }
      .sorted { ($1.count, $0.label, $0.prediction) < ($0.count, $1.label, $1.prediction) }
  }

  /// A row for each label: the counts by prediction and the recall; the last row has the precision. Of many classes, the most frequent
  /// confusions.
  package var table: Table {
    guard classCount <= 20 else {
      var table = Table(columns: [Table.Column("label", .left), Table.Column("predicted as", .left), Table.Column("samples")])
      for pair in confusions.prefix(20) { table.append([name(pair.label), name(pair.prediction), "\(pair.count)"]) }
      return table
    }
    func share(_ value: Double?) -> String { value.map { Quantity.metric($0) } ?? "–" }
    var table = Table(
      columns: [Table.Column("label", .left)] + (0..<classCount).map { Table.Column(name($0)) } + [Table.Column("recall")])
    for label in 0..<classCount {
      table.append([name(label)] + (0..<classCount).map { "\(self[label, $0])" } + [share(recall(label))])
    }
    table.append(["precision"] + (0..<classCount).map { share(precision($0)) } + [""])
    return table
  }

  /// A heat map of the share of each label's samples.
  package func chart() throws -> Chart {
    let rows = (0..<classCount).flatMap { label in
      (0..<classCount).map { prediction in
        let all = labeled(label)
        return ChartRow(
          x: .name(name(prediction)), y: .name(name(label)), value: all > 0 ? Double(self[label, prediction]) / Double(all) : 0,
          label: "\(self[label, prediction])")
      }
    }
    return try Chart(
      .heatmap, rows, x: Chart.Axis("prediction"), y: Chart.Axis("label"), color: Chart.Axis("share of the label's samples"),
      title: "\(count) samples, \(errors) errors")
  }
}

extension MetricDefinition {
  package static var confusion: MetricDefinition {
    MetricDefinition(
      name: "confusion", better: .lower, needs: .labels,
      formula:
        "share of samples off the diagonal of the confusion matrix of labels and argmax(scores); negative labels do not count. "
        + "The result has the matrix",
      source: "definition", make: { Confusion(options: $0) })
  }
}

/// The confusion matrix and the share of errors.
struct Confusion: Metric {
  let options: MetricOptions
  private var matrix: ConfusionMatrix

  init(options: MetricOptions) {
    self.options = options
    matrix = ConfusionMatrix(classNames: options.classNames)
  }

  mutating func add(_ batch: MetricBatch) throws {
    try batch.forEachPrediction("confusion", options, ignoresNegative: true) { label, prediction in
      matrix.add(label: label, prediction: prediction)
    } classes: {
      matrix.include(classes: $0)
    }
  }

  var result: MetricValue? {
    guard matrix.count > 0 else { return nil }
    return MetricValue(Double(matrix.errors) / Double(matrix.count), count: matrix.count, confusion: matrix)
  }
}
