// SPDX-License-Identifier: Apache-2.0
// Runs several compression steps, after a dry run that detects errors early.

import Compression
import Models
import Operators
import Options
import Rules

/// A sequence of compression steps.
package struct CompressionPlan: Sendable {
  package var steps: [PlannedStep]

  package init(_ steps: [PlannedStep]) { self.steps = steps }

  /// The plan whose steps take statistics from this calibration, unless they have their own.
  package func calibrated(with calibration: CalibrationInput?) -> CompressionPlan {
    var plan = self
    for i in plan.steps.indices where plan.steps[i].calibration == nil { plan.steps[i].calibration = calibration }
    return plan
  }

  /// The steps recorded in a model.
  ///
  /// - Throws: `RuleError` or `CompressionError` if the model's metadata do not contain valid steps.
  package init(recordedIn model: Model, techniques: Techniques = .standard) throws {
    self.init(try model.contents.recipe(techniques: techniques).map { PlannedStep($0, isBorrowed: true) })
  }

  /// The steps of a parsed recipe.
  ///
  /// - Throws: `RuleError` or `CompressionError` for an invalid recipe.
  package init(text value: OptionValue, techniques: Techniques = .standard) throws {
    self.init(try RecipeStep.steps(value, techniques: techniques).map { PlannedStep($0, isBorrowed: true) })
  }

  /// Checks the options of every step without a model.
  ///
  /// - Throws: `RuleError`, `OptionError` or `CompressionError` for invalid options; errors of `compilePattern`.
  package func check(techniques: Techniques = .standard, compilePattern: PatternCompiler) throws {
    for case .compress(let technique, let options) in steps.map(\.step) {
      _ = try Recipe(step: technique, options, Catalog.weightTable, techniques: techniques, compilePattern: compilePattern)
    }
  }

  // MARK: Running

  /// The model after all steps. A dry run of all steps precedes, so that most errors are thrown before the first weight is compressed.
  ///
  /// - Parameter allowUnmatched: whether rules may match nothing; `nil` for a warning in borrowed steps and an error in others.
  /// - Throws: `RuleError`, `OptionError`, `CompressionError`, `WeightStorageError`, `ModelError.cannotRetarget`; errors of selectors
  ///   and of the pattern compiler.
  package func run(on model: Model, allowUnmatched: Bool? = nil, _ client: CompressionClient) throws -> Model {
    try check(on: model, allowUnmatched: allowUnmatched, client)
    var model = model
    for step in steps {
      // The dry run has already checked the rules of steps without a selector.
      let unmatched = step.selector == nil ? .ignore : step.unmatched(allowed: allowUnmatched, client)
      model = try step.applied(to: model, isDryRun: false, unmatched: unmatched, client)
    }
    return model
  }

  /// Checks all steps before the first weight is compressed.
  ///
  /// A technique written in a script is called for this only if a later step depends on its results.
  private func check(on model: Model, allowUnmatched: Bool?, _ client: CompressionClient) throws {
    let known = steps.lastIndex { !$0.callsScript(client.techniques) }.map { $0 + 1 } ?? 0
    var predicted = model
    for (number, step) in steps.enumerated() {
      let unmatched = step.unmatched(allowed: allowUnmatched, client)
      guard number >= known else {
        predicted = try step.applied(to: predicted, isDryRun: true, unmatched: unmatched, judgesSelector: number == 0, client)
        continue
      }
      try step.check(on: predicted, unmatched: unmatched, judgesSelector: number == 0, client)
    }
  }

  /// The report of each step, predicted by a dry run.
  ///
  /// The sizes of some results depend on values. All steps before the last such step are therefore run in memory.
  ///
  /// - Parameter allowUnmatched: as for `run`.
  /// - Throws: the errors of the dry run of `run`, and those of the steps that are run.
  package func dryRun(on model: Model, allowUnmatched: Bool? = nil, _ client: CompressionClient) throws -> [CompressionReport] {
    let reports = try dryRun(on: model, client) { $0.unmatched(allowed: allowUnmatched, client) }
    let known = steps.lastIndex { $0.dependsOnValues(client.techniques) } ?? 0
    return known == 0 ? reports : try dryRun(on: model, doing: known, client) { _ in .ignore }
  }

  /// - Parameters:
  ///   - count: the number of steps to run, from the first, because later steps read their values; the others are dry runs.
  ///   - unmatched: returns how a step's rules that match nothing are handled.
  private func dryRun(
    on model: Model, doing count: Int = 0, _ client: CompressionClient, unmatched: (PlannedStep) -> UnmatchedPolicy
  ) throws -> [CompressionReport] {
    var model = model
    return try steps.enumerated().map { number, step in
      model = try step.applied(
        to: model, isDryRun: number >= count, unmatched: unmatched(step), judgesSelector: number == 0, client)
      return model.report?.asDryRun ?? CompressionReport(isDryRun: true)
    }
  }

  // MARK: Recipes

  /// The plan as YAML. coremltools can read that of a single step.
  ///
  /// - Throws: `WorkflowError.functionInRecipe` for a step with a selector; `RuleError`, `OptionError` or `CompressionError` for
  ///   invalid options.
  package func yaml(techniques: Techniques = .standard) throws -> String {
    if let step = steps.firstIndex(where: { $0.selector != nil }) { throw WorkflowError.functionInRecipe(step: step + 1) }
    let canonical = try steps.map { step in
      guard case .compress(let technique, let options) = step.step else { return step.step }
      // Patterns are only written, not matched.
      let recipe = try Recipe(
        step: technique, options, Catalog.weightTable, techniques: techniques, compilePattern: { _ in { _ in false } })
      return RecipeStep.compress(technique: technique, recipe.configuration)
    }
    return OptionText.write(RecipeStep.value(canonical))
  }
}
