// SPDX-License-Identifier: Apache-2.0
// Renders the editor's state as terminal output.

/// Repaints the whole input each time, so the only terminal state it depends on is where the last
/// painting left the cursor.
package struct Painter: Sendable {
  /// Widths of the painted rows up to and including the cursor's; empty if nothing is painted.
  private var widthsToCursor: [Int] = []
  private var cursorColumn = 0
  /// Number of screen rows for text, hint and list together.
  private static let rowsForHint = 4

  /// Erases from the cursor's row to the end of the screen.
  private static let eraseBelow = "\r\u{1B}[K\u{1B}[C\u{1B}[J\r"

  package init() {}

  /// Paints the state over the previous painting.
  ///
  /// If the text is higher than the screen, the part around the cursor is shown.
  package mutating func paint(_ state: EditorState, in frame: Frame) -> String {
    let layout = ScreenLayout(state, in: frame)
    let hint = frame.rows >= Self.rowsForHint && layout.rows.count < frame.rows ? layout.hint : []
    let listingRows = max(frame.rows / 2, frame.rows - layout.rows.count - hint.count)
    let below = hint + layout.listing.cut(to: listingRows, in: frame)
    let height = frame.rows - below.count
    let top = min(max(0, layout.cursor.row - height + 1), max(0, layout.rows.count - height))
    let visible = layout.rows[top..<min(top + height, layout.rows.count)]

    let erased = erase(in: frame)
    let rows = Array(visible) + below
    let cursorRow = layout.cursor.row - top
    let up = rows.count - 1 - cursorRow
    widthsToCursor = rows[...cursorRow].map(\.width)
    cursorColumn = layout.cursor.column
    return erased + rows.map(\.text).joined(separator: "\r\n")
      + (up > 0 ? "\u{1B}[\(up)A" : "") + "\r"
      + (cursorColumn > 0 ? "\u{1B}[\(cursorColumn)C" : "")
  }

  /// Paints the whole text a last time, followed by `mark`, and leaves the cursor on a new line.
  package mutating func finish(_ state: EditorState, in frame: Frame, mark: String = "") -> String {
    var state = state
    state.buffer.move(to: 0)  // at the end the cursor could get an empty row of its own
    let rows = ScreenLayout(state, in: frame).rows
    let erased = erase(in: frame)
    widthsToCursor = []
    return erased + rows.map(\.text).joined(separator: "\r\n") + mark + "\r\n"
  }

  /// Clears the screen and shows the state at its top.
  package mutating func clear(_ state: EditorState, in frame: Frame) -> String {
    widthsToCursor = []
    return "\u{1B}[H\u{1B}[2J" + paint(state, in: frame)
  }

  /// Discards the last painting, after other output was written to the terminal.
  package mutating func forget() {
    widthsToCursor = []
  }

  /// Moves to a fresh row, so that output without a line end stays readable,
  /// followed by a mark.
  ///
  /// Mark and blanks fill exactly one row, so they reach the next row only if the cursor was not
  /// in the first column; the next painting erases what remains of them.
  package static func freshLine(in frame: Frame) -> String {
    ScreenRow("%", style: .faint, in: frame).text + String(repeating: " ", count: frame.columns - 1) + "\r"
  }

  /// Moves to the first painted row and erases from there to the end of the screen.
  private func erase(in frame: Frame) -> String {
    // A terminal that became narrower has wrapped the painted rows.
    let above = widthsToCursor.dropLast().reduce(0) {
      $0 + max(1, ($1 + frame.columns - 1) / frame.columns)
    }
    // After the last character of an exactly full row the cursor stays in that row.
    let isAtEnd = cursorColumn > 0 && cursorColumn == widthsToCursor.last
    let up = widthsToCursor.isEmpty ? 0 : above + (isAtEnd ? cursorColumn - 1 : cursorColumn) / frame.columns
    // tmux would save the screen to its history at every key if everything were erased from the first position on.
    return (up > 0 ? "\u{1B}[\(up)A" : "") + Self.eraseBelow
  }
}

extension [ScreenRow] {
  /// At most `count` rows; the last one says how many more there are.
  fileprivate func cut(to count: Int, in frame: Frame) -> [ScreenRow] {
    guard self.count > count else { return self }
    guard count > 0 else { return [] }
    let note = String("… \(self.count - count + 1) more rows".prefix(frame.columns))
    return prefix(count - 1) + [ScreenRow(note, style: .faint, in: frame)]
  }
}
