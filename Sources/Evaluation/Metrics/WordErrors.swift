// SPDX-License-Identifier: Apache-2.0
// The word error rate of sequences.

import Tensors

extension MetricDefinition {
  package static var wer: MetricDefinition {
    MetricDefinition(
      name: "wer", better: .lower, needs: .labels,
      formula:
        "insertions, deletions and substitutions that turn the predicted sequence of each sample into its label, divided by the number of "
        + "words in all labels; words are ids, negative ones are padding; predictions by argmax if the output has scores",
      source: "Levenshtein (1966)", make: { WordErrors(options: $0) })
  }
}

/// Edit distances of sequences of ids, one sequence a sample.
struct WordErrors: Metric {
  let options: MetricOptions
  private var errors = 0
  private var words = 0

  init(options: MetricOptions) { self.options = options }

  mutating func add(_ batch: MetricBatch) throws {
    let (output, labels) = try batch.labeled("wer", options)
    let wanted = Self.rows(labels.integers(), batch.count)
    let predicted: [[Int]]
    if output.dtype.isFloat {
      // Scores may have another number of positions than the labels.
      let scores = try ClassScores(output, labels: nil, metric: "wer", axis: options.classAxis)
      predicted = Self.rows((0..<scores.rowCount).map { scores.best($0) ?? -1 }, batch.count)
    } else {
      predicted = Self.rows(output.integers(), batch.count)
    }
    for (wanted, predicted) in zip(wanted, predicted) {
      errors += Self.distance(predicted, wanted)
      words += wanted.count
    }
  }

  var result: MetricValue? {
    words > 0 ? MetricValue(Double(errors) / Double(words), count: words) : nil
  }

  private static func rows(_ ids: [Int], _ count: Int) -> [[Int]] {
    let width = ids.count / max(count, 1)
    return (0..<count).map { row in ids[(row * width)..<((row + 1) * width)].filter { $0 >= 0 } }
  }

  static func distance(_ a: [Int], _ b: [Int]) -> Int {
    var row = Array(0...b.count)
    for (i, x) in a.enumerated() {
      var diagonal = row[0]
      row[0] = i + 1
      for (j, y) in b.enumerated() {
        let substituted = diagonal + (x == y ? 0 : 1)
        diagonal = row[j + 1]
        row[j + 1] = min(substituted, row[j] + 1, diagonal + 1)
      }
    }
    return row[b.count]
  }
}
