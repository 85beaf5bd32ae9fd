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

  /// A value of the whole data set: a state is updated by every batch and read at the end.
  ///
  /// - Parameters:
  ///   - start: makes the state before the first batch.
  ///   - update: adds a batch to the state.
  ///   - finish: the value of the state.
  package static func custom<State>(
    name: String, unit: String = "", better: Direction, start: @escaping () throws -> State,
    update: @escaping (inout State, MetricBatch) throws -> Void, finish: @escaping (State) throws -> Double
  ) -> MetricDefinition {
    MetricDefinition(
      name: name, unit: unit, better: better, needs: .nothing, formula: "a function of the whole data set", source: "the caller",
      make: { _ in StatefulMetric(start: start, update: update, end: finish) })
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

struct StatefulMetric<State>: Metric {
  let start: () throws -> State
  let update: (inout State, MetricBatch) throws -> Void
  let end: (State) throws -> Double
  private var state: State?
  private var count = 0
  private(set) var result: MetricValue?

  init(
    start: @escaping () throws -> State, update: @escaping (inout State, MetricBatch) throws -> Void,
    end: @escaping (State) throws -> Double
  ) {
    self.start = start
    self.update = update
    self.end = end
  }

  mutating func add(_ batch: MetricBatch) throws {
    var state = try state ?? start()
    try update(&state, batch)
    self.state = state
    count += batch.count
  }

  mutating func finish() throws {
    if let state { result = MetricValue(try end(state), count: count) }
  }
}
