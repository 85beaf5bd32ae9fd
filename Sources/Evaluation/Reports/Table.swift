// SPDX-License-Identifier: Apache-2.0
// Rows and columns of text, aligned for a terminal or written for machines.

/// A table of text cells with a header.
package struct Table: Sendable, Equatable {
  package enum Alignment: Sendable { case left, right }

  package struct Column: Sendable, Equatable {
    package let title: String
    /// Shown after the title, as `size (kB)`; empty for none.
    package let unit: String
    package let alignment: Alignment

    package init(_ title: String, unit: String = "", _ alignment: Alignment = .right) {
      self.title = title
      self.unit = unit
      self.alignment = alignment
    }

    package var header: String { unit.isEmpty ? title : "\(title) (\(unit))" }
  }

  package let columns: [Column]
  package private(set) var rows: [[String]] = []
  /// Rows after which a thin line is drawn.
  package var rules: Set<Int> = []

  package init(columns: [Column]) { self.columns = columns }

  /// - Precondition: one cell per column.
  package mutating func append(_ cells: [String]) {
    precondition(cells.count == columns.count, "\(cells.count) cells for \(columns.count) columns")
    rows.append(cells)
  }

  /// The table in lines of equal layout, without a final newline; two spaces between columns, a rule under the header.
  /// Control characters become spaces. When `maxWidth` is given and too small, the widest left-aligned column is cut.
  package func text(maxWidth: Int? = nil, isASCII: Bool = false) -> String {
    let cells = rows.map { $0.map(DisplayWidth.printable) }
    var widths = columns.indices.map { column in
      cells.reduce(DisplayWidth.of(columns[column].header)) { max($0, DisplayWidth.of($1[column])) }
    }
    if let maxWidth {
      let over = widths.reduce(0, +) + 2 * (widths.count - 1) - maxWidth
      let widest = columns.indices.filter { columns[$0].alignment == .left }.max { widths[$0] < widths[$1] }
      if over > 0, let widest { widths[widest] = max(4, widths[widest] - over) }
    }
    func line(_ cells: [String]) -> String {
      let padded = cells.indices.map { i in
        DisplayWidth.pad(DisplayWidth.truncate(cells[i], to: widths[i]), to: widths[i], right: columns[i].alignment == .right)
      }
      return trimmedRight(padded.joined(separator: "  "))
    }
    let rule = String(repeating: isASCII ? "-" : "─", count: widths.reduce(0, +) + 2 * max(widths.count - 1, 0))
    var lines = [line(columns.map(\.header)), rule]
    for (i, row) in cells.enumerated() {
      lines.append(line(row))
      if rules.contains(i), i + 1 < cells.count { lines.append(rule) }
    }
    return lines.joined(separator: "\n")
  }

  private func trimmedRight(_ text: String) -> String {
    var text = Substring(text)
    while text.last == " " { text.removeLast() }
    return String(text)
  }
}

extension Table: CustomStringConvertible {
  package var description: String { text() }
}
