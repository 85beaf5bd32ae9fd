// SPDX-License-Identifier: Apache-2.0
// Class probabilities of rows of scores.

import Platform

extension ClassScores {
  /// Whether scores are probabilities; `auto` decides by these rows.
  func areProbabilities(_ kind: MetricOptions.ScoreKind) -> Bool {
    guard kind == .auto else { return kind == .probabilities }
    return (0..<rowCount).allSatisfy { row in
      var sum = 0.0
      for c in 0..<classCount {
        guard self[row, c] >= 0 else { return false }
        sum += Double(self[row, c])
      }
      return abs(sum - 1) <= 0.01
    }
  }

  /// The logarithms of the probabilities of all classes. Logits go through softmax, probabilities are raised to 2⁻²⁴ and normalized.
  func logProbabilities(_ row: Int, _ areProbabilities: Bool) -> [Double] {
    let values = (0..<classCount).map { Double(self[row, $0]) }
    if areProbabilities {
      let raised = values.map { max($0, 0x1p-24) }
      let logSum = log(raised.reduce(0, +))
      return raised.map { log($0) - logSum }
    }
    let top = values.max() ?? 0
    let logSum = top + log(values.reduce(0) { $0 + exp($1 - top) })
    return values.map { $0 - logSum }
  }

  /// The logarithm of the probability of one class, without an array of all.
  func logProbability(of wanted: Int, _ row: Int, _ areProbabilities: Bool) -> Double {
    guard !areProbabilities else { return logProbabilities(row, true)[wanted] }
    var top = -Double.infinity
    for c in 0..<classCount { top = max(top, Double(self[row, c])) }
    guard top.isFinite else { return .nan }
    var sum = 0.0
    for c in 0..<classCount { sum += exp(Double(self[row, c]) - top) }
    return Double(self[row, wanted]) - top - log(sum)
  }
}
