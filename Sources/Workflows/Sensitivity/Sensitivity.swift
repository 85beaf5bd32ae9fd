// SPDX-License-Identifier: Apache-2.0
// How much each weight suffers from each way of compressing it.

import Compression
import Evaluation
import MIL
import Models
import Options

/// A way of compressing a weight: one or more steps.
package struct SensitivityCandidate: Sendable {
  package let name: String
  package let plan: CompressionPlan

  package init(_ plan: CompressionPlan) {
    name = plan.steps.map(\.words).joined(separator: " + ")
    self.plan = plan
  }
}

/// How errors of single weights are found.
package enum SensitivityMethod: String, CaseIterable, Sendable {
  /// The model is run with one weight compressed.
  case measure
  /// The sum of squared gradients times squared changes of the weight: one run of gradients for all.
  case fisher
  /// `measure` for up to 200 pairs of a weight and a candidate and for programs with states, else `fisher`.
  case auto

  static let fewPairs = 200
}

/// The error that each candidate causes in each weight, if it alone is compressed.
package struct Sensitivity: Sendable {
  package struct Row: Sendable, Equatable {
    package let weight: String
    package let opType: String
    /// Elements of the weight.
    package let count: Int
    package let bytesBefore: Int
    /// The index of the candidate.
    package let candidate: Int
    package let bytes: Int
    /// The harm that adds up over weights; `nil` before it is known.
    package var error: Double?
    /// The metric; `nil` if it was not measured.
    package var score: Double?

    package var bits: Double { count == 0 ? 0 : Double(bytes * 8) / Double(count) }
  }

  package let candidates: [SensitivityCandidate]
  package internal(set) var rows: [Row]
  package let metric: String
  package let method: SensitivityMethod
  package let modelDigest: String
  /// The bytes of all weights of the model, and their elements.
  package let modelBytes: Int
  package let modelCount: Int

  /// Whether the errors of all rows are known.
  package var isComplete: Bool { rows.allSatisfy { $0.error != nil } }

  /// The names of the weights, in the order of the program.
  package var weights: [String] {
    var seen: Set<String> = []
    return rows.map(\.weight).filter { seen.insert($0).inserted }
  }

  /// An assignment of a candidate to each weight.
  package struct Assignment: Sendable, Equatable {
    /// The candidate of each weight that is compressed.
    package let candidates: [String: Int]
    /// The bytes of all weights of the model.
    package let bytes: Int
    /// The sum of the errors.
    package let error: Double
  }

  /// The assignment of least error whose weights take at most this many bytes, with those that have no candidate.
  package func best(bytes budget: Int) -> Assignment? {
    let names = weights
    let known = Dictionary(grouping: rows.filter { $0.error != nil }, by: \.weight)
    let before = Dictionary(rows.map { ($0.weight, $0.bytesBefore) }, uniquingKeysWith: { a, _ in a })
    let rest = modelBytes - names.reduce(0) { $0 + (before[$1] ?? 0) }
    let items = names.map { name in
      [Knapsack.Choice(bytes: before[name] ?? 0, error: 0)]
        + (known[name] ?? []).map { Knapsack.Choice(bytes: $0.bytes, error: $0.error ?? 0) }
    }
    guard let chosen = Knapsack.choose(items, budget: budget - rest) else { return nil }
    var assigned: [String: Int] = [:]
    var (bytes, error) = (rest, 0.0)
    for (number, name) in names.enumerated() {
      bytes += items[number][chosen[number]].bytes
      error += items[number][chosen[number]].error
      if chosen[number] > 0, let row = known[name]?[chosen[number] - 1] { assigned[name] = row.candidate }
    }
    return Assignment(candidates: assigned, bytes: bytes, error: error)
  }

  /// The fewest bytes that the candidates can reach.
  package var leastBytes: Int {
    let known = Dictionary(grouping: rows.filter { $0.error != nil }, by: \.weight)
    return known.values.reduce(modelBytes) { sum, rows in
      sum + min((rows.map(\.bytes).min() ?? 0) - (rows.first?.bytesBefore ?? 0), 0)
    }
  }

  /// The plan of an assignment: the steps of each candidate, for its weights.
  package func plan(_ assignment: Assignment) -> CompressionPlan {
    var steps: [PlannedStep] = []
    let all = weights
    for (index, candidate) in candidates.enumerated() {
      let others = all.filter { assignment.candidates[$0] != index }
      guard others.count < all.count else { continue }
      steps += candidate.plan.steps.map { $0.leavingAlone(others) }
    }
    return CompressionPlan(steps)
  }
}

extension PlannedStep {
  /// The step without some weights, by name.
  fileprivate func leavingAlone(_ names: [String]) -> PlannedStep {
    guard case .compress(let technique, .dictionary(var fields)) = step else { return self }
    let isConfiguration = ["config_type", "global_config", "op_type_configs", "op_name_configs"].contains { fields[$0] != nil }
    let field = isConfiguration ? "op_name_configs" : "op_names"
    var entries: [String: OptionValue] = [:]
    if case .dictionary(let own)? = fields[field] { entries = own }
    for name in names { entries[name] = isConfiguration ? .null : .bool(false) }
    if !entries.isEmpty { fields[field] = .dictionary(entries) }
    return PlannedStep(
      .compress(technique: technique, .dictionary(fields)), selector: selector, isBorrowed: isBorrowed, calibration: calibration)
  }
}
