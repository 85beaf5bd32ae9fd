// SPDX-License-Identifier: Apache-2.0
// What the editor asks about the language it edits.

/// Questions the editor asks; it knows no language itself.
package struct EditorHooks {
  /// Whether the text can be run as it is; when not, Enter begins another line.
  package var isComplete: (_ text: String) -> Bool
  /// How the text before the cursor could go on.
  package var complete: (_ textBeforeCursor: String) -> Completion
  /// Which parts of the text look different, in ascending order and without overlap.
  package var highlight: (_ text: String) -> [Highlight]
  /// One line about what the cursor is in, shown below the text.
  package var hint: (_ textBeforeCursor: String) -> String?
  /// Blanks that `line`, given without those it has, should begin with after the lines before it.
  ///
  /// `line` may be empty: then it is about to be written.
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
