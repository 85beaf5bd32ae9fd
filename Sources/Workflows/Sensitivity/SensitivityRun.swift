// SPDX-License-Identifier: Apache-2.0
// Compresses one weight at a time and finds the error that it causes.

import Calibration
import Compression
import Encodings
import Evaluation
import Foundation
import ModelPackages
import Models
import Runtime
import Tensors

/// The errors of all candidates in all weights of a model.
package struct SensitivityRun {
  package var model: Model
  package var candidates: [SensitivityCandidate]
  package var data: Dataset
  package var metric: MetricDefinition
  package var output: String?
  package var method = SensitivityMethod.auto
  /// For squared gradients.
  package var calibration: CalibrationData
  /// The file from which a run goes on, and to which rows are written.
  package var path: String?
  package var client: CompressionClient
  package var remark: (String) -> Void = { _ in }
  package var progress: (_ done: Int, _ total: Int) -> Void = { _, _ in }
  /// Called with each row as soon as it is known.
  package var found: (Sensitivity.Row, Sensitivity) throws -> Void = { _, _ in }

  package init(
    _ model: Model, _ candidates: [SensitivityCandidate], _ data: Dataset, _ metric: MetricDefinition, _ client: CompressionClient
  ) {
    (self.model, self.candidates, self.data, self.metric, self.client) = (model, candidates, data, metric, client)
    calibration = CalibrationData(data)
  }

  /// - Parameter keepsPartial: whether an interrupted run returns what it has.
  /// - Throws: the errors of compressing and of evaluating; `EvaluationError.cancelled`.
  package func run(keepsPartial: Bool = false) throws -> Sensitivity {
    let encoded = try candidates.map(compressed)
    let entries = try model.weightEntries().filter { $0.function == model.interface.name }
    var rows: [Sensitivity.Row] = []
    for entry in entries {
      for (index, weights) in encoded.enumerated() {
        guard let weight = weights[entry.name] else { continue }
        rows.append(
          Sensitivity.Row(
            weight: entry.name, opType: entry.opType, count: entry.weight.count, bytesBefore: entry.bytes, candidate: index,
            bytes: weight.byteCount, error: nil, score: nil))
      }
    }
    guard !rows.isEmpty else { throw WorkflowError.noCandidateApplies(names: candidates.map(\.name)) }
    // Programs with states have no gradients.
    let isMeasured = rows.count <= SensitivityMethod.fewPairs || !model.interface.states.isEmpty
    let chosen: SensitivityMethod = method == .auto ? (isMeasured ? .measure : .fisher) : method
    let all = try model.weightEntries()
    var result = Sensitivity(
      candidates: candidates, rows: rows, metric: chosen == .fisher ? "fisher" : metric.name, method: chosen, modelDigest: model.digest,
      modelBytes: try model.contents.weightByteCount(), modelCount: all.reduce(0) { $0 + $1.weight.count })
    let file = try path.map { try SensitivityFile(path: $0, of: result, data: data) }
    try file?.restore(&result)
    do {
      switch chosen {
      case .fisher: try predict(&result, encoded, entries)
      case .measure, .auto: try measure(&result, encoded, file)
      }
    } catch {
      try file?.save(result)
      guard keepsPartial, client.isCancelled() else { throw error }
      return result
    }
    try file?.save(result)
    return result
  }

  /// The weights that a candidate compresses, if it compresses all.
  private func compressed(_ candidate: SensitivityCandidate) throws -> [String: EncodedWeight] {
    let small = try candidate.plan.run(on: model, allowUnmatched: true, client)
    let done = Set(
      small.steps.dropFirst(model.steps.count).flatMap { step in
        step.report.entries.filter { $0.action != CompressionReport.skippedAction }.map(\.name)
      })
    return Dictionary(
      try small.weightEntries().filter { done.contains($0.name) && $0.function == model.interface.name }.map { ($0.name, $0.weight) },
      uniquingKeysWith: { a, _ in a })
  }

  // MARK: Measuring

  private func measure(_ result: inout Sensitivity, _ encoded: [[String: EncodedWeight]], _ file: SensitivityFile?) throws {
    let evaluator = Evaluator(
      metrics: [metric], options: MetricOptions(output: output), isCancelled: client.isCancelled, remark: remark)
    let own = metric.needs == .labels || metric.name != "snr_db" ? try score(of: model, evaluator) : nil
    for index in result.rows.indices {
      progress(index, result.rows.count)
      let row = result.rows[index]
      guard row.error == nil, let weight = encoded[row.candidate][row.weight] else { continue }
      let score = try score(of: model.withWeights([row.weight: weight]), evaluator)
      result.rows[index].score = score
      result.rows[index].error = Self.harm(score, against: own, metric)
      try file?.save(result)
      try found(result.rows[index], result)
    }
  }

  private func score(of candidate: Model, _ evaluator: Evaluator) throws -> Double {
    try evaluator.evaluate(candidate, on: data, baseline: model)[metric.name]?.value ?? .nan
  }

  /// A number that is 0 without harm and adds up over weights: the noise relative to the signal for decibels, otherwise the
  /// distance from the model's own value.
  static func harm(_ score: Double, against own: Double?, _ metric: MetricDefinition) -> Double {
    if metric.unit == "dB" { return score == .infinity ? 0 : pow(10, -score / 10) }
    let difference = metric.better == .higher ? (own ?? 0) - score : score - (own ?? 0)
    return difference.isNaN ? .infinity : difference
  }

  // MARK: Squared gradients

  private func predict(_ result: inout Sensitivity, _ encoded: [[String: EncodedWeight]], _ entries: [WeightEntry]) throws {
    guard !result.isComplete else { return }
    let sums = try SquaredGradientRun(model, calibration, isCancelled: client.isCancelled).sums(progress: progress)
    let byName = Dictionary(entries.map { ($0.name, $0) }, uniquingKeysWith: { a, _ in a })
    for index in result.rows.indices {
      let row = result.rows[index]
      guard let entry = byName[row.weight], let weight = encoded[row.candidate][row.weight] else { continue }
      guard let squares = sums[entry.valueName] else {
        // The outputs do not depend on the weight.
        result.rows[index].error = 0
        continue
      }
      let (before, after) = (try entry.weight.decoded().floats(), try weight.decoded().floats())
      var sum = 0.0
      for i in before.indices where i < squares.count {
        let difference = Double(before[i]) - Double(after[i])
        sum += squares[i] * difference * difference
      }
      result.rows[index].error = sum / Double(max(calibration.count, 1))
      try found(result.rows[index], result)
    }
  }
}
