// SPDX-License-Identifier: Apache-2.0
// Completion with the Tab key.

extension EditorState {
  /// Inserts the common prefix of all candidates, or lists them if that adds nothing.
  ///
  /// On a blank continuation line it indents.
  mutating func complete() {
    let before = buffer.textBeforeCursor
    let line = before[
      (before.lastIndex(of: "\n").map { before.index(after: $0) } ?? before.startIndex)...]
    if buffer.lineStart > 0, line.allSatisfy(\.isWhitespace) {
      buffer.insert(String(repeating: " ", count: Self.indentation))
      return
    }
    let completion = hooks.complete(before)
    let common = completion.commonPrefix
    let typed = String(before.suffix(completion.replacedCount))
    if completion.candidates.count == 1, let only = completion.candidates.first {
      buffer.replaceBeforeCursor(completion.replacedCount, with: only.text)
      let rest = buffer.characters[buffer.cursor...]
      if !rest.starts(with: only.suffix) { buffer.insert(only.suffix) }
    } else if common.count > typed.count && common.hasPrefix(typed) {
      buffer.replaceBeforeCursor(completion.replacedCount, with: common)
    } else {
      listing = completion.candidates.map(\.label)
    }
  }
}
