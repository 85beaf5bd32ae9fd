// SPDX-License-Identifier: Apache-2.0
// The values that can be stored in an archive of arrays.

import DataFiles
import LuaHost
import Options
import Tensors

/// A Tensor or a value that can be converted to one, a string, a list of strings, or a table of numbers by name, such
/// as a classifier's probabilities.
enum ArchiveArgument: LuaConvertible {
  case entry(NPZEntry)
  /// Sorted by name.
  case numbers([(name: String, number: Double)])

  static var luaType: LuaType { .union([.object("Tensor"), .table, .number, .string]) }

  func push(to interpreter: Interpreter) throws {
    switch self {
    case .entry(.tensor(let tensor)): try TensorObject(tensor).push(to: interpreter)
    case .entry(.strings(let strings, let shape)):
      guard shape.isEmpty, let string = strings.first else { return try strings.push(to: interpreter) }
      string.push(to: interpreter)
    case .numbers(let pairs):
      try Dictionary(pairs.map { ($0.name, $0.number) }, uniquingKeysWith: { $1 }).push(to: interpreter)
    }
  }

  static func read(_ interpreter: Interpreter, at index: Int32) throws(LuaMismatch) -> ArchiveArgument {
    let value = try LuaValue.read(interpreter, at: index)
    if let string = value.string { return .entry(.strings([string], shape: [])) }
    if let table = value.table {
      if let strings = try strings(table) { return .entry(.strings(strings, shape: [strings.count])) }
      if let numbers = try numbersByName(table) { return .numbers(numbers) }
    }
    return .entry(.tensor(try TensorArgument.read(interpreter, at: index).tensor))
  }

  /// The arrays for a name: numbers by name become two arrays, `NAME` and `NAME_labels`.
  func arrays(_ name: String) -> [(name: String, entry: NPZEntry)] {
    switch self {
    case .entry(let entry): return [(name, entry)]
    case .numbers(let pairs):
      return [
        (name, .tensor(Tensor(pairs.map(\.number), shape: [pairs.count]))),
        (name + "_labels", .strings(pairs.map(\.name), shape: [pairs.count])),
      ]
    }
  }

  /// The elements of a list that starts with a string; `nil` for any other table.
  private static func strings(_ table: LuaTable) throws(LuaMismatch) -> [String]? {
    guard table[1].string != nil else { return nil }
    var strings: [String] = []
    for i in 1...table.count {
      guard let string = table[i].string else { throw LuaMismatch("element [\(i)] is no string, but the first is") }
      strings.append(string)
    }
    return strings
  }

  /// Numbers by name; `nil` for a list.
  private static func numbersByName(_ table: LuaTable) throws(LuaMismatch) -> [(name: String, number: Double)]? {
    guard table.count == 0, let pairs = try? table.pairs(), !pairs.isEmpty else { return nil }
    var numbers: [(name: String, number: Double)] = []
    for (key, value) in pairs {
      guard let name = key.string, let number = value.number else {
        throw LuaMismatch("a table that is not a list must contain numbers by name")
      }
      numbers.append((name, number))
    }
    return numbers.sorted { $0.name < $1.name }
  }
}
