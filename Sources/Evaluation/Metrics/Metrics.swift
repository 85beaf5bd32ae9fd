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
  /// - Throws: `EvaluationError.unknownMetric` with the known names.
  package static func named(_ name: String) throws -> MetricDefinition {
    guard let found = all.first(where: { $0.name == name }) else {
      throw EvaluationError.unknownMetric(name: name, known: all.map(\.name))
    }
    return found
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
}
