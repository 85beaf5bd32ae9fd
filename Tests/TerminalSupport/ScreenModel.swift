// SPDX-License-Identifier: Apache-2.0
// A small terminal emulator, so that tests can check the content of the screen.

/// Interprets the output of a line editor: text, line breaks, cursor motion, erasing, scrolling.
///
/// As in xterm, a character in the last column leaves the cursor there until the next character wraps.
package struct ScreenModel {
  package private(set) var columns: Int
  package let rows: Int
  /// The lines that have scrolled off the top.
  package private(set) var scrollback: [String] = []
  package private(set) var cursor = (row: 0, column: 0)
  /// Unknown control sequences, so that a test can assert that there are none.
  package private(set) var unknown: [String] = []

  private var cells: [[String]]
  private var wrapIsPending = false
  private let width: (Character) -> Int

  /// - Parameter width: the width of a character in columns.
  package init(columns: Int, rows: Int, width: @escaping (Character) -> Int = { _ in 1 }) {
    self.columns = columns
    self.rows = rows
    self.width = width
    cells = Array(repeating: Array(repeating: " ", count: columns), count: rows)
  }

  /// The rows without trailing spaces, up to the last one that is not empty.
  package var lines: [String] {
    var lines = cells.map { Self.trimmed($0.joined()) }
    while lines.last == "" { lines.removeLast() }
    return lines
  }

  package var text: String { lines.joined(separator: "\n") }

  private static func trimmed(_ line: String) -> String {
    var line = line
    while line.last == " " { line.removeLast() }
    return line
  }

  package mutating func feed(_ output: String) {
    var rest = Array(output)[...]
    while let character = rest.popFirst() {
      switch character {
      case "\r\n":
        cursor.column = 0
        lineFeed()
      case "\r":
        cursor.column = 0
        wrapIsPending = false
      case "\n": lineFeed()
      case "\u{8}":
        cursor.column = max(0, cursor.column - 1)
        wrapIsPending = false
      case "\u{7}": break
      case "\u{1B}":
        var sequence = ""
        if rest.popFirst() != "[" { unknown.append("ESC") }
        while let next = rest.popFirst() {
          sequence.append(next)
          if let ascii = next.asciiValue, (0x40...0x7E).contains(ascii) { break }
        }
        control(sequence)
      default: put(character)
      }
    }
  }

  private mutating func put(_ character: Character) {
    let taken = width(character)
    if wrapIsPending || cursor.column + taken > columns {
      cursor.column = 0
      lineFeed()
    }
    cells[cursor.row][cursor.column] = String(character)
    if taken == 2 { cells[cursor.row][cursor.column + 1] = "" }
    cursor.column += taken
    if cursor.column == columns {
      cursor.column = columns - 1
      wrapIsPending = true
    }
  }

  private mutating func lineFeed() {
    wrapIsPending = false
    if cursor.row + 1 < rows {
      cursor.row += 1
    } else {
      scrollback.append(Self.trimmed(cells.removeFirst().joined()))
      cells.append(Array(repeating: " ", count: columns))
    }
  }

  private mutating func control(_ sequence: String) {
    let parameter = Int(sequence.dropLast()) ?? 0
    let count = max(1, parameter)
    wrapIsPending = false
    switch sequence.last {
    case "A": cursor.row = max(0, cursor.row - count)
    case "B": cursor.row = min(rows - 1, cursor.row + count)
    case "C": cursor.column = min(columns - 1, cursor.column + count)
    case "D": cursor.column = max(0, cursor.column - count)
    case "H": cursor = (0, 0)
    case "J":
      // tmux keeps the content of the screen when it is erased like this.
      if cursor == (0, 0), parameter == 0 { scrollback += lines }
      if parameter == 2 {
        for row in 0..<rows { erase(row, from: 0) }
      } else {
        erase(cursor.row, from: cursor.column)
        for row in cursor.row + 1..<max(rows, cursor.row + 1) { erase(row, from: 0) }
      }
    case "K": erase(cursor.row, from: cursor.column)
    case "m", "h", "l": break
    default: unknown.append(sequence)
    }
  }

  private mutating func erase(_ row: Int, from column: Int) {
    for column in column..<columns { cells[row][column] = " " }
  }

  /// Makes the terminal narrower and rewraps rows like modern terminals.
  ///
  /// It requires free rows at the bottom of the screen.
  package mutating func narrow(to columns: Int) {
    var broken: [[String]] = []
    var newCursor = (row: 0, column: 0)
    for (index, row) in cells.enumerated() {
      let used = (row.lastIndex { $0 != " " } ?? -1) + 1
      if index == cursor.row {
        // As in tmux, a cursor after the last character of a row that is then exactly full stays in that row.
        let place = cursor.column == used && used > 0 ? cursor.column - 1 : cursor.column
        newCursor = (broken.count + place / columns, min(columns - 1, place % columns + cursor.column - place))
      }
      var start = 0
      repeat {
        var piece = Array(row[start..<min(start + columns, row.count)])
        piece += Array(repeating: " ", count: columns - piece.count)
        broken.append(piece)
        start += columns
      } while start < used
    }
    self.columns = columns
    cells = Array(broken.prefix(rows))
    cursor = newCursor
    wrapIsPending = false
  }
}
