// SPDX-License-Identifier: Apache-2.0
// The function `wane.plot`, which draws charts of values in Lua tables.

import Evaluation
import LuaHost
import Options
import TextLayout

extension ChartKind: LuaEnumeration {
  /// The options of `wane.plot` that do not apply to this type of chart.
  fileprivate var unusedOptions: [String] {
    switch self {
    case .points, .line: ["value"]
    case .bars: ["value", "x_scale", "y_scale"]
    case .heatmap: ["label", "group", "x_scale", "y_scale"]
    }
  }
}

enum PlotFunction {
  private enum AxisScale: String, LuaEnumeration {
    case linear, log

    var scale: Chart.Scale { self == .log ? .log : .linear }
  }

  /// The order of bars.
  private enum BarOrder: String, LuaEnumeration { case rows, value }

  private enum Options {
    static let x = LuaOption<String>(required: "x", "field for the x axis; the names of bars")
    static let y = LuaOption<String>(required: "y", "field for the y axis; the lengths of bars")
    static let value = LuaOption<String?>("value", "field for the color of heat map cells")
    static let kind = LuaOption<ChartKind?>(
      "kind", "type of chart: heatmap if value is given, bars if x has names, points otherwise")
    static let label = LuaOption<String?>("label", "field for the labels of points or bars")
    static let group = LuaOption<String?>("group", "field that determines the series")
    static let xScale = LuaOption("x_scale", "scale across", default: AxisScale.linear)
    static let yScale = LuaOption("y_scale", "scale up", default: AxisScale.linear)
    static let order = LuaOption("order", "order of bars: that of the rows, or by value, the longest first", default: BarOrder.rows)
    static let limit = LuaOption<Int?>(
      "limit", "maximum number of bars, of which the longest are drawn; by default as many as fit the screen, or all in a file",
      allowed: .atLeast(1))
    static let table = PlotOptions.table("PlotOptions", [x, y, value, kind, label, group, xScale, yScale, order, limit])
  }

  static let all: [LuaFunction] = [
    LuaFunction(
      "plot", "Plot rows of data as points, a line, bars, or a heat map of two parameters.",
      Arg<LuaValue>("rows", "a sequence of tables or other values with fields, such as a Report"), .options(Options.table), .context,
      example: """
        local rows = {}
        for _, nbits in ipairs{ 2, 4, 6 } do
          for _, group_size in ipairs{ 4, 8 } do
            local small = model:palettize{
              nbits = nbits, granularity = "per_grouped_channel", group_size = group_size, weight_threshold = 512,
            }
            local result = small:evaluate(data, { baseline = model, metrics = { "snr_db" } })
            rows[#rows + 1] = { nbits = nbits, group_size = group_size, snr_db = result.snr_db }
          end
        end
        wane.plot(rows, { x = "nbits", y = "group_size", value = "snr_db" })
        """
    ) { (rows: LuaValue, options: LuaOptions, context: LuaContext) in
      let rows = try read(rows, options, context.interpreter)
      let (x, y, value) = (options[Options.x], options[Options.y], options[Options.value])
      let hasNames = rows.contains { if case .name = $0.x { true } else { false } }
      let kind = options[Options.kind] ?? (value != nil ? .heatmap : hasNames ? .bars : .points)
      guard kind != .heatmap || value != nil else {
        throw LuaError(.usage, "plot: a heat map needs a value", hint: "value = the field for the color")
      }
      if let unused = kind.unusedOptions.first(where: { options[$0] != nil }) {
        throw LuaError(.usage, "plot: \(unused) is not used with kind = \"\(kind.rawValue)\"")
      }
      let shown = kind == .bars ? bars(rows, options, context.interpreter) : rows
      let left = shown.count < rows.count ? ", the \(shown.count) longest of \(rows.count)" : ""
      let chart = try Chart(
        kind, shown, x: Chart.Axis(x, scale: options[Options.xScale].scale), y: Chart.Axis(y, scale: options[Options.yScale].scale),
        color: value.map { Chart.Axis($0) }, title: value.map { "\($0) by \(x) and \(y)" } ?? "\(y) against \(x)\(left)")
      try PlotOptions.deliver(chart, options, of: "plot", context.interpreter)
    }
  ]

  /// The rows that are drawn as bars, in the selected order.
  private static func bars(_ rows: [ChartRow], _ options: LuaOptions, _ interpreter: Interpreter) -> [ChartRow] {
    func length(_ row: ChartRow) -> Double { if case .number(let value) = row.y { abs(value) } else { 0 } }
    let screen = interpreter.screen().lines == nil ? Int.max : PlotOptions.bars(options, interpreter)
    let limit = options[Options.limit] ?? (PlotOptions.isShown(options) ? screen : Int.max)
    let longest = rows.enumerated().sorted { length($0.element) > length($1.element) }.prefix(limit)
    return options[Options.order] == .value ? longest.map(\.element) : longest.sorted { $0.offset < $1.offset }.map(\.element)
  }

  /// Reads a field of each row in Lua, so that properties of objects and inherited fields are included.
  private static let columnSource = """
    local type = type
    return function(rows, key)
      local column = {}
      for i = 1, #rows do
        local row = rows[i]
        if type(row) ~= "table" and type(row) ~= "userdata" then return i end
        column[i] = row[key]
      end
      return column, #rows
    end
    """

  private static let shape = "a sequence of tables: { { size = 1, snr = 20 }, … }"

  /// - Throws: `LuaError` with the row and the field that is missing or of the wrong type; any error from a row's
  ///   `__index`.
  private static func read(_ rows: LuaValue, _ options: LuaOptions, _ interpreter: Interpreter) throws -> [ChartRow] {
    switch rows {
    case .table, .object: break
    default:
      throw LuaError(.usage, "plot: rows must be a sequence, got \(interpreter.typeName(of: rows))", hint: shape)
    }
    guard let column = try interpreter.run(columnSource, chunkName: "=plot").first?.function else {
      throw LuaError(.internal, "the reader of rows could not be created")
    }
    func values(_ key: String?) throws -> [LuaValue]? {
      guard let key else { return nil }
      let read = try column.call(rows, key)
      guard let values = read.first?.table, let count = read.dropFirst().first?.integer else {
        throw LuaError(.usage, "plot: row \(read.first?.integer ?? 1) must be a table", hint: shape)
      }
      guard count > 0 else { throw LuaError(.usage, "plot: rows is empty", hint: shape) }
      return (1...count).map { values[$0] }
    }
    func field(_ value: LuaValue, _ key: String, _ row: Int) throws -> ChartField {
      if let number = value.number { return .number(number) }
      if let name = value.string { return .name(name) }
      let found = value.isNil ? "nothing" : interpreter.typeName(of: value)
      throw LuaError(.usage, "plot: row \(row + 1) has \(found) as '\(key)' (number or string expected)")
    }
    let (x, y, value) = (options[Options.x], options[Options.y], options[Options.value])
    let (xs, ys) = (try values(x) ?? [], try values(y) ?? [])
    let (cells, labels, groups) = (try values(value), try values(options[Options.label]), try values(options[Options.group]))
    func text(_ values: [LuaValue]?, _ i: Int) throws -> String {
      guard let value = values?[i], !value.isNil else { return "" }
      return try interpreter.describe(value)
    }
    return try xs.indices.map { i in
      ChartRow(
        x: try field(xs[i], x, i), y: try field(ys[i], y, i), value: cells?[i].number, label: try text(labels, i),
        group: try text(groups, i))
    }
  }
}
