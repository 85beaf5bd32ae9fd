// SPDX-License-Identifier: Apache-2.0
// Tensors as scripts may write them: an object, or nested tables of numbers.

import LuaHost
import Options
import Tensors

/// An argument that is a Tensor or a (nested) table of numbers.
struct TensorArgument: LuaConvertible {
  let tensor: Tensor

  static var luaType: LuaType { .union([.object("Tensor"), .table, .number]) }

  func push(to interpreter: Interpreter) throws { try TensorObject(tensor).push(to: interpreter) }

  static func read(_ interpreter: Interpreter, at index: Int32) throws(LuaMismatch) -> TensorArgument {
    let value = try LuaValue.read(interpreter, at: index)
    guard let tensor = try NestedTable.tensor(value) else {
      throw LuaMismatch(expected: luaType.description, found: interpreter.typeName(of: value))
    }
    return TensorArgument(tensor: tensor)
  }
}

/// Nested tables of numbers of one shape.
enum NestedTable {
  /// The tensor that a value stands for; `nil` when it is no number, table or tensor.
  static func tensor(_ value: LuaValue) throws(LuaMismatch) -> Tensor? {
    if let object = value.object(TensorObject.self) { return object.tensor }
    if let boolean = value.boolean { return Tensor(scalar: boolean) }
    if let number = value.number { return Tensor(scalar: Float(number)) }
    guard let table = value.table else { return nil }
    var shape: Shape = []
    var numbers: [Double] = []
    var booleans = 0
    try collect(table, depth: 0, &shape, &numbers, &booleans)
    if booleans > 0, booleans == numbers.count { return Tensor(numbers.map { $0 != 0 }, shape: shape) }
    return Tensor(numbers.map { Float($0) }, shape: shape)
  }

  private static func collect(
    _ table: LuaTable, depth: Int, _ shape: inout Shape, _ numbers: inout [Double], _ booleans: inout Int
  ) throws(LuaMismatch) {
    guard depth < 8 else { throw LuaMismatch("more than 8 tables deep") }
    let n = table.count
    if shape.count == depth { shape.append(n) }
    guard shape[depth] == n else {
      throw LuaMismatch("rows of different lengths: \(shape[depth]) and \(n) at depth \(depth + 1)")
    }
    if let row = try? table.numbers() {
      guard shape.count == depth + 1 else { throw LuaMismatch("numbers and tables side by side") }
      numbers += row
      return
    }
    for i in 1...max(n, 1) where n > 0 {
      switch table[i] {
      case .table(let inner): try collect(inner, depth: depth + 1, &shape, &numbers, &booleans)
      case .boolean(let value):
        numbers.append(value ? 1 : 0)
        booleans += 1
      case let other:
        guard let number = other.number else {
          throw LuaMismatch(
            "element \(i)\(depth > 0 ? " of a row" : "") is \(other.isNil ? "nil; tables must have no holes" : "no number")")
        }
        numbers.append(number)
      }
    }
  }
}
