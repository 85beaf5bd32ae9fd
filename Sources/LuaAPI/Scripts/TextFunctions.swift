// SPDX-License-Identifier: Apache-2.0
// The modules wane.json and wane.csv.

import Files
import LuaHost
import Options
import TextFormats

/// `wane.json.null`: a member that is null is not absent.
final class NullObject: LuaBoxed {
  static let shared = NullObject()
  static var luaName: String { "Null" }
  static let luaClass = LuaClass(
    NullObject.self, "JSON's null, wane.json.null.",
    behaviors: [.toString { (_: NullObject) in "null" }, .equal { (_: NullObject, _: NullObject) in true }])
}

extension NullObject: @unchecked Sendable {}

enum TextFunctions {
  private enum JSONOptions {
    static let indent = LuaOption("indent", "spaces for each level; 0 for one line", default: 0, allowed: .within(0...16))
    static let table = LuaOptionTable("JSONOptions", [indent])
  }

  private enum CSVOptions {
    static let header = LuaOption("header", "the first line has the names of columns, by which the rows are read", default: false)
    static let numbers = LuaOption("numbers", "fields that are numbers become numbers, all others stay strings", default: false)
    static let delimiter = LuaOption("delimiter", "one character between fields", default: ",")
    static let decoding = LuaOptionTable("CSVDecodeOptions", [header, numbers, delimiter])
    static let columns = LuaOption<[String]?>("header", "names of columns: the first line, and the order of fields of rows by name")
    static let encoding = LuaOptionTable("CSVEncodeOptions", [columns, delimiter])
  }

  static let json = LuaModule(
    "json", "JSON text (RFC 8259).",
    functions: [
      LuaFunction(
        "encode", "The text of a value. A list becomes an array, a table by name an object with its names sorted, a Tensor nested arrays.",
        Arg<LuaValue>("value", "nil, boolean, number, string, table, Tensor or wane.json.null"), .options(JSONOptions.table),
        returns: "a string",
        example: "print(wane.json.encode{ b = { 1, 2.5 }, a = wane.json.null })  --> {\"a\": null, \"b\": [1, 2.5]}"
      ) { (value: LuaValue, options: LuaOptions) in try JSONConversion.value(value, at: "").text(indent: options[JSONOptions.indent]) },
      LuaFunction(
        "decode", "The value of a text. Whole numbers become integers, null becomes wane.json.null.",
        Arg<LuaBytes>("text", "JSON in UTF-8"),
        returns: "a table, string, number, boolean or wane.json.null", type: .any,
        example: "print(wane.json.decode('{\"a\": [1, 2]}').a[2])  --> 2"
      ) { (text: LuaBytes) in JSONConversion(value: try JSONValue(text: text.bytes)) },
    ],
    constants: [LuaModule.Constant("null", "JSON's null", NullObject.shared)])

  static let csv = LuaModule(
    "csv", "Comma-separated values (RFC 4180).",
    functions: [
      LuaFunction(
        "decode", "The rows of a text, whose lines end with LF or CRLF; empty lines are skipped.", Arg<LuaBytes>("text", "CSV in UTF-8"),
        .options(CSVOptions.decoding),
        returns: "a sequence of rows, each a sequence of strings, or with header a table by name", type: .sequence(.table),
        example: "print(wane.csv.decode(\"name,size\\na,1\\nb,2\\n\", { header = true, numbers = true })[2].size)  --> 2"
      ) { (text: LuaBytes, options: LuaOptions) in
        try rows(text.bytes, options, "decode")
      },
      LuaFunction(
        "encode", "The text of rows, with fields quoted where needed. Each line ends with LF (\"\\n\"), also the last.",
        Arg<[LuaTable]>("rows", "sequences of fields, or tables by name"),
        .options(CSVOptions.encoding), returns: "a string",
        example: "print((wane.csv.encode({ { \"a\", 1 }, { \"b, c\", 2 } }):gsub(\"\\n\", \" \")))  --> a,1 \"b, c\",2 "
      ) { (rows: [LuaTable], options: LuaOptions) in
        CSV.text(
          try records(rows, options[CSVOptions.columns]),
          delimiter: Character(Unicode.Scalar(try delimiter(options[CSVOptions.delimiter], "encode"))))
      },
    ])

