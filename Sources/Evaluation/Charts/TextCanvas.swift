// SPDX-License-Identifier: Apache-2.0
// A grid of characters with dots inside: 2 × 4 braille dots per cell, or one ASCII dot.

import TextLayout

/// Dots and characters on a grid of cells; characters hide dots.
struct TextCanvas {
  struct Cell: Equatable {
    var column, row: Int
  }

  let columns: Int
  let rows: Int
  private let isASCII: Bool
  private var dots: [UInt8]
  private var characters: [Character?]

  init(columns: Int, rows: Int, isASCII: Bool) {
    self.columns = columns
    self.rows = rows
    self.isASCII = isASCII
    dots = [UInt8](repeating: 0, count: columns * rows)
    characters = [Character?](repeating: nil, count: columns * rows)
  }

  var dotColumns: Int { isASCII ? columns : columns * 2 }
  var dotRows: Int { isASCII ? rows : rows * 4 }

  func cell(_ dot: (x: Int, y: Int)) -> Cell {
    isASCII ? Cell(column: dot.x, row: dot.y) : Cell(column: dot.x / 2, row: dot.y / 4)
  }

  /// Unicode's braille patterns: dots 1–3 and 7 down the left, 4–6 and 8 down the right, as bits 0…7.
  private static let bits: [[UInt8]] = [[0x01, 0x08], [0x02, 0x10], [0x04, 0x20], [0x40, 0x80]]

  private mutating func set(_ x: Int, _ y: Int) {
    guard (0..<dotColumns).contains(x), (0..<dotRows).contains(y) else { return }
    let cell = cell((x, y))
    dots[cell.row * columns + cell.column] |= isASCII ? 1 : Self.bits[y % 4][x % 2]
  }

  /// A straight line of dots. For a dashed line, only the first half of every `every` dots is drawn.
  mutating func line(from a: (x: Int, y: Int), to b: (x: Int, y: Int), every: Int? = nil) {
    let steps = max(abs(b.x - a.x), abs(b.y - a.y))
    for i in 0...steps {
      // Wide gaps (tolerance) have single dots, narrow ones (baseline) have dashes.
      if let every, i % every >= (every > 4 ? 1 : every / 2) { continue }
      let share = steps == 0 ? 0 : Double(i) / Double(steps)
      set(a.x + Int((Double(b.x - a.x) * share).rounded()), a.y + Int((Double(b.y - a.y) * share).rounded()))
    }
  }

  mutating func put(_ character: Character, at cell: Cell) {
    guard (0..<columns).contains(cell.column), (0..<rows).contains(cell.row) else { return }
    characters[cell.row * columns + cell.column] = character
  }

  /// The content of the second cell of a wide character.
  private static let continued: Character = "\0"

  /// Writes a label to the right of a cell, or to the left, if there is no character or dot; otherwise the label is
  /// omitted. Long labels are truncated.
  mutating func label(_ label: String, beside cell: Cell) {
    let label = DisplayWidth.truncate(DisplayWidth.printable(label), to: max(8, columns * 2 / 5))
    guard !isASCII || label.utf8.allSatisfy({ $0 < 0x80 }) else { return }
    let text = label.flatMap { character in
      let width = DisplayWidth.of(String(character))
      return width == 0 ? [] : [character] + [Character](repeating: Self.continued, count: width - 1)
    }
    for start in [cell.column + 2, cell.column - 1 - text.count] {
      for row in [cell.row, cell.row - 1, cell.row + 1] where (0..<rows).contains(row) {
        // A free cell on either side separates labels.
        let span = (start - 1)...(start + text.count)
        guard start >= 0, start + text.count <= columns,
          span.allSatisfy({ isFree($0, row) || Cell(column: $0, row: row) == cell || !(0..<columns).contains($0) })
        else { continue }
        for (i, character) in text.enumerated() { characters[row * columns + start + i] = character }
        return
      }
    }
  }

  private func isFree(_ column: Int, _ row: Int) -> Bool {
    guard (0..<columns).contains(column) else { return true }
    return characters[row * columns + column] == nil && dots[row * columns + column] == 0
  }

  var lines: [String] {
    (0..<rows).map { row in
      String(
        (0..<columns).compactMap { column -> Character? in
          let at = row * columns + column
          if let character = characters[at] { return character == Self.continued ? nil : character }
          guard dots[at] != 0 else { return " " }
          return isASCII ? "." : Character(UnicodeScalar(0x2800 + UInt32(dots[at])) ?? " ")
        })
    }
  }
}
