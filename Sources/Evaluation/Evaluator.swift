// SPDX-License-Identifier: Apache-2.0
// Evaluates candidates and their baseline on a data set.

import Tensors

/// Evaluates predictors on a data set, batch by batch.
///
/// The baseline is evaluated first, and its outputs are cached for the comparison with the candidates.
package struct Evaluator {
  package var metrics: [MetricDefinition]
  package var options: MetricOptions
  /// The batch size; `nil` for that of the data set.
  package var batchSize: Int?
  /// Called after every prediction. Any error that it throws ends the evaluation.
  package var onBatch: (Step) throws -> Void
  /// The cancellation check, called before every prediction; `true` ends the evaluation with
  /// `EvaluationError.cancelled`.
  package var isCancelled: () -> Bool
  /// Called with warnings about how the data are passed to a model.
  package var remark: (String) -> Void

  /// The progress of an evaluation.
  package struct Step: Sendable {
    /// The candidate of the last prediction; `nil` for the baseline.
    package let candidate: Int?
    /// The number of samples predicted so far and in total, over all predictors.
    package let done: Int
    package let total: Int
    /// The outputs for the batch.
    package let outputs: [String: Tensor]
    package let batch: Dataset.Batch
  }

  package init(
    metrics: [MetricDefinition], options: MetricOptions = MetricOptions(), batchSize: Int? = nil,
    onBatch: @escaping (Step) throws -> Void = { _ in }, isCancelled: @escaping () -> Bool = { false },
    remark: @escaping (String) -> Void = { _ in }
  ) {
    self.metrics = metrics
    self.options = options
    self.batchSize = batchSize
    self.onBatch = onBatch
    self.isCancelled = isCancelled
    self.remark = remark
  }

  /// The metrics of one candidate. Metrics that compare outputs need the baseline.
  ///
  /// - Throws: `EvaluationError`, and any error from predictors, custom metrics and `onBatch`.
  package func evaluate(
    _ candidate: any Predictor, on data: Dataset, baseline: (any Predictor)? = nil
  ) throws -> EvaluationResult {
    var found: EvaluationResult?
    try run([candidate], on: data, baseline: baseline, scoresBaseline: false) { _, result in found = result }
    guard let found else { throw EvaluationError.nothingToCompare }
    return found
  }

  /// Computes the metrics of the baseline, compared with itself, then of each candidate.
  ///
  /// - Parameter finished: called with each result as soon as it is available; the index is `nil` for the baseline.
  package func evaluate(
    _ candidates: [any Predictor], on data: Dataset, baseline: (any Predictor)? = nil,
    finished: (_ candidate: Int?, EvaluationResult) -> Void
  ) throws {
    try run(candidates, on: data, baseline: baseline, scoresBaseline: true, finished: finished)
  }

  private func run(
    _ candidates: [any Predictor], on data: Dataset, baseline: (any Predictor)?, scoresBaseline: Bool,
    finished: (Int?, EvaluationResult) -> Void
  ) throws {
    guard !metrics.isEmpty else { throw EvaluationError.nothingToMeasure }
    var names: Set<String> = []
    for metric in metrics {
      guard names.insert(metric.name).inserted else { throw EvaluationError.duplicateMetric(name: metric.name) }
      try check(metric, data, hasBaseline: baseline != nil)
    }
    func start(_ predictor: any Predictor) throws -> MetricRun {
      try MetricRun(predictor, data, metrics, options, remark: remark)
    }
    // Incompatible data are detected for all candidates before the first prediction.
    var runs = try candidates.map(start)
    let reference = try baseline.map { try ReferenceRun(start($0), data, batchSize: batchSize) }

    let total = data.count * runs.count + (reference?.missing ?? 0)
    var done = 0
    func report(_ candidate: Int?, _ outputs: [String: Tensor], _ batch: Dataset.Batch) throws {
      done = min(done + batch.count, total)
      try onBatch(Step(candidate: candidate, done: done, total: total, outputs: outputs, batch: batch))
    }
    func answers(_ batches: [Dataset.Batch]) throws -> [[String: Tensor]?] {
      guard let reference else { return batches.map { _ in nil } }
      return try reference.outputs(batches, isCancelled: isCancelled) { try report(nil, $0, $1) }
    }
    if scoresBaseline, let reference {
      let groups = BatchGroups(data, batchSize, for: reference.run.predictor, isCancelled: isCancelled)
      while let batches = try groups.next() {
        for (outputs, batch) in zip(try answers(batches), batches) {
          guard let outputs else { continue }
          try reference.run.score(outputs, batch, reference: outputs)
        }
      }
      finished(nil, try reference.run.result(samples: data.count))
    }
    for index in runs.indices {
      let groups = BatchGroups(data, batchSize, for: runs[index].predictor, isCancelled: isCancelled)
      while let batches = try groups.next() {
        let expected = try answers(batches)
        if isCancelled() { throw EvaluationError.cancelled }
        for ((outputs, expected), batch) in zip(zip(try runs[index].predict(batches), expected), batches) {
          try runs[index].score(outputs, batch, reference: expected)
          try report(index, outputs, batch)
        }
      }
      finished(index, try runs[index].result(samples: data.count))
    }
  }

  /// The batch's inputs under the names that the predictor gives them.
  static func inputs(of predictor: any Predictor, from batch: Dataset.Batch, in data: Dataset) throws -> [String: Tensor] {
    try MetricRun.match(predictor, data).compactMapValues { batch.inputs[$0] }
  }

  /// Throws an error, before the first prediction, for metrics that cannot be computed.
  private func check(_ metric: MetricDefinition, _ data: Dataset, hasBaseline: Bool) throws {
    switch metric.needs {
    case .labels where data.labelType == nil:
      throw EvaluationError.metricNeeds(metric: metric.name, what: "labels, and the data set has none")
    case .reference where !hasBaseline && data.labelType == nil:
      throw EvaluationError.metricNeeds(metric: metric.name, what: "a baseline, or labels that are targets")
    default: break
    }
  }
}

