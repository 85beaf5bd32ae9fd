// SPDX-License-Identifier: Apache-2.0
// The position of every character of the input on a screen of a given width.

import TextLayout

/// The properties of the screen.
package struct Frame: Equatable, Sendable {
  package let columns: Int
  package let rows: Int
  package let isColored: Bool

  /// - Parameters:
  ///   - columns: clamped to at least 2, so that a wide character fits.
  ///   - rows: clamped to at least 1.
  package init(columns: Int, rows: Int, isColored: Bool = false) {
    self.columns = max(2, columns)
    self.rows = max(1, rows)
    self.isColored = isColored
  }
}

/// The input, its prompts, the hint and the list of completions, divided into rows.
package struct ScreenLayout: Equatable, Sendable {
  /// Rows of prompt and text.
  package private(set) var rows: [ScreenRow] = [ScreenRow()]
  /// The hint, in at most one row.
  package private(set) var hint: [ScreenRow] = []
  /// The rows of the list of completions, not yet limited to the height of the screen.
  package private(set) var listing: [ScreenRow] = []
  /// The position of the cursor: an index of ``rows``, and a column less than the width of the screen.
  package private(set) var cursor = (row: 0, column: 0)

  private let frame: Frame
  private static let tabWidth = 4

  package init(_ state: EditorState, in frame: Frame) {
    self.frame = frame
    put(prompt: state.promptText)
    var lineStart = rows[0].width
    var highlights = (frame.isColored ? state.highlights : [])[...]
    for (index, character) in state.buffer.characters.enumerated() {
      if index == state.buffer.cursor { placeCursor(before: character) }
      while let first = highlights.first, first.range.upperBound <= index { highlights.removeFirst() }
      let style = highlights.first.flatMap { $0.range.contains(index) ? $0.style : nil } ?? .plain
      switch character {
      case "\n":
        beginRow()
        put(prompt: state.prompts.continuation)
        lineStart = rows[rows.count - 1].width
      case "\t":
        // A row's width is counted from its start; tab stops are relative to the start of the text.
        let offset = max(0, rows[rows.count - 1].width - lineStart)
        for _ in 0..<(Self.tabWidth - offset % Self.tabWidth) { put(" ", width: 1) }
      default:
        let (text, width) = character.visibleForm
        put(text, width: width, style: style)
      }
    }
    if state.buffer.cursor == state.buffer.characters.count { placeCursor(before: " ") }
    rows[rows.count - 1].close()
    hint = state.hint.map { [ScreenRow($0.cut(to: frame.columns), style: .faint, in: frame)] } ?? []
    listing = listingColumns(state.listing, width: frame.columns).map { ScreenRow($0, in: frame) }
  }

  package static func == (a: ScreenLayout, b: ScreenLayout) -> Bool {
    a.rows == b.rows && a.hint == b.hint && a.listing == b.listing && a.cursor == b.cursor && a.frame == b.frame
  }

  private mutating func put(prompt: String) {
    for character in prompt {
      let (text, width) = character.visibleForm
      put(text, width: width, style: .prompt)
    }
  }

  private mutating func put(_ text: String, width: Int, style: TextStyle = .plain) {
    if rows[rows.count - 1].width + width > frame.columns { beginRow() }
    rows[rows.count - 1].append(text, width: width, style: style, in: frame)
  }

  private mutating func beginRow() {
    rows[rows.count - 1].close()
    rows.append(ScreenRow())
  }

  /// Places the cursor at the position of `character`, which may be the start of a new row.
  private mutating func placeCursor(before character: Character) {
    let width = character == "\n" || character == "\t" ? 1 : character.visibleForm.width
    if rows[rows.count - 1].width + width > frame.columns { beginRow() }
    cursor = (rows.count - 1, rows[rows.count - 1].width)
  }
}

extension EditorState {
  var highlights: [Highlight] { hooks.highlight(buffer.text) }

  /// The hint for the cursor position; none during a search.
  var hint: String? { search == nil ? hooks.hint(buffer.textBeforeCursor) : nil }

  /// The text before the first line: the prompt, or the search with its query.
  var promptText: String {
    guard let search else { return prompts.primary }
    return "(\(search.hasFailed ? "no match" : "search"))`\(search.query)': "
  }
}

extension Character {
  /// The displayed form of the character, and its width: control characters in caret notation and isolated combining
  /// marks on a dotted circle, so that nothing in the text can control the terminal or be invisible.
  var visibleForm: (text: String, width: Int) {
    if let scalar = unicodeScalars.first, unicodeScalars.count == 1 {
      switch scalar.value {
      case 0x00..<0x20: return ("^" + String(Unicode.Scalar(UInt8(scalar.value) + 0x40)), 2)
      case 0x7F: return ("^?", 2)
      case 0x80..<0xA0, 0x2028, 0x2029: return ("\u{FFFD}", 1)
      default: break
      }
    }
    let width = terminalWidth
    return width == 0 ? ("\u{25CC}" + String(self), 1) : (String(self), width)
  }
}

extension String {
  /// The first line, truncated to `columns` columns, without characters that could control the terminal.
  func cut(to columns: Int) -> String {
    var result = ""
    var width = 0
    for character in prefix(while: { !$0.isNewline }) {
      let (shown, taken) = character.visibleForm
      width += taken
      // Another character may follow, so a column must remain for the ellipsis.
      guard width < columns else { return result + "…" }
      result += shown
    }
    return result
  }
}

/// Arranges names in columns from top to bottom, as `ls` does.
///
/// - Returns: the lines, none wider than `width` except for a single long name.
func listingColumns(_ names: [String], width: Int) -> [String] {
  guard !names.isEmpty else { return [] }
  let names = names.map { String($0.flatMap(\.visibleForm.text)) }
  let widths = names.map { $0.reduce(0) { $0 + $1.terminalWidth } }
  let cell = (widths.max() ?? 0) + 2
  let columns = max(1, (width + 2) / cell)
  let rows = (names.count + columns - 1) / columns
  return (0..<rows).map { row in
    var line = ""
    for index in stride(from: row, to: names.count, by: rows) {
      line += names[index]
      if index + rows < names.count { line += String(repeating: " ", count: cell - widths[index]) }
    }
    return line
  }
}
