// SPDX-License-Identifier: Apache-2.0
// Running candidates and their baseline over a data set, side by side.

import Tensors

/// Evaluates predictors on a data set, batch by batch.
///
/// Several candidates are run on each batch in turn, the baseline once, so that its outputs need not be kept.
package struct Evaluator {
  package var metrics: [MetricDefinition]
  package var options: MetricOptions
  /// Samples a batch; `nil` takes the data set's.
  package var batchSize: Int?
  /// Called after every prediction; what it throws ends the evaluation.
  package var onBatch: (Step) throws -> Void
  /// Asked before every prediction; `true` ends the evaluation with `EvaluationError.cancelled`.
  package var isCancelled: () -> Bool

  /// How far an evaluation has come.
  package struct Step: Sendable {
    /// Which candidate has just answered; `nil` for the baseline.
    package let candidate: Int?
    /// Samples predicted so far and in all, over all predictors.
    package let done: Int
    package let total: Int
    /// The outputs for this batch.
    package let outputs: [String: Tensor]
    package let batch: Dataset.Batch
  }

  package init(
    metrics: [MetricDefinition], options: MetricOptions = MetricOptions(), batchSize: Int? = nil,
    onBatch: @escaping (Step) throws -> Void = { _ in }, isCancelled: @escaping () -> Bool = { false }
  ) {
    self.metrics = metrics
    self.options = options
    self.batchSize = batchSize
    self.onBatch = onBatch
    self.isCancelled = isCancelled
  }

  /// Metrics of one candidate; those that compare outputs need the baseline.
  ///
  /// - Throws: `EvaluationError`, and what predictors, custom metrics and `onBatch` throw.
  package func evaluate(
    _ candidate: any Predictor, on data: Dataset, baseline: (any Predictor)? = nil
  ) throws -> EvaluationResult {
    try run([candidate], on: data, baseline: baseline, scoresBaseline: false).candidates[0]
  }

  /// Metrics of several candidates and of the baseline itself (against labels only), in one pass over the data.
  package func evaluate(
    _ candidates: [any Predictor], on data: Dataset, baseline: (any Predictor)? = nil
  ) throws -> (candidates: [EvaluationResult], baseline: EvaluationResult?) {
    try run(candidates, on: data, baseline: baseline, scoresBaseline: true)
  }

  private func run(
    _ candidates: [any Predictor], on data: Dataset, baseline: (any Predictor)?, scoresBaseline: Bool
  ) throws -> (candidates: [EvaluationResult], baseline: EvaluationResult?) {
    for metric in metrics { try check(metric, data, hasBaseline: baseline != nil) }
    var runs = try candidates.map { try Run($0, data, metrics, options) }
    // Beside a baseline, metrics of reference compare with it; it would only be compared with itself.
    let alone = scoresBaseline ? metrics.filter { $0.needs != .reference } : []
    var baselineRun = try baseline.map { try Run($0, data, alone, options) }

    let total = data.count * (runs.count + (baseline == nil ? 0 : 1))
    var done = 0
    for batch in data.batches(batchSize) {
      func report(_ candidate: Int?, _ outputs: [String: Tensor]) throws {
        done += batch.count
        try onBatch(Step(candidate: candidate, done: done, total: total, outputs: outputs, batch: batch))
      }
      var reference: [String: Tensor]?
      if baselineRun != nil {
        if isCancelled() { throw EvaluationError.cancelled }
        reference = try baselineRun?.add(batch, reference: nil)
        try report(nil, reference ?? [:])
      }
      for index in runs.indices {
        if isCancelled() { throw EvaluationError.cancelled }
        try report(index, runs[index].add(batch, reference: reference))
      }
    }
    let result = baselineRun.map { $0.result(all: metrics, samples: data.count) }
    return (runs.map { $0.result(all: metrics, samples: data.count) }, result)
  }

  /// The batch's inputs under the names that the predictor gives them.
  static func inputs(of predictor: any Predictor, from batch: Dataset.Batch, in data: Dataset) throws -> [String: Tensor] {
    try Run.match(predictor.inputNames, data).compactMapValues { batch.inputs[$0] }
  }

  /// Refuses before the first prediction what cannot have a value after the last.
  private func check(_ metric: MetricDefinition, _ data: Dataset, hasBaseline: Bool) throws {
    switch metric.needs {
    case .labels where data.labels == nil:
      throw EvaluationError.metricNeeds(metric: metric.name, what: "labels, and the data set has none")
    case .reference where !hasBaseline && data.labels == nil:
      throw EvaluationError.metricNeeds(metric: metric.name, what: "a baseline, or labels that are targets")
    default: break
    }
  }
}

/// One predictor's progress through the data.
private struct Run {
  let predictor: any Predictor
  let names: [String: String]
  let labelMap: [Int]?
  let measured: [String]
  var metrics: [any Metric]
  var seconds = 0.0

  init(_ predictor: any Predictor, _ data: Dataset, _ metrics: [MetricDefinition], _ options: MetricOptions) throws {
    self.predictor = predictor
    names = try Self.match(predictor.inputNames, data)
    labelMap = try Self.mapLabels(data.classNames, predictor.classNames)
    measured = metrics.map(\.name)
    self.metrics = metrics.map { $0.make(options) }
  }

  /// Model input → data set input. One of each match whatever their names.
  static func match(_ wanted: [String], _ data: Dataset) throws -> [String: String] {
    if wanted.count == 1, data.inputs.count == 1, let only = data.inputs.first { return [wanted[0]: only.key] }
    for name in wanted where data.inputs[name] == nil {
      throw EvaluationError.missingInput(name: name, present: data.inputs.keys.sorted())
    }
    return Dictionary(uniqueKeysWithValues: wanted.map { ($0, $0) })
  }

  /// Where each class of the data set stands among the model's; `nil` when either has no names.
  static func mapLabels(_ dataset: [String]?, _ model: [String]?) throws -> [Int]? {
    guard let dataset, let model else { return nil }
    return try dataset.map { name in
      guard let index = model.firstIndex(of: name) else { throw EvaluationError.unknownClass(name: name, known: model) }
      return index
    }
  }

  mutating func add(_ batch: Dataset.Batch, reference: [String: Tensor]?) throws -> [String: Tensor] {
    let inputs = names.compactMapValues { batch.inputs[$0] }
    let start = MonotonicClock.seconds()
    let outputs = try predictor.predictBatch(inputs, count: batch.count)
    seconds += MonotonicClock.seconds() - start
    var labels = batch.labels
    if let labelMap, let given = labels {
      labels = Tensor(given.integers().map { Int64(labelMap[$0]) }, shape: given.shape)
    }
    let scored = MetricBatch(outputs: outputs, reference: reference, labels: labels, count: batch.count)
    for index in metrics.indices { try metrics[index].add(scored) }
    return outputs
  }

  func result(all: [MetricDefinition], samples: Int) -> EvaluationResult {
    let entries = all.map { definition in
      let index = measured.firstIndex(of: definition.name)
      return EvaluationResult.Entry(
        name: definition.name, unit: definition.unit, better: definition.better, value: index.flatMap { metrics[$0].result })
    }
    return EvaluationResult(metrics: entries, samples: samples, seconds: seconds)
  }
}
