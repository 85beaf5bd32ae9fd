// SPDX-License-Identifier: Apache-2.0
// Blanks at the start of the lines of a block.

extension EditorState {
  static let indentation = 2

  /// Begins another line at the cursor, indented as the language has it.
  mutating func beginLine() {
    // What moves to the new line leaves the blanks before it behind.
    let rest = buffer.characters[buffer.cursor..<buffer.lineEnd]
    buffer.remove(buffer.cursor..<buffer.cursor + rest.prefix { $0 == " " }.count)
    let blanks = hooks.indentation(
      buffer.textBeforeCursor, String(buffer.characters[buffer.cursor..<buffer.lineEnd]))
    buffer.insert("\n" + String(repeating: " ", count: max(0, blanks)))
  }

  /// Moves a line to the left when the character just typed made it one that closes a block, and
  /// back when the next one made it something else: `end`, then `ending`.
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

  /// What Backspace takes: a step of indentation where only blanks stand before the cursor.
  var backspaceCount: Int {
    let blanks = buffer.cursor - buffer.lineStart
    guard buffer.lineStart > 0, blanks > 0,
      buffer.characters[buffer.lineStart..<buffer.cursor].allSatisfy({ $0 == " " })
    else { return 1 }
    return (blanks - 1) % Self.indentation + 1
  }
}
