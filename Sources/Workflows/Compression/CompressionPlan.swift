// SPDX-License-Identifier: Apache-2.0
// Several steps of compression as one: foretold first, so that what cannot be done is refused before any work.

import Compression
import Models
import Operators
import Options
import Rules

/// Steps of compression, one after the other.
package struct CompressionPlan: Sendable {
  package var steps: [PlannedStep]

  package init(_ steps: [PlannedStep]) { self.steps = steps }

  /// The steps that made a model what it is.
  package init(recordedIn model: Model, techniques: Techniques = .standard) throws {
    self.init(try model.contents.recipe(techniques: techniques).map { PlannedStep($0, isBorrowed: true) })
  }

  /// The steps that a recipe's text says.
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

  // MARK: Doing it

  /// The model after all steps.
  ///
  /// - Parameter allowUnmatched: whether rules may match nothing; `nil` lets each step's origin decide.
  package func run(on model: Model, allowUnmatched: Bool? = nil, _ client: CompressionClient) throws -> Model {
    try check(on: model, allowUnmatched: allowUnmatched, client)
    var model = model
    for step in steps {
      // Only what a selector chooses is not known yet.
      let unmatched = step.selector == nil ? .ignore : step.unmatched(allowed: allowUnmatched, client)
      model = try step.applied(to: model, isDryRun: false, unmatched: unmatched, client)
    }
    return model
  }

  /// Checks every step before any work.
  ///
  /// A function of a script that compresses weights is called for this only if a later step depends on what it returns.
  private func check(on model: Model, allowUnmatched: Bool?, _ client: CompressionClient) throws {
    let known = steps.lastIndex { !$0.callsScript(client.techniques) }.map { $0 + 1 } ?? 0
    var foreseen = model
    for (number, step) in steps.enumerated() {
      let unmatched = step.unmatched(allowed: allowUnmatched, client)
      guard number >= known else {
        foreseen = try step.applied(to: foreseen, isDryRun: true, unmatched: unmatched, judgesSelector: number == 0, client)
        continue
      }
      try step.check(on: foreseen, unmatched: unmatched, judgesSelector: number == 0, client)
    }
  }

  /// Each step's report, foretold.
  ///
  /// What some steps leave depends on values, so what comes before the last of those is really done, in memory.
  ///
  /// - Throws: what `run` would throw before any work.
  package func foretold(on model: Model, allowUnmatched: Bool? = nil, _ client: CompressionClient) throws -> [CompressionReport] {
    let reports = try foretold(on: model, client) { $0.unmatched(allowed: allowUnmatched, client) }
    let known = steps.lastIndex { $0.dependsOnValues(client.techniques) } ?? 0
    return known == 0 ? reports : try foretold(on: model, doing: known, client) { _ in .ignore }
  }

  /// - Parameters:
  ///   - count: so many of the first steps are done, for the values that later ones ask for.
  ///   - unmatched: what becomes of a step's rules that match nothing.
  private func foretold(
    on model: Model, doing count: Int = 0, _ client: CompressionClient, unmatched: (PlannedStep) -> UnmatchedPolicy
  ) throws -> [CompressionReport] {
    var model = model
    return try steps.enumerated().map { number, step in
      model = try step.applied(
        to: model, isDryRun: number >= count, unmatched: unmatched(step), judgesSelector: number == 0, client)
      return model.report?.foretold ?? CompressionReport(isDryRun: true)
    }
  }

  // MARK: On paper

  /// The plan as YAML; of one step, as coremltools reads it.
  ///
  /// - Throws: `WorkflowError.functionInRecipe` for a step with a selector.
  package func yaml(techniques: Techniques = .standard) throws -> String {
    if let step = steps.firstIndex(where: { $0.selector != nil }) { throw WorkflowError.functionInRecipe(step: step + 1) }
    let canonical = try steps.map { step in
      guard case .compress(let technique, let options) = step.step else { return step.step }
      // Patterns are only written down here, not matched.
      let recipe = try Recipe(
        step: technique, options, Catalog.weightTable, techniques: techniques, compilePattern: { _ in { _ in false } })
      return RecipeStep.compress(technique: technique, recipe.configuration)
    }
    return OptionText.write(RecipeStep.value(canonical))
  }
}
