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
    /// Left out where the table would be too wide otherwise.
    package let isDispensable: Bool
    /// Where texts that are too long are cut.
    package let cut: Cut

    package init(_ title: String, unit: String = "", _ alignment: Alignment = .right, dispensable: Bool = false, cut: Cut = .middle) {
      self.title = title
      self.unit = unit
      self.alignment = alignment
      isDispensable = dispensable
      self.cut = cut
    }

    /// Names differ at either end; a sentence begins with what matters.
    package enum Cut: Sendable { case middle, end }

    package var header: String { unit.isEmpty ? title : "\(title) (\(unit))" }
  }

  package let columns: [Column]
  package private(set) var rows: [[String]] = []
  /// Rows after which a thin line is drawn.
  package var rules: Set<Int> = []

  /// Columns that the first column, which names the rows, keeps before others are left out, and those that any text keeps.
  private static let narrowest = (name: 24, other: 12)
  /// Columns of a text below which nothing of it can be read.
  private static let shortest = 6

  package init(columns: [Column]) { self.columns = columns }

  /// - Precondition: one cell per column.
  package mutating func append(_ cells: [String]) {
    precondition(cells.count == columns.count, "\(cells.count) cells for \(columns.count) columns")
    rows.append(cells)
  }

  /// The table in lines of equal layout, without a final newline; two spaces between columns, a rule under the header.
  ///
  /// Control characters become escapes. When `maxWidth` is given and too small, dispensable columns are left out, the last one
  /// first; then the widest texts are cut in their middle; what is still too wide is cut at its end.
  package func text(maxWidth: Int? = nil, isASCII: Bool = false) -> String {
    let cells = rows.map { $0.map(DisplayWidth.printable) }
    let full = columns.indices.map { column in
      cells.reduce(DisplayWidth.of(columns[column].header)) { max($0, DisplayWidth.of($1[column])) }
    }
    let (shown, widths) = layout(full, maxWidth: maxWidth)
    let heads = columns.indices.map { i in widths[i] < full[i] ? DisplayWidth.head(for: cells.map { $0[i] }, width: widths[i]) : nil }
    func line(_ cells: [String]) -> String {
      let padded = shown.map { i in
        let cell =
          columns[i].cut == .end
          ? DisplayWidth.truncate(cells[i], to: widths[i]) : DisplayWidth.shorten(cells[i], to: widths[i], head: heads[i])
        return DisplayWidth.pad(cell, to: widths[i], right: columns[i].alignment == .right)
      }
      let line = trimmedRight(padded.joined(separator: "  "))
      return maxWidth.map { DisplayWidth.truncate(line, to: $0) } ?? line
    }
    let width = shown.reduce(0) { $0 + widths[$1] } + 2 * max(shown.count - 1, 0)
    let rule = String(repeating: isASCII ? "-" : "─", count: min(width, maxWidth ?? width))
    var lines = [line(columns.map(\.header)), rule]
    for (i, row) in cells.enumerated() {
      lines.append(line(row))
      if rules.contains(i), i + 1 < cells.count { lines.append(rule) }
    }
    return lines.joined(separator: "\n")
  }

  /// The columns that are shown, and the width of each column.
  private func layout(_ full: [Int], maxWidth: Int?) -> (shown: [Int], widths: [Int]) {
    var shown = Array(columns.indices)
    var widths = full
    guard let maxWidth else { return (shown, widths) }
    func least(_ i: Int) -> Int {
      columns[i].alignment == .left ? min(full[i], i == 0 ? Self.narrowest.name : Self.narrowest.other) : full[i]
    }
    func total(_ width: (Int) -> Int) -> Int { shown.reduce(0) { $0 + width($1) } + 2 * max(shown.count - 1, 0) }
    while total(least) > maxWidth, let last = shown.last(where: { columns[$0].isDispensable }) { shown.removeAll { $0 == last } }
    // Texts that are longest give way first, the rows' names last.
    let texts = shown.filter { columns[$0].alignment == .left }
    for floor in [least, { $0 == 0 ? least($0) : min(full[$0], Self.shortest) }, { min(full[$0], Self.shortest) }] {
      while total({ widths[$0] }) > maxWidth, let widest = texts.filter({ widths[$0] > floor($0) }).max(by: { widths[$0] < widths[$1] }) {
        widths[widest] -= 1
      }
    }
    return (shown, widths)
  }

  /// The first `limit` rows.
  package func prefix(_ limit: Int) -> Table {
    var table = self
    table.rows = Array(rows.prefix(limit))
    return table
  }

  /// The table without the columns of these titles.
  package func without(_ titles: Set<String>) -> Table {
    let kept = columns.indices.filter { !titles.contains(columns[$0].title) }
    var table = Table(columns: kept.map { columns[$0] })
    table.rows = rows.map { row in kept.map { row[$0] } }
    table.rules = rules
    return table
  }

  /// The rows in another order, given by their present places; without rules between them.
  package func reordered(_ places: [Int]) -> Table {
    var table = self
    table.rows = places.map { rows[$0] }
    table.rules = []
    return table
  }

  /// The table as it fits a frame: as wide, and as long beside `others` further lines; `remedy` says how the rest is seen.
  package func text(in frame: DisplayFrame, others: Int = 0, remedy: String = "") -> String {
    // Its header and rule, and the line that says what is missing.
    guard let lines = frame.lines, rows.count + 2 + others > lines else { return text(maxWidth: frame.columns) }
    let limit = max(5, lines - 3 - others)
    guard rows.count > limit else { return text(maxWidth: frame.columns) }
    let note = "… \(rows.count - limit) more of \(rows.count)" + (remedy.isEmpty ? "" : "; \(remedy)")
    return prefix(limit).text(maxWidth: frame.columns) + "\n" + (frame.columns.map { DisplayWidth.truncate(note, to: $0) } ?? note)
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
