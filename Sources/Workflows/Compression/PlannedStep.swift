// SPDX-License-Identifier: Apache-2.0
// One step of a plan: what a recipe says, and what no recipe on paper can hold of it.

import Compression
import ModelPackages
import Models
import Operators
import Options
import Rules

/// A step, and what a recipe on paper cannot hold of it.
package struct PlannedStep: Sendable {
  /// Whether a weight is compressed.
  package typealias Selector = @Sendable (WeightEntry, WeightContext) throws -> Bool

  package let step: RecipeStep
  /// Chooses weights; `nil` for all.
  package let selector: Selector?
  /// Whether it comes from a file or another model, and so was not written for the model at hand.
  package let isBorrowed: Bool

  package init(_ step: RecipeStep, selector: Selector? = nil, isBorrowed: Bool = false) {
    self.step = step
    self.selector = selector
    self.isBorrowed = isBorrowed
  }

  /// What is done, as the history tells it.
  package var words: String {
    switch step {
    case .compress(let technique, let options): HistoryText.call(technique, options, hasSelector: selector != nil)
    case .decompress: "decompress()"
    case .retarget(let opset): "retarget(\"\(opset)\")"
    }
  }

  /// What becomes of its rules that match nothing: an error, or a warning where it is borrowed, unless somebody says otherwise.
  func unmatched(allowed: Bool?, _ client: CompressionClient) -> UnmatchedPolicy {
    if let allowed { return allowed ? .ignore : .refuse }
    guard case .compress(let technique, _) = step else { return .ignore }
    return client.policy(of: technique, isBorrowed: isBorrowed)
  }

  /// Whether the outcome depends on the values that the weights have by then.
  func dependsOnValues(_ techniques: Techniques) -> Bool {
    if case .compress(let technique, _) = step { techniques.dependsOnValues(step: technique) } else { false }
  }

  /// Whether a script's technique does the work.
  func callsScript(_ techniques: Techniques) -> Bool {
    guard case .compress(let technique, _) = step else { return false }
    return techniques.all.contains { $0.name == technique && $0.digest != nil }
  }

  // MARK: Doing it

  /// The model after the step; on a dry run one of the right form and sizes, with the report of what would be done.
  package func applied(to model: Model, isDryRun: Bool = false, _ client: CompressionClient) throws -> Model {
    try applied(to: model, isDryRun: isDryRun, unmatched: unmatched(allowed: nil, client), client)
  }

  /// - Parameter judgesSelector: whether the values that the selector may ask for are those that the weights will have.
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
      let compressor = Compressor(
        Catalog.weightTable, isDryRun: isDryRun, techniques: client.techniques, unmatched: unmatched, judgesSelector: judgesSelector,
        isCancelled: client.isCancelled, progress: { tell($0) })
      let result = try compressor.compress(model.contents.program, recipe)
      if !isDryRun, let (count, reason) = result.report.obstacle {
        client.remark("\(technique) compressed nothing: \(reason) (\(count) of \(result.report.skipped) weights)")
      }
      return try model.replaced(
        by: result, words: words + HistoryText.source(recipe.digest),
        step: .compress(technique: technique, recipe.naming(result.report.unselected).configuration))
    }
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
