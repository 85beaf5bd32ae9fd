// SPDX-License-Identifier: Apache-2.0
// Mean squared difference from the reference.

extension MetricDefinition {
  package static var mse: MetricDefinition {
    MetricDefinition(
      name: "mse", better: .lower, needs: .reference,
      formula: "mean of (candidate - reference)² over all elements of all compared outputs", source: "definition",
      make: { MeanSquaredError(options: $0) })
  }
}

struct MeanSquaredError: Metric {
  let options: MetricOptions
  private var sum = 0.0
  private var count = 0

  init(options: MetricOptions) { self.options = options }

  mutating func add(_ batch: MetricBatch) throws {
    for output in try batch.compared(for: "mse", options) {
      for (a, b) in zip(output.candidate, output.reference) {
        let difference = Double(a) - Double(b)
        sum += difference * difference
      }
      count += output.candidate.count
    }
  }

  var result: MetricValue? { count > 0 ? MetricValue(sum / Double(count), count: count) : nil }
}
