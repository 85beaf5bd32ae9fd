// SPDX-License-Identifier: Apache-2.0
// A step of a compression plan: a recipe step with its selector and its origin.

import Compression
import ModelPackages
import Models
import Operators
import Options
import Rules

/// A recipe step, with the properties that a recipe file cannot represent.
package struct PlannedStep: Sendable {
  /// Returns whether a weight is compressed.
  package typealias Selector = @Sendable (WeightEntry, WeightContext) throws -> Bool

  package let step: RecipeStep
  /// Selects the weights; `nil` for all.
  package let selector: Selector?
  /// Whether the step comes from a file or another model, so that its rules were not written for this model.
  package let isBorrowed: Bool
  /// Where techniques take the statistics of weights' inputs from; `nil` without calibration.
  package var calibration: CalibrationInput?

  package init(_ step: RecipeStep, selector: Selector? = nil, isBorrowed: Bool = false, calibration: CalibrationInput? = nil) {
    self.calibration = calibration
    self.step = step
    self.selector = selector
    self.isBorrowed = isBorrowed
  }

  /// The text of the step in the history.
  package var words: String {
    switch step {
    case .compress(let technique, let options):
      HistoryText.call(
        technique, options, hasSelector: selector != nil, more: calibration.map { ["calibration = \"\($0)\""] } ?? [])
    case .decompress: "decompress()"
    case .retarget(let opset): Model.words(retargetingTo: opset)
    }
  }

  /// Checks that calibration was given to a step that uses it.
  ///
  /// - Throws: `WorkflowError.idleCalibration`; the errors of reading the step's options.
  package func checkCalibration(compilePattern: PatternCompiler) throws {
    guard calibration != nil, case .compress(let technique, let value) = step else { return }
    let recipe = try Recipe(step: technique, value, Catalog.weightTable, compilePattern: compilePattern)
    guard recipe.needsStatistics else { throw WorkflowError.idleCalibration(step: technique) }
  }

  /// How rules of the step that match nothing are handled.
  ///
  /// - Parameter allowed: whether rules may match nothing; `nil` for a warning if the step is borrowed, else an error.
  func unmatched(allowed: Bool?, _ client: CompressionClient) -> UnmatchedPolicy {
    if let allowed { return allowed ? .ignore : .refuse }
    guard case .compress(let technique, _) = step else { return .ignore }
    return client.policy(of: technique, isBorrowed: isBorrowed)
  }

  /// Whether the sizes of the step's results depend on the values of the weights.
  func dependsOnValues(_ techniques: Techniques) -> Bool {
    if case .compress(let technique, _) = step { techniques.dependsOnValues(step: technique) } else { false }
  }

  /// Whether the step's technique is written in a script.
  func callsScript(_ techniques: Techniques) -> Bool {
    guard case .compress(let technique, _) = step else { return false }
    return techniques.all.contains { $0.name == technique && $0.digest != nil }
  }

  // MARK: Running

  /// The model after the step. After a dry run, its weights have the predicted formats and sizes, but not the values; its report
  /// is that of the dry run. Decompression and retargeting have no dry run.
  ///
  /// - Throws: `RuleError`, `OptionError`, `CompressionError`, `WeightStorageError`, `ModelError.cannotRetarget`; errors of the
  ///   selector and of the pattern compiler.
  package func applied(to model: Model, isDryRun: Bool = false, _ client: CompressionClient) throws -> Model {
    try applied(to: model, isDryRun: isDryRun, unmatched: unmatched(allowed: nil, client), client)
  }

  /// - Parameter judgesSelector: whether a selector that selects nothing is handled as an unmatched rule; `false` if the values
  ///   that it reads are only predicted.
  func applied(
    to model: Model, isDryRun: Bool, unmatched: UnmatchedPolicy, judgesSelector: Bool = true, _ client: CompressionClient
  ) throws -> Model {
    switch step {
    case .decompress:
      let result = try Compressor(Catalog.weightTable, isCancelled: client.isCancelled).decompress(model.contents.program)
      return try model.replaced(by: result, words: words, step: step)
    case .retarget(let opset):
      return try model.retargeted(to: opset)
    case .compress(let technique, let value):
      let recipe = try recipe(technique, value, client)
      // Called on the caller's thread only.
      nonisolated(unsafe) let tell = isDryRun ? { _ in } : client.beginning(technique)
      defer { tell(nil) }
      var compressor = Compressor(
        Catalog.weightTable, isDryRun: isDryRun, techniques: client.techniques, unmatched: unmatched, judgesSelector: judgesSelector,
        isCancelled: client.isCancelled, progress: { tell($0) })
      if recipe.needsStatistics { compressor.statistics = try statistics(recipe.neededStatistics, of: model, isDryRun: isDryRun, client) }
      let result = try model.withThreads { try compressor.compress(model.contents.program, recipe) }
      if !isDryRun, let (count, reason) = result.report.obstacle {
        client.remark("\(technique) compressed nothing: \(reason) (\(count) of \(result.report.skipped) weights)")
      }
      return try model.replaced(
        by: result, words: words + HistoryText.source(recipe.digest),
        step: .compress(technique: technique, recipe.naming(result.report.unselected).configuration))
    }
  }

  /// The source of the statistics that the recipe's techniques read; `nil` without calibration.
  private func statistics(
    _ needs: Set<String>, of model: Model, isDryRun: Bool, _ client: CompressionClient
  ) throws -> (any WeightStatisticsSource)? {
    guard let calibration else { return nil }
    var squares: [String: [Double]] = [:]
    if needs.contains("squared_gradients"), case .data(let data, _) = calibration {
      // A dry run of them would be as slow as the run; every weight has some.
      guard !isDryRun else { return nil }
      guard let sums = client.squaredGradients else {
        throw CompressionError.noStatistics(technique: "calibration", algorithm: "", needed: ["squared_gradients"])
      }
      let tell = client.beginning("gradients")
      defer { tell(nil) }
      squares = try sums(model, data) { done, total in tell(CompressionProgress(done: done, total: total, weight: "")) }
    }
    return try calibration.source(for: model, needs: needs, squares: squares, isCancelled: client.isCancelled)
  }

  /// Checks rules and forms without compressing anything.
  func check(on model: Model, unmatched: UnmatchedPolicy, judgesSelector: Bool, _ client: CompressionClient) throws {
    guard case .compress(let technique, let value) = step else { return }
    var compressor = Compressor(
      Catalog.weightTable, techniques: client.techniques, unmatched: unmatched, judgesSelector: judgesSelector,
      isCancelled: client.isCancelled)
    compressor.checksOnly = true
    _ = try compressor.compress(model.contents.program, recipe(technique, value, client))
  }

  private func recipe(_ technique: String, _ value: OptionValue, _ client: CompressionClient) throws -> Recipe {
    var recipe = try Recipe(
      step: technique, value, Catalog.weightTable, techniques: client.techniques, compilePattern: client.compilePattern)
    recipe.selector = selector
    if let then = recipe.recordedDigest, then != recipe.digest {
      client.remark("the recipe was recorded with another version of the technique \(technique)")
    }
    return recipe
  }
}
