// SPDX-License-Identifier: Apache-2.0
// Charts of rows that a script collected: points, lines, bars, heat maps.

/// A field of a row: a number or a name.
package enum ChartField: Sendable, Hashable {
  case number(Double)
  case name(String)

  package var text: String {
    switch self {
    case .number(let value): value == value.rounded() && abs(value) < 1e15 ? Quantity.fixed(value, 0) : Quantity.significant(value, 6)
    case .name(let name): name
    }
  }

  var number: Double? { if case .number(let value) = self { value } else { nil } }
}

/// One row of a script's data.
package struct ChartRow: Sendable {
  package var x: ChartField
  package var y: ChartField
  package var value: Double?
  package var label: String
  package var group: String

  package init(x: ChartField, y: ChartField, value: Double? = nil, label: String = "", group: String = "") {
    self.x = x
    self.y = y
    self.value = value
    self.label = label
    self.group = group
  }
}

/// How rows are drawn.
package enum ChartKind: String, Sendable, CaseIterable {
  case points, line, bars, heatmap
}

extension Chart {
  /// A chart of rows.
  ///
  /// Names on the x axis of points and lines, and both axes of a heat map, are categories: numbers ascending, names in the order
  /// of the rows. Bars are horizontal: their names come from `x`, their lengths from `y`.
  ///
  /// - Throws: `EvaluationError.badOption` for a name where a number is required.
  package init(_ kind: ChartKind, _ rows: [ChartRow], x: Axis, y: Axis, color: Axis? = nil, title: String) throws {
    func number(_ field: ChartField, _ axis: Axis) throws -> Double {
      guard let value = field.number else {
        throw EvaluationError.badOption(name: axis.label, value: "\"\(field.text)\"", allowed: "numbers")
      }
      return value
    }
    func grouped(_ style: Series.Style, _ points: [Point]) -> [Series] {
      var names: [String] = []
      for row in rows where !names.contains(row.group) { names.append(row.group) }
      return names.map { name in
        let own = zip(rows, points).filter { $0.0.group == name }.map(\.1)
        return Series(name, style: style, points: style == .line ? own.sorted { $0.x < $1.x } : own)
      }
    }
    switch kind {
    case .points, .line:
      let places = rows.contains { $0.x.number == nil } ? Self.places(rows.map(\.x)) : nil
      var across = x
      if let places { across.scale = .categories(places.map(\.text)) }
      let points = try rows.map { row in
        let at = try places.map { Double($0.firstIndex(of: row.x) ?? 0) } ?? number(row.x, x)
        return Point(x: at, y: try number(row.y, y), label: row.label)
      }
      self.init(title: title, x: across, y: y, series: grouped(kind == .line ? .line : .marks, points))
    case .bars:
      // Each row is a separate bar, even if two have the same name.
      var length = y
      length.scale = .linear
      let points = try rows.enumerated().map { place, row in
        Point(x: try number(row.y, y), y: Double(place), label: row.label)
      }
      self.init(title: title, x: length, y: Axis(x.label, scale: .categories(rows.map(\.x.text))), series: grouped(.bars, points))
    case .heatmap:
      let (columns, lines) = (Self.places(rows.map(\.x)), Self.places(rows.map(\.y)))
      let points = rows.map { row in
        Point(x: Double(columns.firstIndex(of: row.x) ?? 0), y: Double(lines.firstIndex(of: row.y) ?? 0), value: row.value)
      }
      self.init(
        title: title, x: Axis(x.label, unit: x.unit, scale: .categories(columns.map(\.text))),
        y: Axis(y.label, unit: y.unit, scale: .categories(lines.map(\.text))),
        series: [Series("", style: .cells, points: points)], color: color ?? Axis("value"))
    }
  }

  /// Distinct fields: numbers ascending, then names in the order of the rows.
  private static func places(_ fields: [ChartField]) -> [ChartField] {
    var seen: Set<ChartField> = []
    let distinct = fields.filter { seen.insert($0).inserted }
    return distinct.filter { $0.number != nil }.sorted { ($0.number ?? 0) < ($1.number ?? 0) } + distinct.filter { $0.number == nil }
  }
}
