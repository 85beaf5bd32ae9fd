// SPDX-License-Identifier: Apache-2.0
// The built-in metrics.

import Tensors

/// Every built-in metric.
package enum Metrics {
  package static var all: [MetricDefinition] {
    [
      .accuracy, .top5, .mse, .mae, .snr, .psnr, .cosine, .agreement, .kl, .f1, .auc, .iou, .confusion, .perplexity, .pearson, .spearman,
      .wer, .ece,
    ]
  }

  /// The metric with that name.
  ///
  /// - Throws: `EvaluationError.unknownMetric` with the known names.
  package static func named(_ name: String) throws -> MetricDefinition {
    guard let found = all.first(where: { $0.name == name }) else {
      throw EvaluationError.unknownMetric(name: name, known: all.map(\.name))
    }
    return found
  }

  /// The default metrics: accuracy for integer labels, mean squared error for other labels; with a
  /// baseline, the signal-to-noise ratio, and agreement if there are classes.
  package static func defaults(labels: SampleType?, hasBaseline: Bool) -> [MetricDefinition] {
    var chosen: [MetricDefinition] = []
    let hasClasses = labels.map { !$0.dtype.isFloat } ?? false
    if hasClasses { chosen.append(.accuracy) }
    if labels != nil, !hasClasses, !hasBaseline { chosen.append(.mse) }
    if hasBaseline { chosen += hasClasses ? [.agreement, .snr] : [.snr, .cosine] }
    return chosen
  }
}
