// SPDX-License-Identifier: Apache-2.0
// The text of records without a text of their own: their fields.

import TextLayout

/// The text of a record: `Name{ field = value, … }` on one line if it fits, otherwise with a line for each field.
struct RecordText {
  /// The most elements of a table, and the deepest tables, that are written.
  private static let items = 20
  private static let depth = 2
  private static let stringLength = 200

  let interpreter: Interpreter

  /// - Parameter members: the fields in the order of the declaration; those without a value are left out.
  /// - Throws: any error of a field's `tostring`.
  func text(_ name: String, _ members: [String], of table: LuaTable) throws -> String {
    let fields = try members.compactMap { member -> String? in
      let value = table[member]
      return value.isNil ? nil : "\(member) = \(try shown(value, 0))"
    }
    guard !fields.isEmpty else { return "\(name){}" }
    let line = "\(name){ \(fields.joined(separator: ", ")) }"
    if DisplayWidth.of(line) <= interpreter.frame.columns ?? DisplayFrame.usualColumns { return line }
    return "\(name){\n" + fields.map { "  \($0)," }.joined(separator: "\n") + "\n}"
  }

  private func shown(_ value: LuaValue, _ depth: Int) throws -> String {
    switch value {
    case .string(let text):
      let whole = text.count > Self.stringLength ? text.prefix(Self.stringLength) + "…" : text[...]
      return "\"" + String(whole).replacing("\\", with: "\\\\").replacing("\"", with: "\\\"").replacing("\n", with: "\\n") + "\""
    case .table(let table):
      let metatable = interpreter.metatable(of: value)
      if metatable?["__tostring"].isNil == false, metatable?[Interpreter.listMark].isNil == true { return try firstLine(value) }
      return try shown(table, depth)
    default: return try firstLine(value)
    }
  }

  private func shown(_ table: LuaTable, _ depth: Int) throws -> String {
    guard depth < Self.depth else { return "{ … }" }
    let count = table.count
    var entries = try (0..<min(count, Self.items)).map { try shown(table[$0 + 1], depth + 1) }
    if count > entries.count { entries.append("… \(count - entries.count) more") }
    if count == 0 {
      let pairs = try table.pairs().compactMap { pair in pair.key.string.map { (name: $0, value: pair.value) } }.sorted {
        $0.name < $1.name
      }
      entries = try pairs.prefix(Self.items).map { "\($0.name) = \(try shown($0.value, depth + 1))" }
      if pairs.count > entries.count { entries.append("… \(pairs.count - entries.count) more") }
    }
    return entries.isEmpty ? "{}" : "{ \(entries.joined(separator: ", ")) }"
  }

  private func firstLine(_ value: LuaValue) throws -> String {
    let text = try interpreter.describe(value)
    guard let end = text.firstIndex(where: \.isNewline) else { return text }
    return text[..<end] + " …"
  }
}
