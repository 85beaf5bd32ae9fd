// SPDX-License-Identifier: Apache-2.0
// The options of a training run as names and patterns, and their conversion to options of the trainer.

import Evaluation
import Models
import Operators
import Options
import Rules
import Training

/// The options of a training run.
package struct TrainingSetup {
  /// The loss.
  package enum LossChoice {
    case named(String, [String: OptionValue], teacher: Model?)
    /// A custom loss, such as one defined in a script.
    case custom((LossContext) throws -> TypedValue)
  }

  /// Parameters with different training options.
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

  /// Whether and from which samples batch norms are put back behind the layers that they were folded into.
  package struct NormOptions {
    package var rule = NormRule.none
    /// The samples for their statistics; `nil` for those of the first fit, or of the first batch.
    package var data: Dataset?
    /// The number of samples at most.
    package var samples = 2048

    package init() {}
  }

  package var loss = LossChoice.named("cross_entropy", [:], teacher: nil)
  /// The output for the loss; `nil` if there is only one.
  package var output: String?
  /// The input of the data that contains the labels; `nil` if the data set has labels.
  package var labels: String?
  package var optimizer: (name: String, options: [String: OptionValue]) = ("adamw", [:])
  package var rate = 1e-3
  package var schedule = OptionValue.null
  package var clipNorm: Double?
  package var clipValue: Double?
  package var accumulate = 1
  package var emaDecay: Double?
  package var groups: [Group] = []
  /// The patterns of the constants that are trained; empty for those that the operators' roles name.
  package var parameters: [String] = []
  /// The patterns of parameters that are not trained.
  package var frozen: [String] = []
  package var norms = NormOptions()
  package var seed: UInt64 = 0
  /// The options that can be saved in a checkpoint.
  package var configuration: [String: OptionValue] = [:]

  package init() {}

  package var teacher: Model? { if case .named(_, _, let teacher) = loss { teacher } else { nil } }

  /// Whether the loss is a function or has a teacher, so that it cannot be saved.
  package var needsLoss: Bool { if case .named(_, _, nil) = loss { false } else { true } }

  /// The options of the trainer.
  ///
  /// - Parameter dropout: the dropout rates by the name of the `identity` operation that is replaced.
  /// - Throws: `TrainingError.unknown` for the name of an unknown loss or optimizer; `WorkflowError` for a loss without the teacher
  ///   that it needs, or with a teacher that it does not use; `OptionError`; the errors of `compilePattern`.
  func options(dropout: [String: Double], compilePattern: PatternCompiler) throws -> TrainerOptions {
    let groups = try groups.map { group in
      ParameterGroup(
        pattern: group.pattern, matches: try compilePattern(group.pattern),
        rateFactor: group.rate.map { rate > 0 ? $0 / rate : 0 } ?? 1, weightDecay: group.weightDecay)
    }
    func patterns(_ texts: [String]) throws -> [ParameterPattern] {
      try texts.map { ParameterPattern($0, matches: try compilePattern($0)) }
    }
    let loss = try lossRule()
    guard let type = Optimizers.all.first(where: { $0.name == optimizer.name }) else {
      throw TrainingError.unknown(what: "optimizer", name: optimizer.name, known: Optimizers.all.map { $0.name })
    }
    return TrainerOptions(
      loss: loss, output: output, optimizer: try type.init(optimizer.options), rate: rate, schedule: try RatePlan(schedule),
      clipNorm: clipNorm, clipValue: clipValue, accumulate: accumulate, emaDecay: emaDecay, groups: groups,
      parameters: try patterns(parameters), frozen: try patterns(frozen), norms: norms.rule, dropout: dropout, seed: seed)
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
