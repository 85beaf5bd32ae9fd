// SPDX-License-Identifier: Apache-2.0
// Automatic indentation.

extension EditorState {
  static let indentation = 2

  /// Inserts a line break at the cursor, with the indentation given by the language.
  mutating func beginLine() {
    // Text that moves to the new line loses its leading blanks.
    let rest = buffer.characters[buffer.cursor..<buffer.lineEnd]
    buffer.remove(buffer.cursor..<buffer.cursor + rest.prefix { $0 == " " }.count)
    let blanks = hooks.indentation(
      buffer.textBeforeCursor, String(buffer.characters[buffer.cursor..<buffer.lineEnd]))
    buffer.insert("\n" + String(repeating: " ", count: max(0, blanks)))
  }

  /// Outdents a line when the typed character completes a keyword that closes a block, and
  /// indents it again when the next character changes the word: `end`, then `ending`.
  mutating func indentTypedLine(after previous: Action) {
    let start = buffer.lineStart
    guard start > 0, buffer.cursor == buffer.lineEnd else { return }
    let line = buffer.characters[start..<buffer.cursor]
    let text = line.drop { $0 == " " }
    let blanks = line.count - text.count
    let before = String(buffer.characters[..<(start - 1)])
    if case .closing(let removed) = previous {
      guard hooks.indentation(before, String(text)) > blanks, text.last != " " else { return }
      shift(lineAt: start, by: removed)
    } else if !text.contains(" ") {
      let wanted = hooks.indentation(before, String(text))
      guard wanted < blanks, wanted < hooks.indentation(before, "") else { return }
      shift(lineAt: start, by: wanted - blanks)
      lastAction = .closing(blanks: blanks - wanted)
    }
  }

  private mutating func shift(lineAt start: Int, by columns: Int) {
    let cursor = buffer.cursor
    if columns < 0 {
      buffer.remove(start..<start - columns)
    } else {
      buffer.move(to: start)
      buffer.insert(String(repeating: " ", count: columns))
      buffer.move(to: cursor + columns)
    }
  }

  /// The range that Backspace deletes: one indentation step if only blanks precede the cursor.
  var backspaceCount: Int {
    let blanks = buffer.cursor - buffer.lineStart
    guard buffer.lineStart > 0, blanks > 0,
      buffer.characters[buffer.lineStart..<buffer.cursor].allSatisfy({ $0 == " " })
    else { return 1 }
    return (blanks - 1) % Self.indentation + 1
  }
}
