// SPDX-License-Identifier: Apache-2.0
// Where every character of the input stands on a screen of a given width.

/// What the editor needs to know of the screen.
package struct Frame: Equatable, Sendable {
  package let columns: Int
  package let rows: Int
  package let isColoured: Bool

  /// - Parameters:
  ///   - columns: held to at least 2, so that a wide character fits.
  ///   - rows: held to at least 1.
  package init(columns: Int, rows: Int, isColoured: Bool = false) {
    self.columns = max(2, columns)
    self.rows = max(1, rows)
    self.isColoured = isColoured
  }
}

/// How a piece of the screen looks; the raw value is its SGR parameter.
enum Style: String {
  case plain = ""
  case prompt = "1;34"
  case faint = "2"
}

/// One row of the screen: the characters with their SGR codes, and the columns they take.
package struct ScreenRow: Equatable, Sendable {
  package var text = ""
  package var width = 0
}

/// The input, its prompts and the list of completions, cut into rows.
package struct ScreenLayout: Equatable, Sendable {
  /// Rows of prompt and text.
  package private(set) var rows: [ScreenRow] = [ScreenRow()]
  /// Rows of the list of completions, not yet cut to the height of the screen.
  package private(set) var listing: [ScreenRow] = []
  /// Where the cursor stands: an index of ``rows``, and a column below the width of the screen.
  package private(set) var cursor = (row: 0, column: 0)

  private let frame: Frame
  private static let tabWidth = 4

  package init(_ state: EditorState, in frame: Frame) {
    self.frame = frame
    put(prompt: state.promptText)
    var lineStart = rows[0].width
    for (index, character) in state.buffer.characters.enumerated() {
      if index == state.buffer.cursor { placeCursor(before: character) }
      switch character {
      case "\n":
        rows.append(ScreenRow())
        put(prompt: state.prompts.continuation)
        lineStart = rows[rows.count - 1].width
      case "\t":
        // A row's width counts from its own start; tab stops count from the start of the text.
        let offset = max(0, rows[rows.count - 1].width - lineStart)
        for _ in 0..<(Self.tabWidth - offset % Self.tabWidth) { put(" ", width: 1) }
      default:
        let (text, width) = character.visibleForm
        put(text, width: width)
      }
    }
    if state.buffer.cursor == state.buffer.characters.count { placeCursor(before: " ") }
    listing = listingColumns(state.listing, width: frame.columns).map {
      ScreenRow(text: $0, width: $0.reduce(0) { $0 + $1.terminalWidth })
    }
  }

  package static func == (a: ScreenLayout, b: ScreenLayout) -> Bool {
    a.rows == b.rows && a.listing == b.listing && a.cursor == b.cursor && a.frame == b.frame
  }

  private mutating func put(prompt: String) {
    for character in prompt {
      let (text, width) = character.visibleForm
      put(text, width: width, style: .prompt)
    }
  }

  private mutating func put(_ text: String, width: Int, style: Style = .plain) {
    if rows[rows.count - 1].width + width > frame.columns { rows.append(ScreenRow()) }
    rows[rows.count - 1].text += frame.styled(text, style)
    rows[rows.count - 1].width += width
  }

  /// Puts the cursor where `character` will stand, which may be the start of a new row.
  private mutating func placeCursor(before character: Character) {
    let width = character == "\n" || character == "\t" ? 1 : character.visibleForm.width
    if rows[rows.count - 1].width + width > frame.columns { rows.append(ScreenRow()) }
    cursor = (rows.count - 1, rows[rows.count - 1].width)
  }
}

extension Frame {
  func styled(_ text: String, _ style: Style) -> String {
    isColoured && style != .plain ? "\u{1B}[\(style.rawValue)m\(text)\u{1B}[0m" : text
  }
}

extension EditorState {
  /// What stands before the first line: the prompt, or the search and its query.
  var promptText: String {
    guard let search else { return prompts.primary }
    return "(\(search.hasFailed ? "no match" : "search"))`\(search.query)': "
  }
}

extension Character {
  /// What is shown for the character, and its columns: controls in caret notation, lone marks on a
  /// dotted circle, so that nothing in the text can steer the terminal or be invisible.
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

/// Arranges names in columns read downwards, as `ls` does.
///
/// - Returns: the lines, none wider than `width` unless a single name is.
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
