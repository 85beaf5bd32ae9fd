// SPDX-License-Identifier: Apache-2.0
// Styles of text on the screen.

import TextLayout

/// A look; the raw value is its SGR parameter, one of the sixteen colors that users can
/// configure.
package enum TextStyle: String, Sendable {
  case plain = ""
  case prompt = "1;34"
  case faint = "2"
  case keyword = "35"
  case string = "32"
  case number = "36"
  case comment = "2;3"
  case error = "31"
}

/// A styled range of the text, in characters.
package struct Highlight: Equatable, Sendable {
  package let range: Range<Int>
  package let style: TextStyle

  package init(_ range: Range<Int>, _ style: TextStyle) {
    self.range = range
    self.style = style
  }
}

/// A row of the screen: its text with SGR codes, and its width in columns.
package struct ScreenRow: Equatable, Sendable {
  package private(set) var text = ""
  package private(set) var width = 0
  private var style = TextStyle.plain

  package init() {}

  init(_ text: String, style: TextStyle = .plain, in frame: Frame) {
    append(text, width: text.reduce(0) { $0 + $1.terminalWidth }, style: style, in: frame)
    close()
  }

  /// Codes are only written where the style changes.
  mutating func append(_ piece: String, width: Int, style: TextStyle, in frame: Frame) {
    if frame.isColored, style != self.style {
      close()
      if style != .plain { text += "\u{1B}[\(style.rawValue)m" }
      self.style = style
    }
    text += piece
    self.width += width
  }

  /// Resets the style of the last piece.
  mutating func close() {
    if style != .plain { text += "\u{1B}[0m" }
    style = .plain
  }
}
