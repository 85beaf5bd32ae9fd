// SPDX-License-Identifier: Apache-2.0
// Mean absolute difference from the reference.

extension MetricDefinition {
  package static var mae: MetricDefinition {
    MetricDefinition(
      name: "mae", better: .lower, needs: .reference,
      formula: "mean of |candidate - reference| over all elements of all compared outputs", source: "definition",
      make: { MeanAbsoluteError(options: $0) })
  }
}

struct MeanAbsoluteError: Metric {
  let options: MetricOptions
  private var sum = 0.0
  private var count = 0

  init(options: MetricOptions) { self.options = options }

  mutating func add(_ batch: MetricBatch) throws {
    for output in try batch.compared(for: "mae", options) {
      for (a, b) in zip(output.candidate, output.reference) { sum += abs(Double(a) - Double(b)) }
      count += output.candidate.count
    }
  }

  var result: MetricValue? { count > 0 ? MetricValue(sum / Double(count), count: count) : nil }
}
