// SPDX-License-Identifier: Apache-2.0
// The list that `who()` prints.

import LuaHost
import TextLayout

/// The variables that the user has defined, for `who()`.
struct VariableList {
  private var rows: [(name: String, type: String, bytes: Int?, value: String)] = []

  /// - Throws: any error from a `__tostring` metamethod.
  init(_ interpreter: Interpreter, leavingOut hidden: Set<String>) throws {
    let locals = interpreter.scope?.names ?? []
    let names = interpreter.variableNames.filter { !(hidden.contains($0) || $0 == "_" || $0 == "__") || locals.contains($0) }
    for name in names.sorted() {
      let value = interpreter.variable(named: name)
      var bytes: Int?
      var type = interpreter.typeName(of: value)
      var shown = ""
      switch value {
      case .object:
        bytes = value.box?.luaExternalBytes
        shown = try interpreter.describe(value)
      case .string(let text): shown = text.quoted(limit: 60)
      case .bytes(let bytes): shown = bytes.quoted(limit: 60)
      case .table(let table):
        let contents = try table.pairs()
        let held = contents.compactMap { $0.value.box?.luaExternalBytes }
        if !held.isEmpty { bytes = held.reduce(0, +) }
        let fields = contents.count - table.count
        shown = [(table.count, "element"), (fields, "field")].filter { $0.0 > 0 }
          .map { "\($0.0) \($0.1)\($0.0 == 1 ? "" : "s")" }.joined(separator: ", ")
        if shown.isEmpty { shown = "empty" }
      case .function: break
      case .integer(let number):
        type = "integer"
        shown = String(number)
      default: shown = try interpreter.describe(value)
      }
      let line = shown.prefix { !$0.isNewline }
      rows.append((name, type, bytes, DisplayWidth.printable(String(line))))
    }
  }

  /// One line per variable with aligned names and types. Long names are shortened in the middle, and lines are
  /// truncated at `width`.
  func text(_ width: Int) -> String {
    let nameWidth = min(rows.map { DisplayWidth.of($0.name) }.max() ?? 0, max(12, width / 3))
    let typeWidth = rows.map { DisplayWidth.of($0.type) }.max() ?? 0
    let sizes = rows.map { $0.bytes.map(Self.size) ?? "" }
    let sizeWidth = sizes.map(\.count).max() ?? 0
    return zip(rows, sizes).map { row, size in
      var line =
        DisplayWidth.pad(DisplayWidth.shorten(row.name, to: nameWidth), to: nameWidth) + "  " + DisplayWidth.pad(row.type, to: typeWidth)
      if sizeWidth > 0 { line += "  " + DisplayWidth.pad(size, to: sizeWidth, right: true) }
      line += "  " + row.value
      while line.last == " " { line.removeLast() }
      return DisplayWidth.truncate(line, to: max(2, width)) + "\n"
    }.joined()
  }

  private static func size(_ bytes: Int) -> String {
    var value = Double(bytes)
    var unit = "B"
    for larger in ["kB", "MB", "GB", "TB"] where value >= 1000 {
      value /= 1000
      unit = larger
    }
    let isWhole = unit == "B" || value >= 100
    let tenths = Int((value * 10).rounded())
    return (isWhole ? "\(Int(value.rounded()))" : "\(tenths / 10).\(tenths % 10)") + " " + unit
  }
}
