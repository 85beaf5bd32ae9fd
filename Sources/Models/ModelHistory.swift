// SPDX-License-Identifier: Apache-2.0
// The history of a model in the package's metadata, as text and as a recipe.

import Compression
import ModelPackages
import Options
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
  package func recipe(techniques: Techniques = .standard) throws -> [RecipeStep] {
    guard let text = userMetadata[Self.recipeKey] else { return [] }
    return try RecipeStep.steps(OptionText.read(text), techniques: techniques)
  }

  /// Adds a step that can only be recorded as text.
  mutating func record(_ words: String) { userMetadata[Self.historyKey] = (history + [words]).joined(separator: "\n") }

  /// Adds a step. A recipe that cannot be read is replaced.
  mutating func record(_ words: String, _ step: RecipeStep) {
    // Earlier steps are kept as they are: the technique of a script need not be loaded now.
    var steps: [OptionValue] = []
    switch userMetadata[Self.recipeKey].flatMap({ try? OptionText.read($0) }) {
    case .list(let items)?: steps = items
    case .dictionary(let fields)?: steps = [.dictionary(fields)]
    default: break
    }
    steps.append(step.value)
    userMetadata[Self.historyKey] = (history + [words]).joined(separator: "\n")
    userMetadata[Self.recipeKey] = OptionText.write(steps.count == 1 ? steps[0] : .list(steps))
  }
}
