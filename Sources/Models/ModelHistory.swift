// SPDX-License-Identifier: Apache-2.0
// What was done to a model, kept in the package's own metadata: once in words, once as a recipe.

import Compression
import ModelPackages
import Rules

extension ModelPackage {
  /// The key under which the steps stand in words, one a line.
  private static let historyKey = "wane.history"
  /// The key under which they stand as a recipe in YAML.
  private static let recipeKey = "wane.recipe"

  /// What was done to the model, oldest first.
  package var history: [String] { userMetadata[Self.historyKey]?.split(separator: "\n").map(String.init) ?? [] }

  /// The steps that produced the model; empty for a model that has not been modified since its conversion.
  ///
  /// - Throws: `RuleError` or `CompressionError` if the metadata were not written by `record`.
  package func recipe() throws -> [RecipeStep] {
    guard let text = userMetadata[Self.recipeKey] else { return [] }
    return try RecipeStep.steps(OptionText.read(text))
  }

  /// Adds a step that only words can tell.
  mutating func record(_ words: String) { userMetadata[Self.historyKey] = (history + [words]).joined(separator: "\n") }

  /// Adds one step. A recipe that cannot be read any more is begun anew.
  mutating func record(_ words: String, _ step: RecipeStep) {
    let steps = ((try? recipe()) ?? []) + [step]
    userMetadata[Self.historyKey] = (history + [words]).joined(separator: "\n")
    userMetadata[Self.recipeKey] = OptionText.write(RecipeStep.value(steps))
  }
}
