// SPDX-License-Identifier: Apache-2.0
// Mean squared and mean absolute error against the reference.

extension MetricDefinition {
  package static var mse: MetricDefinition {
    meanError("mse", formula: "(candidate - reference)²") { $0 * $0 }
  }

  package static var mae: MetricDefinition {
    meanError("mae", formula: "|candidate - reference|") { abs($0) }
  }

  private static func meanError(
    _ name: String, formula: String, of difference: @escaping @Sendable (Double) -> Double
  ) -> MetricDefinition {
    MetricDefinition(
      name: name, better: .lower, needs: .reference,
      formula: "mean of \(formula) over all elements of all compared outputs", source: "definition",
      make: { MeanError(name: name, options: $0, error: difference) })
  }
}

/// The mean over all elements of a function of candidate and reference.
struct MeanError: Metric {
  let name: String
  let options: MetricOptions
  let error: (Double) -> Double
  private var sum = 0.0
  private var count = 0

  init(name: String, options: MetricOptions, error: @escaping (Double) -> Double) {
    self.name = name
    self.options = options
    self.error = error
  }

  mutating func add(_ batch: MetricBatch) throws {
    for output in try batch.compared(for: name, options) {
      for (a, b) in zip(output.candidate, output.reference) { sum += error(Double(a) - Double(b)) }
      count += output.candidate.count
    }
  }

  var result: MetricValue? { count > 0 ? MetricValue(sum / Double(count), count: count) : nil }
}
