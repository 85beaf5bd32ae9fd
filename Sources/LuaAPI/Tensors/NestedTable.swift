// SPDX-License-Identifier: Apache-2.0
// Nested Lua tables of numbers, stored exactly until their dtype is known.

import LuaHost
import Tensors

/// Numbers or booleans with a shape, read from nested Lua tables.
struct NestedTable {
  let shape: Shape
  let values: [Double]
  /// Whether all elements are booleans.
  let isBoolean: Bool
  /// The elements as integers; `nil` unless all are Lua integers and a float cannot represent one of them exactly.
  let integers: [Int]?

  /// The tensor for a Lua value: a Tensor unchanged, numbers as ``compact``; `nil` if the value is not a number,
  /// table or tensor.
  static func tensor(_ value: LuaValue) throws(LuaMismatch) -> Tensor? {
    if let object = value.object(TensorObject.self) { return object.tensor }
    return try NestedTable(value)?.compact
  }

  /// Fails with `nil` if the value is not a number, boolean or table.
  init?(_ value: LuaValue) throws(LuaMismatch) {
    var reader = Reader()
    switch value {
    case .boolean(let flag): reader.add(flag)
    case .integer(let number): reader.values = [Double(number)]
    case .number(let number): reader.values = [number]
    case .table(let table): try reader.add(table, depth: 0)
    default: return nil
    }
    guard reader.booleans == 0 || reader.booleans == reader.values.count else { throw LuaMismatch("booleans and numbers side by side") }
    shape = reader.shape
    values = reader.values
    isBoolean = reader.booleans > 0 && reader.booleans == values.count
    integers = values.contains(where: Self.mayBeChanged) ? Self.integers(value) : nil
  }

  /// A float32 tensor if it represents all whole numbers exactly (fractions may be rounded); otherwise int64 for Lua
  /// integers and float64 for floats.
  var compact: Tensor {
    if isBoolean { return Tensor(values.map { $0 != 0 }, shape: shape) }
    if let integers { return Tensor(integers.map { Int64($0) }, shape: shape) }
    let isChanged = values.contains { Self.isChangedWhole($0) || $0.isFinite && Float($0).isInfinite }
    return isChanged ? Tensor(values, shape: shape) : Tensor(values.map { Float($0) }, shape: shape)
  }

  /// A tensor that represents the numbers exactly.
  var exact: Tensor {
    if isBoolean { return Tensor(values.map { $0 != 0 }, shape: shape) }
    return integers.map { Tensor($0.map { Int64($0) }, shape: shape) } ?? Tensor(values, shape: shape)
  }

  /// Whether a Lua integer may differ from its float32 or double representation. Doubles represent all integers up to
  /// 2⁵³ exactly.
  private static func mayBeChanged(_ value: Double) -> Bool { value.magnitude >= 0x1p53 || isChangedWhole(value) }

  private static func isChangedWhole(_ value: Double) -> Bool {
    value.magnitude > 0x1p24 && value.isFinite && value == value.rounded() && Double(Float(value)) != value
  }

  /// The elements in order; `nil` if an element is not a Lua integer.
  private static func integers(_ value: LuaValue) -> [Int]? {
    switch value {
    case .integer(let number): return [number]
    case .table(let table):
      var all: [Int] = []
      for i in 0..<table.count {
        guard let inner = integers(table[i + 1]) else { return nil }
        all += inner
      }
      return all
    default: return nil
    }
  }

  /// Collects the elements in row-major order.
  private struct Reader {
    var shape: Shape = []
    var values: [Double] = []
    var booleans = 0

    private static let mixedRows = LuaMismatch("numbers and tables side by side")

    mutating func add(_ flag: Bool) {
      values.append(flag ? 1 : 0)
      booleans += 1
    }

    mutating func add(_ table: LuaTable, depth: Int) throws(LuaMismatch) {
      guard depth < 8 else { throw LuaMismatch("more than 8 tables deep") }
      let n = table.count
      // The first element at each depth determines whether there is another level of nesting.
      let isFirst = shape.count == depth
      if isFirst { shape.append(n) }
      guard shape[depth] == n else {
        throw LuaMismatch("rows of different lengths: \(shape[depth]) and \(n) at depth \(depth + 1)")
      }
      if let row = try? table.numbers() {
        guard shape.count == depth + 1 else { throw Self.mixedRows }
        values += row
        return
      }
      for i in 1...max(n, 1) where n > 0 {
        switch table[i] {
        case .table(let inner):
          guard shape.count > depth + 1 || isFirst && i == 1 else { throw Self.mixedRows }
          try add(inner, depth: depth + 1)
        case .boolean(let flag):
          guard shape.count == depth + 1 else { throw Self.mixedRows }
          add(flag)
        case let other:
          guard let number = other.number else {
            throw LuaMismatch(
              "element \(i)\(depth > 0 ? " of a row" : "") is \(other.isNil ? "nil; tables must have no holes" : "no number")")
          }
          guard shape.count == depth + 1 else { throw Self.mixedRows }
          values.append(number)
        }
      }
    }
  }
}
