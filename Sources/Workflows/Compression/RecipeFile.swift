// SPDX-License-Identifier: Apache-2.0
// Recipes and configurations from files.

import Foundation
import Options
import Rules

package enum RecipeFile {
  /// Whether a text is the path of a recipe rather than the recipe: a single line that is no YAML table.
  package static func isPath(_ text: String) -> Bool {
    !text.contains("\n") && !text.contains("{") && !text.contains(": ")
  }

  /// What a recipe's file says.
  ///
  /// - Parameter name: what errors call the file.
  /// - Throws: `WorkflowError` for a file that is not there or holds no recipe.
  package static func read(_ path: String, named name: String) throws(WorkflowError) -> OptionValue {
    guard let data = FileManager.default.contents(atPath: path) else { throw .noRecipe(path: name) }
    guard let text = String(bytes: data, encoding: .utf8) else { throw .recipeNotText(path: name) }
    do { return try OptionText.read(text) } catch { throw .unreadableRecipe(path: name, problem: "\(error)") }
  }
}
