// SPDX-License-Identifier: Apache-2.0
// Compares candidates: metrics in one pass, latencies alternately.

import Tensors

/// A model to be compared.
package struct Candidate {
  package let name: String
  package let predictor: any Predictor
  /// The size of its weights on disk in bytes.
  package let bytes: Int
  /// The type of candidate ("palettized"). Charts have a series for each.
  package let group: String
  /// The compression steps.
  package let recipe: [String]
  /// The interface of the model, and how its weights were compressed.
  package let description: ModelDescription

  package init(
    name: String, predictor: any Predictor, bytes: Int, group: String = "", recipe: [String] = [],
    description: ModelDescription = ModelDescription()
  ) {
    self.name = name
    self.predictor = predictor
    self.bytes = bytes
    self.group = group
    self.recipe = recipe
    self.description = description
  }
}

/// Options of a comparison.
package struct Comparison {
  package var evaluator: Evaluator
  /// `nil` for no latency measurement.
  package var latency: LatencyOptions?
  /// The environment of the measurement, for the report.
  package var environment: RunEnvironment

  /// Options for latency, which is measured on the first samples of the data set.
  package struct LatencyOptions: Sendable {
    package var runs: Int
    package var warmup: Int
    /// The number of samples per call.
    package var batchSize: Int

    package init(runs: Int = 30, warmup: Int = 3, batchSize: Int = 1) {
      self.runs = runs
      self.warmup = warmup
      self.batchSize = batchSize
    }
  }

  package init(
    evaluator: Evaluator, latency: LatencyOptions? = nil, environment: RunEnvironment = RunEnvironment([])
  ) {
    self.evaluator = evaluator
    self.latency = latency
    self.environment = environment
  }

  /// Evaluates all candidates and the baseline. A candidate with the baseline's name is the baseline and is not
  /// evaluated twice.
  ///
  /// If the evaluator is cancelled, the report contains the results so far and describes what is missing.
  ///
  /// - Throws: `EvaluationError`; `CandidateFailure` with an error of a predictor; any error from the evaluator's
  ///   closures, including cancellation if no model was finished.
  package func run(_ candidates: [Candidate], on data: Dataset, baseline: Candidate? = nil) throws -> ComparisonReport {
    let others = candidates.filter { $0.name != baseline?.name }
    let all = [baseline].compactMap { $0 } + others
    guard !all.isEmpty else { throw EvaluationError.nothingToCompare }
    var names: Set<String> = []
    for candidate in all where !names.insert(candidate.name).inserted {
      throw EvaluationError.duplicateCandidate(name: candidate.name)
    }
    var results: [Int: EvaluationResult] = [:]
    var latencies: [LatencyResult]?
    var interruption: ComparisonReport.Interruption?
    do {
      try evaluate(others, on: data, baseline: baseline) { results[$0] = $1 }
      latencies = try measure(all, data)
    } catch {
      guard evaluator.isCancelled(), !results.isEmpty else { throw error }
      interruption = ComparisonReport.Interruption(
        missing: all.indices.filter { results[$0] == nil }.map { all[$0].name }, lacksLatency: latency != nil)
    }
    let rows = all.indices.compactMap { i -> ComparisonReport.Row? in
      guard let result = results[i] else { return nil }
      return ComparisonReport.Row(
        name: all[i].name, group: all[i].group, bytes: all[i].bytes,
        ratio: baseline.flatMap { all[i].bytes > 0 ? Double($0.bytes) / Double(all[i].bytes) : nil },
        metrics: result.metrics, latency: latencies?[i], isBaseline: baseline != nil && i == 0, recipe: all[i].recipe,
        description: all[i].description)
    }
    // An interrupt also ends the reading of samples for their digest.
    let facts = interruption == nil ? try data.facts : (try? data.facts) ?? []
    return ComparisonReport(
      rows: rows, samples: data.count, environment: environment, data: facts, interruption: interruption)
  }

  /// The results by index, for the baseline and the other candidates. Without metrics, only latency is measured.
  private func evaluate(
    _ others: [Candidate], on data: Dataset, baseline: Candidate?, finished: (Int, EvaluationResult) -> Void
  ) throws {
    let offset = baseline == nil ? 0 : 1
    guard !evaluator.metrics.isEmpty || latency == nil else {
      for place in 0..<others.count + offset { finished(place, EvaluationResult(metrics: [], samples: data.count, seconds: 0)) }
      return
    }
    try evaluator.evaluate(others.map(NamedPredictor.init), on: data, baseline: baseline.map(NamedPredictor.init)) {
      finished($0.map { $0 + offset } ?? 0, $1)
    }
  }

  private func measure(_ candidates: [Candidate], _ data: Dataset) throws -> [LatencyResult]? {
    guard let latency, let batch = try data.batches(latency.batchSize, isCancelled: evaluator.isCancelled).next() else { return nil }
    let bodies = try candidates.map { candidate in
      let inputs = try Evaluator.inputs(of: candidate.predictor, from: batch, in: data)
      let predictor = NamedPredictor(candidate)
      return { _ = try predictor.predictBatch(inputs, count: batch.count) }
    }
    return try Latency.interleaved(
      runs: latency.runs, warmup: latency.warmup, bodies, isCancelled: evaluator.isCancelled)
  }
}

/// An error from a candidate's predictor, with the candidate's name.
package struct CandidateFailure: Error, CustomStringConvertible {
  package let name: String
  package let underlying: any Error

  package var description: String { "candidate \"\(name)\": \(underlying)" }
}

/// A predictor that adds the name of its candidate to errors.
private struct NamedPredictor: Predictor {
  let candidate: Candidate

  init(_ candidate: Candidate) { self.candidate = candidate }

  var inputNames: [String] { candidate.predictor.inputNames }
  var suppliedInputs: Set<String> { candidate.predictor.suppliedInputs }
  var batchRule: BatchRule { candidate.predictor.batchRule }
  var classNames: [String]? { candidate.predictor.classNames }
  var classIDs: [Int]? { candidate.predictor.classIDs }
  var rememberedOutputs: OutputMemory? { candidate.predictor.rememberedOutputs }

  func unfitElement(of tensor: Tensor, for input: String) -> UnfitElement? {
    candidate.predictor.unfitElement(of: tensor, for: input)
  }

  func doubt(about tensor: Tensor, for input: String) -> String? { candidate.predictor.doubt(about: tensor, for: input) }

  func predict(_ inputs: [String: Tensor]) throws -> [String: Tensor] {
    do {
      return try candidate.predictor.predict(inputs)
    } catch {
      throw CandidateFailure(name: candidate.name, underlying: error)
    }
  }
}
