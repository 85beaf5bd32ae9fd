// SPDX-License-Identifier: Apache-2.0
// The Lua object for tensors.

import LuaHost
import Options
import Tensors
import TextLayout

/// A tensor as a Lua object. It is immutable.
final class TensorObject: LuaBoxed {
  let tensor: Tensor

  init(_ tensor: Tensor) { self.tensor = tensor }

  static var luaName: String { "Tensor" }

  var luaExternalBytes: Int { tensor.byteCount }

  static let luaClass = LuaClass(
    TensorObject.self,
    "A dense array of one element type. Positions count from 0, as in the model file; tables that hold its values "
      + "count from 1, as Lua does.",
    properties: [
      LuaProperty("shape", "extents, outermost axis first") { (t: TensorObject) in LuaList(t.tensor.shape) },
      LuaProperty("dtype", "element type, e.g. float32") { (t: TensorObject) in "\(t.tensor.dtype)" },
      LuaProperty("count", "number of elements") { (t: TensorObject) in t.tensor.count },
    ],
    methods: [
      LuaMethod(
        "to_table", "All elements as nested tables, counted from 1.", returns: "a table, or a number for a scalar",
        type: .union([.table, .number, .boolean])
      ) {
        (t: TensorObject) in t.nested()
      },
      LuaMethod(
        "cast",
        "The same values as another element type, as PyTorch does it: floats are rounded to nearest and become infinite beyond the "
          + "range; for integers fractions are cut off; integers wrap into narrower ones; anything but 0 is true. Floats beyond an "
          + "integer type are clamped, NaN is 0. What is given to a model or to wane.tensor is refused instead.",
        Arg("dtype", "element type", allowed: .strings(ElementTypes.names)), returns: "a Tensor"
      ) { (t: TensorObject, dtype: String) in TensorObject(t.tensor.cast(to: try ElementTypes.named(dtype))) },
      LuaMethod(
        "scale", "factor · x + offset for every element, as float32.", Arg("factor", "multiplied"),
        Arg("offset", "added", default: 0.0), returns: "a Tensor",
        example: "print(wane.tensor{ 0, 255 }:scale(1 / 255):max())  --> 1.0"
      ) { (t: TensorObject, factor: Double, offset: Double) in
        for number in [factor, offset] where number.isFinite && Float(number).isInfinite {
          throw LuaError(.usage, "scale: \(number) is beyond float32, in which the result is computed")
        }
        return TensorObject(Tensor(t.tensor.floats().map { Float(factor) * $0 + Float(offset) }, shape: t.tensor.shape))
      },
    ] + shaping + gathering + comparisons + elementwise + reductions + statistics + moving,
    behaviors: operators + [
      .toString(in: DisplayFrame.self) { (t: TensorObject, frame: DisplayFrame) in try TensorText.describe(t.tensor, in: frame) },
      .length { (t: TensorObject) in t.tensor.shape.first ?? 0 },
      .index(refusesZero: false) { (_: TensorObject, i: Int) -> LuaResults? in
        throw LuaError(
          .usage, "a Tensor has no element [\(i)]",
          hint:
            "t:at{ 0, … } gives one element, t:at{ 0 } the first row, t:slice(0, from, to) some rows, t:to_table() a table; positions count from 0"
        )
      },
      .equal { (a: TensorObject, b: TensorObject) in a.tensor == b.tensor },
      .refuses(.lessThan, "Tensors have no order", hint: "t:lt(x) and t:gt(x) compare element by element"),
      .refuses(.lessOrEqual, "Tensors have no order", hint: "t:le(x) and t:ge(x) compare element by element"),
      .refuses(.concatenate, "Tensors are not joined by ..", hint: "wane.concat({ a, b }, axis); tostring(t) is its text"),
      .refuses(.call, "a Tensor is no function", hint: "t:at{ 0, … } gives elements, t:slice(axis, from, to) a part"),
    ], foreignNames: ForeignTensorNames.members)

  private func nested() -> NestedElements { NestedElements(values: ElementValues(tensor), start: 0, shape: tensor.shape) }
}

/// The elements as Lua values. Integers are exact.
struct ElementValues {
  private enum Storage {
    case booleans([Bool])
    case integers([Int])
    case floats([Double])
  }

  private let storage: Storage

  init(_ tensor: Tensor) {
    if tensor.dtype == .bool {
      storage = .booleans(tensor.integers().map { $0 != 0 })
    } else if tensor.dtype.isFloat || tensor.unfitElement(for: .int64) != nil {
      // uint64 values can exceed the range of Lua integers.
      storage = .floats(tensor.doubles())
    } else {
      storage = .integers(tensor.integers())
    }
  }

  subscript(index: Int) -> LuaValue {
    switch storage {
    case .booleans(let all): .boolean(all[index])
    case .integers(let all): .integer(all[index])
    case .floats(let all): .number(all[index])
    }
  }
}

/// Elements as nested Lua tables.
struct NestedElements: LuaReturnable {
  let values: ElementValues
  let start: Int
  let shape: Shape

  static var luaType: LuaType { .table }

  func push(to interpreter: Interpreter) throws {
    guard let n = shape.first else { return try values[start].push(to: interpreter) }
    let inner = Array(shape.dropFirst())
    try Interrupts.check()
    if inner.isEmpty {
      try (start..<start + n).map { values[$0] }.push(to: interpreter)
      return
    }
    let row = inner.elementCount
    try (0..<n).map { NestedElements(values: values, start: start + $0 * row, shape: inner) }.push(to: interpreter)
  }
}
