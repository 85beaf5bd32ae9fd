// SPDX-License-Identifier: Apache-2.0
// A metric defined by a function of a batch.

extension MetricDefinition {
  /// The mean of the values that `body` returns for batches, weighted by the number of samples.
  package static func custom(
    name: String, unit: String = "", better: Direction = .higher, body: @escaping (MetricBatch) throws -> Double
  ) -> MetricDefinition {
    MetricDefinition(
      name: name, unit: unit, better: better, needs: .nothing,
      formula: "mean over batches, weighted by samples, of a function", source: "the caller",
      make: { _ in CustomMetric(body: body) })
  }
}

struct CustomMetric: Metric {
  let body: (MetricBatch) throws -> Double
  private var sum = 0.0
  private var count = 0

  init(body: @escaping (MetricBatch) throws -> Double) { self.body = body }

  mutating func add(_ batch: MetricBatch) throws {
    sum += try body(batch) * Double(batch.count)
    count += batch.count
  }

  var result: MetricValue? { count > 0 ? MetricValue(sum / Double(count), count: count) : nil }
}
