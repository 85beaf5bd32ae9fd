// SPDX-License-Identifier: Apache-2.0
// Correlation of outputs with targets.

import Platform
import Tensors

extension MetricDefinition {
  package static var pearson: MetricDefinition {
    correlation(
      "pearson", "covariance of output and label, divided by both standard deviations",
      "Pearson (1895)"
    ) { $0 }
  }

  package static var spearman: MetricDefinition {
    correlation(
      "spearman",
      "Pearson's correlation of the ranks of output and label, equal values have their mean rank",
      "Spearman (1904)"
    ) {
      Ranks.averaged($0)
    }
  }

  private static func correlation(
    _ name: String, _ formula: String, _ source: String, _ prepare: @escaping ([Double]) -> [Double]
  ) -> MetricDefinition {
    MetricDefinition(
      name: name, better: .higher, needs: .labels,
      formula: formula + ", over all elements of the data set", source: source,
      make: { Correlation(name: name, options: $0, prepare: prepare) })
  }
}

/// The correlation of an output with labels that are targets.
struct Correlation: Metric {
  let name: String
  let options: MetricOptions
  let prepare: ([Double]) -> [Double]
  private var outputs: [Double] = []
  private var targets: [Double] = []

  init(name: String, options: MetricOptions, prepare: @escaping ([Double]) -> [Double]) {
    self.name = name
    self.options = options
    self.prepare = prepare
  }

  mutating func add(_ batch: MetricBatch) throws {
    guard let labels = batch.labels else {
      throw EvaluationError.metricNeeds(metric: name, what: "labels")
    }
    let output = try batch.scores(for: name, options)
    guard output.count == labels.count else {
      throw EvaluationError.unlikeOutputs(
        metric: name, candidate: output.shape, reference: labels.shape, referenceName: "labels")
    }
    outputs += output.floats().map(Double.init)
    targets += labels.floats().map(Double.init)
  }

  var result: MetricValue? {
    guard !outputs.isEmpty else { return nil }
    let (x, y) = (prepare(outputs), prepare(targets))
    let (mx, my) = (x.reduce(0, +) / Double(x.count), y.reduce(0, +) / Double(y.count))
    var (xy, xx, yy) = (0.0, 0.0, 0.0)
    for (a, b) in zip(x, y) {
      xy += (a - mx) * (b - my)
      xx += (a - mx) * (a - mx)
      yy += (b - my) * (b - my)
    }
    // Undefined when one side is constant.
    return MetricValue(
      xx > 0 && yy > 0 ? xy / (xx.squareRoot() * yy.squareRoot()) : .nan, count: x.count)
  }
}
