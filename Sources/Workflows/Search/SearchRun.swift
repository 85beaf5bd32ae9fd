// SPDX-License-Identifier: Apache-2.0
// Searches the compression of each weight that fits a budget best.

import Compression
import Evaluation
import ModelPackages
import Models
import Options

/// What a searched model must keep to.
package enum SearchBudget: Sendable, Equatable {
  /// A share of the model's size, 0 to 1.
  case size(Double)
  /// Stored bits per weight element.
  case bits(Double)
  case bytes(Int)
  /// The most by which a metric may fall below that of the model.
  case drop(Double)
  /// The least signal-to-noise ratio of the outputs, in decibels.
  case decibels(Double)

  /// The bytes of the budget; `nil` for a budget of quality.
  package func bytes(of sensitivity: Sensitivity) -> Int? {
    switch self {
    case .size(let share): Int(Double(sensitivity.modelBytes) * share)
    case .bits(let bits): Int(Double(sensitivity.modelCount) * bits / 8)
    case .bytes(let bytes): bytes
    case .drop, .decibels: nil
    }
  }
}

/// A search over assignments of candidates to weights.
package struct SearchRun {
  package var model: Model
  package var sensitivity: Sensitivity
  package var budget: SearchBudget
  package var data: Dataset
  package var metric: MetricDefinition
  package var output: String?
  /// The algorithm that takes the place of that of the chosen candidates, such as `gptq`.
  package var algorithm: String?
  package var calibration: CalibrationInput?
  /// The number of measured points of the curve, beside those that the search visits.
  package var points = 5
  package var client: CompressionClient
  package var environment = RunEnvironment([])
  package var remark: (String) -> Void = { _ in }
  /// Called with each measured point.
  package var found: (Point) throws -> Void = { _ in }

  package init(
    _ model: Model, _ sensitivity: Sensitivity, _ budget: SearchBudget, _ data: Dataset, _ metric: MetricDefinition,
    _ client: CompressionClient
  ) {
    (self.model, self.sensitivity, self.budget, self.data, self.metric, self.client) = (model, sensitivity, budget, data, metric, client)
  }

  /// A measured assignment.
  package struct Point {
    package let name: String
    package let model: Model
    package let assignment: Sensitivity.Assignment
    package let bytes: Int
    package let result: EvaluationResult
    package let score: Double
  }

  package struct Result {
    /// The model that keeps to the budget.
    package let chosen: Point
    /// Size against quality of all models that were measured, with the original and the result.
    package let curve: ComparisonReport
    package let models: [String: Model]
    /// Whether the search was interrupted before the curve was complete.
    package let isPartial: Bool
  }

  /// - Throws: `WorkflowError.budget` if no assignment keeps to the budget; the errors of compressing and evaluating.
  package func run() throws -> Result {
    let untouched = Sensitivity.Assignment(candidates: [:], bytes: sensitivity.modelBytes, error: 0)
    let original = try measured(untouched, name: "original")
    var points: [Point] = []
    let chosen: Point
    if let bytes = budget.bytes(of: sensitivity) {
      chosen = try within(bytes)
      points.append(chosen)
      try found(chosen)
    } else {
      chosen = try smallest(&points, original)
    }
    var isPartial = false
    do { try addCurve(&points) } catch {
      guard client.isCancelled() else { throw error }
      isPartial = true
    }
    var rows = [try row(original, name: original.name, isBaseline: true, original)]
    var models = [original.name: model]
    for point in points where !point.assignment.candidates.isEmpty {
      let name = point.model === chosen.model ? Self.chosenName : point.name
      rows.append(try row(point, name: name, isBaseline: false, original))
      models[name] = point.model
    }
    let curve = ComparisonReport(
      rows: rows, samples: data.count, environment: environment, data: isPartial ? (try? data.facts) ?? [] : try data.facts,
      interruption: isPartial ? .init(missing: ["more points of the curve"], lacksLatency: false) : nil)
    return Result(chosen: chosen, curve: curve, models: models, isPartial: isPartial)
  }

  private func row(_ point: Point, name: String, isBaseline: Bool, _ original: Point) throws -> ComparisonReport.Row {
    ComparisonReport.Row(
      name: name, group: isBaseline ? "" : "searched", bytes: point.bytes,
      ratio: point.bytes > 0 ? Double(original.bytes) / Double(point.bytes) : nil, metrics: point.result.metrics, isBaseline: isBaseline,
      recipe: point.model.contents.history, description: try point.model.reportDescription())
  }

  private static let chosenName = "chosen"

  // MARK: Budgets of bytes

  /// The best assignment whose model keeps to a number of bytes; what the file adds to the weights counts.
  private func within(_ budget: Int) throws -> Point {
    var room = budget
    for _ in 0..<4 {
      guard let assignment = sensitivity.best(bytes: room) else { break }
      let point = try measured(assignment, name: Self.name(assignment, sensitivity))
      if point.bytes <= budget { return point }
      room -= point.bytes - budget
    }
    throw WorkflowError.budget(wanted: budget, least: sensitivity.leastBytes, of: sensitivity.modelBytes)
  }

  private static func name(_ assignment: Sensitivity.Assignment, _ sensitivity: Sensitivity) -> String {
    let share = 100 * Double(assignment.bytes) / Double(max(sensitivity.modelBytes, 1))
    return "\(Quantity.fixed(share, 1)) %"
  }

  /// The model of an assignment, with its metric.
  private func measured(_ assignment: Sensitivity.Assignment, name: String) throws -> Point {
    let small = assignment.candidates.isEmpty ? model : try plan(assignment).run(on: model, allowUnmatched: true, client)
    let evaluator = Evaluator(
      metrics: [metric], options: MetricOptions(output: output), isCancelled: client.isCancelled, remark: remark)
    let result = try evaluator.evaluate(small, on: data, baseline: model)
    return Point(
      name: name, model: small, assignment: assignment, bytes: try small.contents.weightByteCount(), result: result,
      score: result[metric.name]?.value ?? .nan)
  }

  /// The steps of an assignment with the wanted algorithm, where a step has it.
  private func plan(_ assignment: Sensitivity.Assignment) -> CompressionPlan {
    var plan = sensitivity.plan(assignment)
    guard let algorithm else { return plan }
    plan.steps = plan.steps.map { $0.with(algorithm: algorithm, calibration, client.techniques) }
    return plan
  }

  // MARK: Budgets of quality

  /// The smallest model whose quality is good enough, by bisection over bytes.
  private func smallest(_ points: inout [Point], _ original: Point) throws -> Point {
    let limit =
      switch budget {
      case .decibels(let decibels): decibels
      case .drop(let drop): metric.better == .higher ? original.score - drop : original.score + drop
      case .size, .bits, .bytes: original.score
      }
    func isGood(_ score: Double) -> Bool { metric.better == .higher ? score >= limit : score <= limit }
    func visit(_ budget: Int) throws -> Point? {
      guard let assignment = sensitivity.best(bytes: budget) else { return nil }
      let name = Self.name(assignment, sensitivity)
      if let known = points.first(where: { $0.assignment == assignment }) { return known }
      let point = try measured(assignment, name: name)
      points.append(point)
      try found(point)
      return point
    }
    var (low, high) = (sensitivity.leastBytes, sensitivity.modelBytes)
    var best: Point?
    if let least = try visit(low), isGood(least.score) { return least }
    for _ in 0..<12 where high - low > max(sensitivity.modelBytes / 200, 1) {
      let middle = (low + high) / 2
      guard let point = try visit(middle) else { break }
      if isGood(point.score) {
        if point.bytes <= best?.bytes ?? Int.max { best = point }
        high = min(middle, point.assignment.bytes)
      } else {
        low = middle
      }
    }
    if let best { return best }
    remark("search: no assignment of the candidates keeps to the budget; the model stays as it is")
    return original
  }

  // MARK: Curve

  /// Measures assignments between the smallest and the original, evenly in bytes.
  private func addCurve(_ points: inout [Point]) throws {
    let (low, high) = (sensitivity.leastBytes, sensitivity.modelBytes)
    for number in 0..<self.points {
      let share = Double(number) / Double(max(self.points, 1))
      // Small models are closer together: their quality changes fastest.
      let budget = low + Int(Double(high - low) * share * share)
      guard let assignment = sensitivity.best(bytes: budget) else { continue }
      let name = Self.name(assignment, sensitivity)
      guard !assignment.candidates.isEmpty, !points.contains(where: { $0.name == name }) else { continue }
      let point = try measured(assignment, name: name)
      points.append(point)
      try found(point)
    }
  }
}

extension PlannedStep {
  /// The step with another algorithm, if its technique has it.
  fileprivate func with(algorithm: String, _ calibration: CalibrationInput?, _ techniques: Techniques) -> PlannedStep {
    guard case .compress(let technique, .dictionary(var options)) = step,
      techniques.options(step: technique).first(where: { $0.name == "algorithm" })?.choices.contains(algorithm) == true
    else { return self }
    options["algorithm"] = .string(algorithm)
    return PlannedStep(
      .compress(technique: technique, .dictionary(options)), selector: selector, isBorrowed: isBorrowed, calibration: calibration)
  }
}
