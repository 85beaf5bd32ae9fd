// SPDX-License-Identifier: Apache-2.0
// JSON values as Lua values, and back.

import LuaHost
import Options
import Tensors
import TextFormats

/// A JSON value that is returned to Lua. Arrays are lists, which keep their kind when they are empty.
struct JSONConversion: LuaReturnable {
  let value: JSONValue

  static var luaType: LuaType { .any }

  func push(to interpreter: Interpreter) throws {
    switch value {
    case .null: try NullObject.shared.push(to: interpreter)
    case .boolean(let flag): flag.push(to: interpreter)
    case .integer(let number): try number.push(to: interpreter)
    case .number(let number): number.push(to: interpreter)
    case .string(let text): text.push(to: interpreter)
    case .array(let values):
      try Interrupts.check()
      try LuaList(values.map { JSONConversion(value: $0) }).push(to: interpreter)
    case .object(let members):
      try Interrupts.check()
      try Dictionary(members.map { ($0.name, JSONConversion(value: $0.value)) }, uniquingKeysWith: { $1 }).push(to: interpreter)
    }
  }

  /// The JSON value of a Lua value.
  ///
  /// - Parameter path: where the value is, for messages: `.a[1]`.
  /// - Throws: `LuaError` for values that JSON does not have.
  static func value(_ value: LuaValue, at path: String, depth: Int = 0) throws -> JSONValue {
    func refuse(_ problem: String, hint: String? = nil) -> LuaError {
      LuaError(.usage, "encode: \(path.isEmpty ? "the value" : "the value at \(path)") \(problem)", hint: hint)
    }
    guard depth <= JSONValue.deepest else { throw refuse("is more than \(JSONValue.deepest) tables deep; does a table contain itself?") }
    switch value {
    case .nil: return .null
    case .boolean(let flag): return .boolean(flag)
    case .integer(let number): return .integer(number)
    case .number(let number):
      guard number.isFinite else { throw refuse("is \(number), which JSON does not have", hint: "wane.json.null stands for no value") }
      return .number(number)
    case .string(let text): return .string(text)
    case .bytes: throw refuse("is a string that is not valid UTF-8")
    case .object(let object) where object is NullObject: return .null
    case .object(let object):
      guard let tensor = (object as? TensorObject)?.tensor else {
        throw refuse("is a \((type(of: object) as? any LuaBoxed.Type)?.luaName ?? "value")")
      }
      return try nested(tensor) { refuse("has the element \($0), which JSON does not have") }
    case .table(let table): return try self.table(table, path, depth, refuse)
    case .function: throw refuse("is a function")
    case .other(_, let type): throw refuse("is a \(type)")
    }
  }

  private static func table(_ table: LuaTable, _ path: String, _ depth: Int, _ refuse: (String, String?) -> LuaError) throws -> JSONValue {
    try Interrupts.check()
    let pairs = try table.pairs()
    let count = table.count
    if count > 0 || pairs.isEmpty && table.isList {
      guard pairs.count == count, pairs.allSatisfy({ $0.key.integer.map { (1...count).contains($0) } ?? false }) else {
        throw refuse("has elements by position and by name, which JSON does not have", nil)
      }
      return .array(try (0..<count).map { try value(table[$0 + 1], at: "\(path)[\($0 + 1)]", depth: depth + 1) })
    }
    var members: [JSONValue.Member] = []
    for (key, member) in pairs {
      guard let name = key.string else { throw refuse("has a key that is no string", "a list has the positions 1, 2, … without holes") }
      members.append(JSONValue.Member(name, try value(member, at: "\(path).\(name)", depth: depth + 1)))
    }
    return .object(members.sorted { $0.name < $1.name })
  }

  private static func nested(_ tensor: Tensor, _ refuse: (Double) -> LuaError) throws -> JSONValue {
    let elements = ElementValues(tensor)
    let isDouble = tensor.dtype == .float64
    func element(_ index: Int) throws -> JSONValue {
      switch elements[index] {
      case .boolean(let flag): return .boolean(flag)
      case .integer(let number): return .integer(number)
      case let other:
        let number = other.number ?? 0
        guard number.isFinite else { throw refuse(number) }
        // The shortest text that reads back as the element, not as its conversion to double.
        return .number(isDouble ? number : Double("\(Float(number))") ?? number)
      }
    }
    func array(_ start: Int, _ shape: Shape) throws -> JSONValue {
      guard let extent = shape.first else { return try element(start) }
      try Interrupts.check()
      let rows = Array(shape.dropFirst())
      let row = rows.elementCount
      return .array(
        try (0..<extent).map { i in
          if i % 65_536 == 0 { try Interrupts.check() }
          return try rows.isEmpty ? element(start + i) : array(start + i * row, rows)
        })
    }
    return try array(0, tensor.shape)
  }
}
