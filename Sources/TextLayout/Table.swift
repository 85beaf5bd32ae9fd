// SPDX-License-Identifier: Apache-2.0
// Tables of text, aligned for a terminal or formatted for other programs.

/// A table of text cells with a header.
package struct Table: Sendable, Equatable {
  package enum Alignment: Sendable { case left, right }

  package struct Column: Sendable, Equatable {
    package let title: String
    /// The unit after the title, as in `size (kB)`; empty for none.
    package let unit: String
    package let alignment: Alignment
    /// Whether the column may be omitted if the table is too wide.
    package let isDispensable: Bool
    /// The position where long texts are cut.
    package let cut: Cut

    package init(_ title: String, unit: String = "", _ alignment: Alignment = .right, dispensable: Bool = false, cut: Cut = .middle) {
      self.title = title
      self.unit = unit
      self.alignment = alignment
      isDispensable = dispensable
      self.cut = cut
    }

    /// Names are shortened in the middle, since they differ at either end; sentences are shortened at the end.
    package enum Cut: Sendable { case middle, end }

    package var header: String { unit.isEmpty ? title : "\(title) (\(unit))" }
  }

  package let columns: [Column]
  package private(set) var rows: [[String]] = []
  /// The numbers of rows after which a horizontal rule is drawn.
  package var rules: Set<Int> = []

  /// The minimum widths of the first column, which contains the row names, and of other text columns, before
  /// dispensable columns are omitted.
  private static let narrowest = (name: 24, other: 12)
  /// The minimum width at which shortened text is still readable.
  private static let shortest = 6

  package init(columns: [Column]) { self.columns = columns }

  /// - Precondition: there is one cell for each column.
  package mutating func append(_ cells: [String]) {
    precondition(cells.count == columns.count, "\(cells.count) cells for \(columns.count) columns")
    rows.append(cells)
  }

  /// The table as aligned lines without a final newline, with two spaces between columns and a rule under the header.
  ///
  /// Control characters are escaped. If the table exceeds `maxWidth`, dispensable columns are omitted, starting with
  /// the last; then the widest texts are shortened in the middle; lines that are still too wide are truncated.
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

  /// The columns that are shown and their widths.
  private func layout(_ full: [Int], maxWidth: Int?) -> (shown: [Int], widths: [Int]) {
    var shown = Array(columns.indices)
    var widths = full
    guard let maxWidth else { return (shown, widths) }
    func least(_ i: Int) -> Int {
      columns[i].alignment == .left ? min(full[i], i == 0 ? Self.narrowest.name : Self.narrowest.other) : full[i]
    }
    func total(_ width: (Int) -> Int) -> Int { shown.reduce(0) { $0 + width($1) } + 2 * max(shown.count - 1, 0) }
    while total(least) > maxWidth, let last = shown.last(where: { columns[$0].isDispensable }) { shown.removeAll { $0 == last } }
    // The widest columns are narrowed first, the row names last.
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

  /// The table without the columns with these titles.
  package func without(_ titles: Set<String>) -> Table {
    let kept = columns.indices.filter { !titles.contains(columns[$0].title) }
    var table = Table(columns: kept.map { columns[$0] })
    table.rows = rows.map { row in kept.map { row[$0] } }
    table.rules = rules
    return table
  }

  /// The rows in a new order, given by their current indices, without the rules between them.
  package func reordered(_ places: [Int]) -> Table {
    var table = self
    table.rows = places.map { rows[$0] }
    table.rules = []
    return table
  }

  /// The table fitted to a frame: to its columns, and to its rows minus `others`. If rows are omitted, a last line
  /// gives their number and `remedy`, which describes how to see them.
  package func text(in frame: DisplayFrame, others: Int = 0, remedy: String = "") -> String {
    // Two lines are needed for the header and its rule; one row is replaced with the line about omitted rows.
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
