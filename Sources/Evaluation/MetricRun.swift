// SPDX-License-Identifier: Apache-2.0
// The evaluation of one predictor on a data set: inputs, labels and metrics.

import Tensors

/// The progress of one predictor through the data.
struct MetricRun {
  let predictor: any Predictor
  private let definitions: [MetricDefinition]
  private let inputs: [String: String]
  private let labels: LabelReader
  private var metrics: [any Metric]
  private var seconds = 0.0
  private let remark: (String) -> Void
  private var hasLooked = false

  init(
    _ predictor: any Predictor, _ data: Dataset, _ metrics: [MetricDefinition], _ options: MetricOptions,
    remark: @escaping (String) -> Void
  ) throws {
    self.predictor = predictor
    self.remark = remark
    definitions = metrics
    inputs = try Self.match(predictor, data)
    labels = try LabelReader(data, predictor, isNeeded: metrics.contains { $0.needs == .labels })
    var options = options
    options.classNames = predictor.classNames ?? data.classNames
    self.metrics = metrics.map { $0.make(options) }
    let supplied = predictor.suppliedInputs.filter { inputs[$0] == nil }.sorted().map { "'\($0)'" }
    if !supplied.isEmpty {
      let names = supplied.joined(separator: ", ")
      remark(
        "the data set has no \(names): the model is given \(supplied.count > 1 ? "those" : "that") of a text in which every token counts")
    }
    for (wanted, given) in inputs where wanted != given {
      remark("input '\(wanted)' of the model is given '\(given)', the only input of the data set")
    }
  }

  /// Maps model inputs to data set inputs by name. A single input matches a single input of any name.
  static func match(_ predictor: any Predictor, _ data: Dataset) throws -> [String: String] {
    let types = data.inputTypes
    let supplied = predictor.suppliedInputs
    let wanted = predictor.inputNames.filter { types[$0] != nil || !supplied.contains($0) }
    if wanted.count == 1, types.count == 1, let only = types.first { return [wanted[0]: only.key] }
    for name in wanted where types[name] == nil {
      throw EvaluationError.missingInput(name: name, present: types.keys.sorted())
    }
    return Dictionary(uniqueKeysWithValues: wanted.map { ($0, $0) })
  }

  /// The outputs for each batch.
  mutating func predict(_ batches: [Dataset.Batch]) throws -> [[String: Tensor]] {
    let given = try batches.map { (inputs: try checked($0), count: $0.count) }
    let start = MonotonicClock.seconds()
    defer { seconds += MonotonicClock.seconds() - start }
    return try predictor.predictBatches(given)
  }

  /// The batch's inputs under the predictor's names.
  private mutating func checked(_ batch: Dataset.Batch) throws -> [String: Tensor] {
    let given = inputs.compactMapValues { batch.inputs[$0] }
    for (name, tensor) in given.sorted(by: { $0.key < $1.key }) {
      if var unfit = predictor.unfitElement(of: tensor, for: name) {
        // Convert the row in the batch to the row in the data set.
        if let row = unfit.position.first { unfit.position[0] = batch.indices[row] }
        throw EvaluationError.unfitInput(name: name, unfit)
      }
      if !hasLooked, let doubt = predictor.doubt(about: tensor, for: name) { remark(doubt) }
    }
    hasLooked = true
    return given
  }

  mutating func score(_ outputs: [String: Tensor], _ batch: Dataset.Batch, reference: [String: Tensor]?) throws {
    let scored = MetricBatch(
      outputs: outputs, reference: reference, labels: try batch.labels.map(labels.positions), count: batch.count)
    for index in metrics.indices { try metrics[index].add(scored) }
  }

  mutating func result(samples: Int) throws -> EvaluationResult {
    for index in metrics.indices { try metrics[index].finish() }
    let entries = zip(definitions, metrics).map { definition, metric in
      EvaluationResult.Entry(name: definition.name, unit: definition.unit, better: definition.better, value: metric.result)
    }
    return EvaluationResult(metrics: entries, samples: samples, seconds: seconds)
  }
}
