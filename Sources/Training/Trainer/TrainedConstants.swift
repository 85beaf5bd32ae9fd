// SPDX-License-Identifier: Apache-2.0
// The constants of a function that a trainer changes, and those that it does not change, with reasons.

import MIL
import Options
import Tensors

/// The function that is trained, and what training changes in it.
struct TrainedConstants {
  /// The function without restored norms, with named weights.
  let original: Function
  /// The function with restored norms.
  let function: Function
  let norms: [RestoredNorm]
  /// Layers without a restored norm, with the reason; empty if none were to be restored.
  let skippedNorms: [(layer: String, reason: String)]
  let parameters: [LiftedConstant]
  /// The running statistics of batch norms.
  let statistics: [LiftedConstant]
  /// Constants that operators could learn, and why they are not trained.
  let fixed: [(constant: LiftedConstant, reason: FixedReason)]

  /// - Throws: `TrainingError.unmatchedPattern` for patterns that match nothing; `TrainingError.nothingToTrain`; the errors of the
  ///   patterns.
  init(_ function: Function, _ options: TrainerOptions) throws {
    original = function
    var (chosen, fixed, statistics) = try Self.chosen(function, options)
    let trained = try Self.freezing(chosen, options, &fixed)
    var norms: [RestoredNorm] = []
    skippedNorms: do {
      guard options.norms == .restore else {
        (self.function, skippedNorms) = (function, [])
        break skippedNorms
      }
      let restoration = NormRestoration(function, trained: Set(trained.map(\.name)))
      (self.function, skippedNorms, norms) = (restoration.function, restoration.skipped, restoration.norms)
    }
    self.norms = norms
    let biases = Set(norms.map(\.bias))
    fixed += trained.filter { biases.contains($0.name) }.map { ($0, .shiftedByNorm) }
    chosen.removeAll { biases.contains($0.name) }
    if !norms.isEmpty {
      let added = ParameterRoles(self.function).entries.filter { entry in
        norms.contains { [$0.gamma, $0.beta, $0.mean, $0.variance].contains(entry.constant.name) }
      }
      chosen += added.filter { $0.role == .parameter }.map(\.constant)
      statistics += added.filter { $0.role == .statistic }.map(\.constant)
    }
    try Self.check(options, against: chosen.map(\.name) + biases.sorted())
    let kept = fixed.filter { if case .frozen = $0.reason { false } else { true } }
    fixed = kept
    parameters = try Self.freezing(chosen, options, &fixed)
    self.statistics = statistics
    self.fixed = fixed
    guard !parameters.isEmpty else { throw TrainingError.nothingToTrain(function: function.name) }
  }

  /// What roles or patterns choose, before `frozen` is applied.
  private static func chosen(
    _ function: Function, _ options: TrainerOptions
  ) throws -> ([LiftedConstant], fixed: [(constant: LiftedConstant, reason: FixedReason)], statistics: [LiftedConstant]) {
    let entries = ParameterRoles(function).entries
    var chosen: [LiftedConstant] = []
    var fixed: [(constant: LiftedConstant, reason: FixedReason)] = []
    var candidates: [String] = []
    for entry in entries {
      let name = entry.constant.name
      guard entry.role != .statistic else { continue }
      candidates.append(name)
      let matches = try options.parameters.contains { try $0.matches(name) }
      switch entry.role {
      case .parameter where options.parameters.isEmpty || matches: chosen.append(entry.constant)
      case .fixed where matches: chosen.append(entry.constant)
      case .fixed(let reason): fixed.append((entry.constant, reason))
      case .parameter, .statistic: fixed.append((entry.constant, .notChosen))
      }
    }
    for pattern in options.parameters { try check("parameters", pattern.text, candidates, pattern.matches) }
    return (chosen, fixed, entries.filter { $0.role == .statistic }.map(\.constant))
  }

  private static func freezing(
    _ chosen: [LiftedConstant], _ options: TrainerOptions, _ fixed: inout [(constant: LiftedConstant, reason: FixedReason)]
  ) throws -> [LiftedConstant] {
    var left: [LiftedConstant] = []
    for constant in chosen {
      if let pattern = try options.frozen.first(where: { try $0.matches(constant.name) }) {
        fixed.append((constant, .frozen(pattern.text)))
      } else {
        left.append(constant)
      }
    }
    return left
  }

  /// Throws an error for patterns of `frozen` and `groups` that match no parameter.
  private static func check(_ options: TrainerOptions, against names: [String]) throws {
    for pattern in options.frozen { try check("frozen", pattern.text, names, pattern.matches) }
    for group in options.groups { try check("groups", group.pattern, names, group.matches) }
  }

  private static func check(_ option: String, _ pattern: String, _ names: [String], _ matches: (String) throws -> Bool) throws {
    guard try !names.contains(where: matches) else { return }
    throw TrainingError.unmatchedPattern(
      option: option, pattern: pattern, nearest: Suggestion.nearest(to: pattern, among: names), of: names.count)
  }
}