  /// The byte of a delimiter.
  static func delimiter(_ text: String, _ function: String) throws -> UInt8 {
    guard text.utf8.count == 1, let byte = text.utf8.first, !"\"\r\n".utf8.contains(byte) else {
      throw LuaError(.usage, "\(function): option 'delimiter' must be one ASCII character, but no quote or line end; got \"\(text)\"")
    }
    return byte
  }

  /// `wane.load_csv`.
  static let loadCSV = LuaFunction(
    "load_csv", "Read the rows of a CSV file.", Arg<PathArgument>("path", "a file in UTF-8"),
    .options(LuaOptionTable("CSVLoadOptions", [loadHeader, loadNumbers, CSVOptions.delimiter])),
    returns: "a sequence of rows, each a table by name, or without header a sequence", type: .sequence(.table)
  ) { (path: PathArgument, options: LuaOptions) in
    let bytes = try MappedFile(path.path).withBytes { Array($0) }
    return try rows(bytes, options, "load_csv", header: options[loadHeader], numbers: options[loadNumbers])
  }

  private static let loadHeader = LuaOption("header", "the first line has the names of columns, by which the rows are read", default: true)
  private static let loadNumbers = LuaOption("numbers", "fields that are numbers become numbers, all others stay strings", default: true)

  private static func rows(
    _ bytes: [UInt8], _ options: LuaOptions, _ function: String, header: Bool? = nil, numbers: Bool? = nil
  ) throws -> LuaResults {
    let records = try CSV.records(bytes, delimiter: delimiter(options[CSVOptions.delimiter], function))
    func field(_ text: String) -> any LuaReturnable {
      guard numbers ?? options[CSVOptions.numbers] else { return text }
      let isPlain = text.first.map { "+-.0123456789".contains($0) } ?? false
      return Int(text) ?? (isPlain ? Double(text) : nil) ?? text
    }
    guard header ?? options[CSVOptions.header], let names = records.first else {
      return LuaResults(records.map { RowValue(fields: $0.map(field), names: nil) })
    }
    if let name = names.first(where: { name in names.filter { $0 == name }.count > 1 }) {
      throw LuaError(.format, "\(function): the column '\(name)' occurs twice in the header", hint: "header = false gives rows by position")
    }
    return LuaResults(records.dropFirst().map { RowValue(fields: $0.map(field), names: names) })
  }

  private static func records(_ rows: [LuaTable], _ header: [String]?) throws -> [[String]] {
    var names = header
    if names == nil, let first = rows.first, first.count == 0 { names = try first.pairs().compactMap(\.key.string).sorted() }
    func text(_ value: LuaValue, _ place: String) throws -> String {
      switch value {
      case .nil: return ""
      case .string(let text): return text
      case .boolean(let flag): return "\(flag)"
      case .integer(let number): return "\(number)"
      case .number(let number): return Int(exactly: number).map { "\($0).0" } ?? "\(number)"
      default: throw LuaError(.usage, "encode: \(place) is not a string, number or boolean")
      }
    }
    let width = names?.count ?? rows.first?.count ?? 0
    var records: [[String]] = names.map { [$0] } ?? []
    for (position, row) in rows.enumerated() {
      if let names, row.count == 0 {
        if let stray = try row.pairs().compactMap(\.key.string).filter({ !names.contains($0) }).min() {
          throw LuaError(
            .usage, "encode: row \(position + 1) has the field '\(stray)', which is no column",
            hint: "columns: \(names.joined(separator: ", "))")
        }
        records.append(try names.map { try text(row[$0], "'\($0)' of row \(position + 1)") })
      } else {
        guard row.count == width else { throw LuaError(.usage, "encode: row \(position + 1) has \(row.count) fields, expected \(width)") }
        records.append(try (0..<width).map { try text(row[$0 + 1], "field \($0 + 1) of row \(position + 1)") })
      }
    }
    return records
  }
}

/// A row of a CSV text.
private struct RowValue: LuaReturnable {
  let fields: [any LuaReturnable]
  let names: [String]?

  static var luaType: LuaType { .table }

  func push(to interpreter: Interpreter) throws {
    let table = interpreter.newTable()
    for (position, field) in fields.enumerated() {
      if let names { try table.set(names[position], field) } else { try table.set(position + 1, field) }
    }
    try table.push(to: interpreter)
  }
}
