// SPDX-License-Identifier: Apache-2.0
// How a run is set up: names and patterns, before they are looked up.

import Models
import Operators
import Options
import Rules
import Training

/// Everything that a run is told at first.
package struct TrainingSetup {
  /// The loss, and the model that it compares with.
  package enum LossChoice {
    case named(String, [String: OptionValue], teacher: Model?)
    /// Written by somebody else, such as a script.
    case custom((LossContext) throws -> TypedValue)
  }

  /// Parameters that are trained differently.
  package struct Group {
    package let pattern: String
    package let rate: Double?
    package let weightDecay: Double?

    package init(pattern: String, rate: Double?, weightDecay: Double?) {
      self.pattern = pattern
      self.rate = rate
      self.weightDecay = weightDecay
    }
  }

  package var loss = LossChoice.named("cross_entropy", [:], teacher: nil)
  /// The output that is judged, where there are several.
  package var output: String?
  /// The input of the data that holds the labels, where they are not labels.
  package var labels: String?
  package var optimizer: (name: String, options: [String: OptionValue]) = ("adamw", [:])
  package var rate = 1e-3
  package var schedule = OptionValue.null
  package var clipNorm: Double?
  package var clipValue: Double?
  package var accumulate = 1
  package var emaDecay: Double?
  package var groups: [Group] = []
  /// Patterns of parameters that stay as they are.
  package var frozen: [String] = []
  package var seed: UInt64 = 0
  /// The options as they were given, as far as they can be written down, for checkpoints.
  package var configuration: [String: OptionValue] = [:]

  package init() {}

  package var teacher: Model? { if case .named(_, _, let teacher) = loss { teacher } else { nil } }

  /// Whether the loss is a function or has a teacher, which no file can hold.
  package var needsLoss: Bool { if case .named(_, _, nil) = loss { false } else { true } }

  /// What the trainer is told.
  ///
  /// - Parameter dropout: shares of elements that are dropped, by the name of the `identity` in whose place.
  /// - Throws: `TrainingError.unknown` for a name that is not known, `WorkflowError` for a loss without its teacher or the other
  ///   way round, `OptionError`, what compiling a pattern throws.
  func options(dropout: [String: Double], compilePattern: PatternCompiler) throws -> TrainerOptions {
    let groups = try groups.map { group in
      ParameterGroup(
        pattern: group.pattern, matches: try compilePattern(group.pattern),
        rateFactor: group.rate.map { rate > 0 ? $0 / rate : 0 } ?? 1, weightDecay: group.weightDecay)
    }
    let frozen = try frozen.map { ParameterPattern($0, matches: try compilePattern($0)) }
    let loss = try lossRule()
    guard let type = Optimizers.all.first(where: { $0.name == optimizer.name }) else {
      throw TrainingError.unknown(what: "optimizer", name: optimizer.name, known: Optimizers.all.map { $0.name })
    }
    return TrainerOptions(
      loss: loss, output: output, optimizer: try type.init(optimizer.options), rate: rate, schedule: try RatePlan(schedule),
      clipNorm: clipNorm, clipValue: clipValue, accumulate: accumulate, emaDecay: emaDecay, groups: groups, frozen: frozen,
      dropout: dropout, seed: seed)
  }

  private func lossRule() throws -> LossRule {
    switch loss {
    case .custom(let write): return .custom(write)
    case .named(let name, let options, let teacher):
      let loss = try Losses.make(name, options)
      if case .reference = loss.target, teacher == nil { throw WorkflowError.lossNeedsTeacher(loss: name) }
      if case .labels = loss.target, teacher != nil { throw WorkflowError.lossWithoutTeacher(loss: name) }
      return .named(loss)
    }
  }
}
