// SPDX-License-Identifier: Apache-2.0
// A model that is being trained, and perhaps compressed while it is: the model, its trainer, and where the run stands.

import Compression
import ModelPackages
import MIL
import Models
import Options
import Rules
import Training

/// A training run.
///
/// One thread owns a run.
package final class TrainingRun {
  /// The model that it began with.
  package let model: Model
  package let setup: TrainingSetup
  package let trainer: Trainer
  /// Where fit goes on after a resume.
  package internal(set) var progress = FitProgress()
  /// The loss of the last batch; `nil` before the first.
  package private(set) var lastLoss: Double?
  let isCancelled: () -> Bool
  /// Told what may be wrong with the way in which the data reach the model.
  let remark: (String) -> Void

  /// - Parameter compilePattern: makes a test of a pattern of parameters' names.
  package init(
    _ model: Model, _ setup: TrainingSetup, compilePattern: PatternCompiler, isCancelled: @escaping () -> Bool = { false },
    remark: @escaping (String) -> Void = { _ in }
  ) throws {
    self.model = model
    self.setup = setup
    self.isCancelled = isCancelled
    self.remark = remark
    if let name = setup.labels, model.interface.inputs.contains(where: { $0.name == name }) {
      throw WorkflowError.labelsAreModelInput(name: name)
    }
    let options = try setup.options(dropout: model.contents.dropoutShares, compilePattern: compilePattern)
    trainer = try Trainer(model.contents.program, function: model.interface.name, options: options, isCancelled: isCancelled)
  }

  /// Puts a method to work, before the first step.
  ///
  /// - Parameter isBorrowed: whether the rules come from a file, and so were not written for the model at hand.
  package func add(
    _ type: any TrainingMethod.Type, _ fields: [String: OptionValue], isBorrowed: Bool = false, _ client: CompressionClient
  ) throws {
    try add(type, fields, unmatched: client.policy(of: type.name, isBorrowed: isBorrowed), compilePattern: client.compilePattern)
  }

  /// - Parameter unmatched: what becomes of rules that match nothing.
  func add(
    _ type: any TrainingMethod.Type, _ fields: [String: OptionValue], unmatched: UnmatchedPolicy, compilePattern: PatternCompiler
  ) throws {
    try trainer.add(MethodRule(type, fields.filter { $0.value != .null }, compilePattern: compilePattern), unmatched: unmatched)
  }

  /// Learns from one batch.
  ///
  /// - Returns: the loss before the step.
  package func learn(from batch: TrainingBatch) throws -> Double {
    let loss = Double(try trainer.train(on: batch))
    lastLoss = loss
    return loss
  }

  // MARK: What it makes

  /// The model as it is now, its weights plain but with the values that `finalized()` would store.
  package func snapshot() throws -> Model { try model.changed(trainer.snapshot(), words: words) }

  /// The model that training made, its weights stored as the methods store them.
  package func finalized() throws -> Model {
    let result = try trainer.finalized()
    let reason = trainer.rules.map(\.method).joined(separator: ", ")
    let rows = result.weights.map { CompressionReport.Row($0.site, action: "trained", reason: reason, storedAs: $0.stored) }
    return try model.changed(result.program, report: CompressionReport(rows, functions: result.program.functions.map(\.name)), words: words)
  }

  /// What the methods have done so far, weight by weight.
  package func report() throws -> TrainingReport { TrainingReport(try trainer.report(), skipped: trainer.skipped) }

  // MARK: Words

  /// What was done, for the history.
  package var words: String {
    let methods = trainer.rules.map { HistoryText.call($0.method, .dictionary($0.configuration), hasSelector: false) }
    return (["train(\(trainer.step) steps)"] + methods).joined(separator: ", ")
  }

  package var summary: String {
    let methods = trainer.rules.map(\.method)
    return "Trainer of \(model.name): \(trainer.parameterNames.count) parameters, \(trainer.step) steps done"
      + (methods.isEmpty ? "" : ", with \(methods.joined(separator: ", "))")
  }
}
