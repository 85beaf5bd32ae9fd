// SPDX-License-Identifier: Apache-2.0
// Turns the editor's state into the text that makes a terminal show it.

/// Repaints the whole input each time: the terminal's own state never has to be known beyond where
/// the last painting left the cursor.
package struct Painter: Sendable {
  /// Widths of the painted rows above and including the cursor's; empty when nothing is painted.
  private var widthsToCursor: [Int] = []
  private var cursorColumn = 0
  /// Rows of a screen on which text, hint and a list have room together.
  private static let rowsForHint = 4

  /// Erases the cursor's row, and those below it.
  private static let eraseBelow = "\r\u{1B}[K\u{1B}[C\u{1B}[J\r"

  package init() {}

  /// Shows the state over what was painted before.
  ///
  /// Of a text higher than the screen the part around the cursor is shown.
  package mutating func paint(_ state: EditorState, in frame: Frame) -> String {
    let layout = ScreenLayout(state, in: frame)
    let hint = frame.rows >= Self.rowsForHint && layout.rows.count < frame.rows ? layout.hint : []
    let roomForListing = max(frame.rows / 2, frame.rows - layout.rows.count - hint.count)
    let below = hint + layout.listing.cut(to: roomForListing, in: frame)
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

  /// Shows the whole text one last time, followed by `mark`, and leaves the cursor on a new line.
  package mutating func finish(_ state: EditorState, in frame: Frame, mark: String = "") -> String {
    var state = state
    state.buffer.move(to: 0)  // at the end it could be given an empty row of its own
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

  /// Forgets what was painted: something else wrote to the terminal since.
  package mutating func forget() {
    widthsToCursor = []
  }

  /// Moves to a row of its own: when something was written without a line end, it stays readable
  /// before a mark.
  ///
  /// The mark and blanks fill exactly one row, so they reach the next row only if the cursor was not
  /// in the first column; the following painting erases what is then left of them.
  package static func freshLine(in frame: Frame) -> String {
    ScreenRow("%", style: .faint, in: frame).text + String(repeating: " ", count: frame.columns - 1) + "\r"
  }

  /// Goes to the first painted row and erases from there on.
  private func erase(in frame: Frame) -> String {
    // A terminal made narrower has broken rows into several since they were painted.
    let above = widthsToCursor.dropLast().reduce(0) {
      $0 + max(1, ($1 + frame.columns - 1) / frame.columns)
    }
    // Behind the last character of a row that is then exactly full, the cursor stays in that row.
    let isAtEnd = cursorColumn > 0 && cursorColumn == widthsToCursor.last
    let up = widthsToCursor.isEmpty ? 0 : above + (isAtEnd ? cursorColumn - 1 : cursorColumn) / frame.columns
    // Erasing all from the first place of the screen on, tmux takes for a screen to keep in its history, at every key.
    return (up > 0 ? "\u{1B}[\(up)A" : "") + Self.eraseBelow
  }
}

extension [ScreenRow] {
  /// At most `count` rows, the last saying how many more there are.
  fileprivate func cut(to count: Int, in frame: Frame) -> [ScreenRow] {
    guard self.count > count else { return self }
    guard count > 0 else { return [] }
    let note = String("… \(self.count - count + 1) more rows".prefix(frame.columns))
    return prefix(count - 1) + [ScreenRow(note, style: .faint, in: frame)]
  }
}
