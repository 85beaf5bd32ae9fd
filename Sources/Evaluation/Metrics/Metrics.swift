// SPDX-License-Identifier: Apache-2.0
// The list of metrics.

import Tensors

/// Every metric that has a name.
package enum Metrics {
  package static var all: [MetricDefinition] {
    [
      .accuracy, .top5, .mse, .mae, .snr, .psnr, .cosine, .agreement, .kl,
    ]
  }

  /// The metric of that name.
  ///
  /// - Throws: `EvaluationError.unknownMetric` with the nearest name.
  package static func named(_ name: String) throws -> MetricDefinition {
    if let found = all.first(where: { $0.name == name }) { return found }
    let known = all.map(\.name)
    let near = known.map { (name: $0, distance: editDistance($0, name)) }.min { $0.distance < $1.distance }
    let nearest = near.flatMap { $0.distance <= max(2, name.count / 2) ? $0.name : nil }
    throw EvaluationError.unknownMetric(name: name, nearest: nearest, known: known)
  }

  /// What is measured when nobody says: accuracy for integer labels, mean squared error for others; beside a
  /// baseline the signal-to-noise ratio, and agreement where there are classes.
  package static func defaults(labels: Tensor?, hasBaseline: Bool) -> [MetricDefinition] {
    var chosen: [MetricDefinition] = []
    let hasClasses = labels.map { !$0.dtype.isFloat } ?? false
    if hasClasses { chosen.append(.accuracy) }
    if labels != nil, !hasClasses, !hasBaseline { chosen.append(.mse) }
    if hasBaseline { chosen += hasClasses ? [.agreement, .snr] : [.snr, .cosine] }
    return chosen
  }

  /// Levenshtein's distance: insertions, deletions and substitutions from one to the other.
  static func editDistance(_ a: String, _ b: String) -> Int {
    let b = Array(b)
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
