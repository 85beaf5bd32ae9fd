// SPDX-License-Identifier: Apache-2.0
// A training run: the model, its trainer with optional compression methods, and the progress.

import Compression
import Encodings
import ModelPackages
import MIL
import Models
import Operators
import Options
import Rules
import Training
import WeightStorage

/// A training run.
///
/// A run must be used by a single thread.
package final class TrainingRun {
  /// The model before training.
  package let model: Model
  package let setup: TrainingSetup
  package let trainer: Trainer
  /// The position from which the next fit continues.
  package internal(set) var progress = FitProgress()
  /// The loss of the last batch; `nil` before the first.
  package private(set) var lastLoss: Double?
  let isCancelled: () -> Bool
  /// Called with warnings about how the data are passed to the model.
  let remark: (String) -> Void

  /// - Parameter compilePattern: compiles patterns for names of parameters.
  /// - Throws: `WorkflowError` for an invalid `labels` option or a loss that is incompatible with the teacher; `TrainingError`,
  ///   `OptionError`; the errors of `compilePattern`.
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

  /// Adds a training-time compression method, before the first step.
  ///
  /// - Parameters:
  ///   - fields: the options and rules of the method.
  ///   - isBorrowed: whether the rules come from a file, so that rules that match nothing are not an error.
  /// - Throws: `TrainingError` after the first step, or for a method that has already been added; `RuleError` or `OptionError`
  ///   for invalid options; `WeightStorageError` for a format that the opset does not support.
  package func add(
    _ type: any TrainingMethod.Type, _ fields: [String: OptionValue], isBorrowed: Bool = false, _ client: CompressionClient
  ) throws {
    try add(type, fields, unmatched: client.policy(of: type.name, isBorrowed: isBorrowed), compilePattern: client.compilePattern)
  }

  /// Adds palettization that starts from the tables and values of a palettized model, such as a calibrated one.
  ///
  /// - Throws: `WorkflowError.paletteStart` for a model whose weights are not those of this one; the errors of `add`.
  package func addPalettization(startingFrom start: Model, _ fields: [String: OptionValue], _ client: CompressionClient) throws {
    let shapes = Dictionary(
      try trainer.program.weightSites(Catalog.weightTable).map { ($0.name, $0.weight.shape) }, uniquingKeysWith: { first, _ in first })
    let isPruned = trainer.rules.contains { $0.method == MagnitudePruner.name }
    let (configuration, starts) = try PaletteStarts(start).configured(fields, for: shapes, isPruned: isPruned)
    let rule = try MethodRule(DKMPalettizer.self, configuration, compilePattern: client.compilePattern)
    try trainer.add(rule, unmatched: client.policy(of: rule.method, isBorrowed: false), starts: starts)
  }

  /// Adds the steps of a recipe as training methods.
  ///
  /// - Parameter more: more options for each method, by its name.
  /// - Throws: `WorkflowError.untrainable` for a step or option without a counterpart; the errors of `add`. Nothing is added then.
  package func apply(_ plan: CompressionPlan, more: [String: [String: OptionValue]], _ client: CompressionClient) throws {
    let index = trainer.program.functions.firstIndex { $0.name == trainer.functionName } ?? 0
    let sites = try trainer.program.weightSites(Catalog.weightTable).filter { $0.function == index }
    let made = try RecipeMethods(plan, more: more, RuleScope([trainer.program.functions[index]], sites), sites, client)
    for (step, rules) in made.unmatched { try client.policy(of: step, isBorrowed: true).handle(rules, step: step) }
    let rules = try made.methods.map { type, fields in
      (rule: try MethodRule(type, fields, compilePattern: client.compilePattern), unmatched: UnmatchedPolicy.ignore)
    }
    try trainer.add(rules)
    made.remarks.forEach(remark)
  }

  /// - Parameter unmatched: how rules that match nothing are handled.
  func add(
    _ type: any TrainingMethod.Type, _ fields: [String: OptionValue], unmatched: UnmatchedPolicy, compilePattern: PatternCompiler
  ) throws {
    try trainer.add(MethodRule(type, fields.filter { $0.value != .null }, compilePattern: compilePattern), unmatched: unmatched)
  }

  /// Trains on a batch.
  ///
  /// - Returns: the loss of the batch, computed before the optimizer step.
  /// - Throws: `TrainingError`, such as `notFinite` for an infinite or NaN loss; `RuntimeError.interrupted` if cancelled.
  package func learn(from batch: TrainingBatch) throws -> Double {
    try measureNorms(ahead: batch)
    let loss = Double(try trainer.train(on: batch))
    lastLoss = loss
    return loss
  }

  // MARK: Results

  /// The current model with dense weights, which have the values that `finalized()` would store.
  package func snapshot() throws -> Model { try model.changed(trainer.snapshot(), words: words) }

  /// The trained model, with weights in the storage formats of the methods.
  ///
  /// - Throws: `WeightStorageError` for a format that the opset does not support.
  package func finalized() throws -> Model {
    let result = try trainer.finalized()
    let reason = trainer.rules.map(\.method).joined(separator: ", ")
    let rows = result.weights.map { CompressionReport.Row($0.site, action: "trained", reason: reason, storedAs: $0.stored) }
    return try model.changed(result.program, report: CompressionReport(rows, functions: result.program.functions.map(\.name)), words: words)
  }

  /// The current effect of the methods on each weight.
  package func report() throws -> TrainingReport { TrainingReport(try trainer.report(), skipped: trainer.skipped) }

  // MARK: Texts

  /// The text of the training for the history.
  package var words: String {
    let methods = trainer.rules.map { HistoryText.call($0.method, .dictionary($0.configuration), hasSelector: false) }
    let norms = trainer.norms.isEmpty ? "" : ", norms restored behind \(trainer.norms.count) layers"
    return (["train(\(trainer.step) steps\(norms))"] + methods).joined(separator: ", ")
  }
}
