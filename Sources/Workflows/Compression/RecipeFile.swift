// SPDX-License-Identifier: Apache-2.0
// Reads recipes and training configurations from files.

import Foundation
import Options
import Rules

package enum RecipeFile {
  /// Whether a text is the path of a recipe rather than a recipe: a single line without a YAML or JSON mapping.
  package static func isPath(_ text: String) -> Bool {
    !text.contains("\n") && !text.contains("{") && !text.contains(": ")
  }

  /// The parsed contents of a YAML or JSON file.
  ///
  /// - Parameter name: the name of the file in error messages.
  /// - Throws: `WorkflowError.noRecipe` if the file cannot be read, `.recipeNotText` if it is not UTF-8, `.unreadableRecipe` for
  ///   a syntax error.
  package static func read(_ path: String, named name: String) throws(WorkflowError) -> OptionValue {
    guard let data = FileManager.default.contents(atPath: path) else { throw .noRecipe(path: name) }
    guard let text = String(bytes: data, encoding: .utf8) else { throw .recipeNotText(path: name) }
    do { return try OptionText.read(text) } catch { throw .unreadableRecipe(path: name, problem: "\(error)") }
  }
}
