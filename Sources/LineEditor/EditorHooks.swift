// SPDX-License-Identifier: Apache-2.0
// Callbacks of the editor for the edited language.

/// Language-specific callbacks; the editor itself knows no language.
package struct EditorHooks {
  /// Whether the text is complete; if not, Enter inserts a line break.
  package var isComplete: (_ text: String) -> Bool
  /// Completions of the text before the cursor.
  package var complete: (_ textBeforeCursor: String) -> Completion
  /// Styled ranges of the text, in ascending order and without overlap.
  package var highlight: (_ text: String) -> [Highlight]
  /// One line of help for the cursor position, shown below the text.
  package var hint: (_ textBeforeCursor: String) -> String?
  /// The indentation of `line` (given without its own) after the preceding lines.
  ///
  /// `line` may be empty if it has not been typed yet.
  package var indentation: (_ linesBefore: String, _ line: String) -> Int

  package init(
    isComplete: @escaping (_ text: String) -> Bool = { _ in true },
    complete: @escaping (_ textBeforeCursor: String) -> Completion = { _ in .none },
    highlight: @escaping (_ text: String) -> [Highlight] = { _ in [] },
    hint: @escaping (_ textBeforeCursor: String) -> String? = { _ in nil },
    indentation: @escaping (_ linesBefore: String, _ line: String) -> Int = { _, _ in 0 }
  ) {
    self.isComplete = isComplete
    self.complete = complete
    self.highlight = highlight
    self.hint = hint
    self.indentation = indentation
  }
}
