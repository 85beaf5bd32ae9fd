// SPDX-License-Identifier: Apache-2.0
// The history of a model in the package's metadata, as text and as a recipe.

import Compression
import ModelPackages
import Rules

extension ModelPackage {
  /// The metadata key of the steps as text, one per line.
  private static let historyKey = "wane.history"
  /// The metadata key of the steps as a YAML recipe.
  private static let recipeKey = "wane.recipe"

  /// The text of the steps, oldest first.
  package var history: [String] { userMetadata[Self.historyKey]?.split(separator: "\n").map(String.init) ?? [] }

  /// The steps that produced the model; empty for a model that has not been modified since its conversion.
  ///
  /// - Throws: `RuleError` or `CompressionError` if the metadata were not written by `record`.
  package func recipe() throws -> [RecipeStep] {
    guard let text = userMetadata[Self.recipeKey] else { return [] }
    return try RecipeStep.steps(OptionText.read(text))
  }

  /// Adds a step that can only be recorded as text.
  mutating func record(_ words: String) { userMetadata[Self.historyKey] = (history + [words]).joined(separator: "\n") }

  /// Adds a step. A recipe that cannot be read is replaced.
  mutating func record(_ words: String, _ step: RecipeStep) {
    let steps = ((try? recipe()) ?? []) + [step]
    userMetadata[Self.historyKey] = (history + [words]).joined(separator: "\n")
    userMetadata[Self.recipeKey] = OptionText.write(RecipeStep.value(steps))
  }
}