/// Groups of batches that are in memory at the same time, with several calls for each thread, so that no thread waits long for the
/// others at the end of a group.
private struct BatchGroups {
  private let size: Int
  private let batches: BatchReader

  init(_ data: Dataset, _ batchSize: Int?, for predictor: any Predictor, isCancelled: @escaping () -> Bool) {
    let calls = max(predictor.batchRule.pieces(of: batchSize ?? data.batchSize).count, 1)
    size = predictor.concurrency == 1 ? 1 : max(1, 4 * predictor.concurrency / calls)
    // The next group is read while this one is evaluated.
    batches = data.batches(batchSize, ahead: max(4, size), isCancelled: isCancelled)
  }

  /// The next group; `nil` after the last.
  func next() throws -> [Dataset.Batch]? {
    var group: [Dataset.Batch] = []
    while group.count < size, let batch = try batches.next() { group.append(batch) }
    return group.isEmpty ? nil : group
  }
}

/// The baseline's outputs, read from the cache, or computed and added to the cache.
private final class ReferenceRun {
  var run: MetricRun
  private let data: Dataset
  private let batchSize: Int
  private let memory: OutputMemory
  private var isReported: Set<Int> = []

  init(_ run: MetricRun, _ data: Dataset, batchSize: Int?) {
    self.run = run
    self.data = data
    self.batchSize = batchSize ?? data.batchSize
    memory = run.predictor.rememberedOutputs ?? OutputMemory()
  }

  /// The number of samples whose outputs must be computed.
  var missing: Int { memory.missing(data, batchSize: batchSize) }

  func outputs(
    _ batches: [Dataset.Batch], isCancelled: () -> Bool, report: ([String: Tensor], Dataset.Batch) throws -> Void
  ) throws -> [[String: Tensor]] {
    var known = batches.map { memory.outputs(data, batchSize: batchSize, batch: $0.number) }
    let unknown = batches.indices.filter { known[$0] == nil }
    if !unknown.isEmpty {
      if isCancelled() { throw EvaluationError.cancelled }
      for (index, outputs) in zip(unknown, try run.predict(unknown.map { batches[$0] })) {
        known[index] = outputs
        memory.remember(outputs, data, batchSize: batchSize, batch: batches[index].number)
        // Outputs that did not fit in the cache are computed again, but reported only once.
        if isReported.insert(batches[index].number).inserted { try report(outputs, batches[index]) }
      }
    }
    return known.compactMap { $0 }
  }
}
