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
        "at", "One element.", Arg("position", "one index an axis, from 0; negative from the end"),
        returns: "the element", type: .union([.number, .boolean]), example: "print(wane.tensor{ {1, 2}, {3, 4} }:at{ 1, 0 })  --> 3.0"
      ) { (t: TensorObject, position: [Int]) in try t.element(position) },
      LuaMethod(
        "to_table", "All elements as nested tables, counted from 1.", returns: "a table, or a number for a scalar",
        type: .union([.table, .number, .boolean])
      ) {
        (t: TensorObject) in t.nested()
      },
      LuaMethod(
        "reshape", "The same elements with a different shape.", Arg("shape", "extents; one may be -1"),
        returns: "a Tensor", example: "print(wane.zeros({2, 6}):reshape{ 3, -1 }.shape[2])  --> 4"
      ) { (t: TensorObject, shape: [Int]) in TensorObject(t.tensor.reshaped(try t.resolve(shape))) },
      LuaMethod(
        "slice", "Part of an axis.", Arg("axis", "which axis, from 0"), Arg("from", "first position, from 0"),
        Arg<Int?>("to", "position after the last; by default the end"), returns: "a Tensor",
        example: "print(wane.zeros({4, 3}):slice(0, 1, 3).shape[1])  --> 2"
      ) { (t: TensorObject, axis: Int, from: Int, to: Int?) in try t.slice(axis, from, to) },
      LuaMethod(
        "argmax", "Indices of the largest elements along an axis, the first of equal ones.",
        Arg("axis", "which axis, from 0", default: -1), returns: "an int32 Tensor without that axis"
      ) { (t: TensorObject, axis: Int) in try t.argmax(axis) },
      LuaMethod("min", "The smallest element.", returns: "a number", type: .number) { (t: TensorObject) in
        try t.reduce(floats: { $0.min() }, integers: { $0.min() })
      },
      LuaMethod("max", "The largest element.", returns: "a number", type: .number) { (t: TensorObject) in
        try t.reduce(floats: { $0.max() }, integers: { $0.max() })
      },
      LuaMethod("sum", "The sum of the elements, in double precision.", returns: "a number") {
        (t: TensorObject) in t.tensor.doubles().reduce(0, +)
      },
      LuaMethod("mean", "The mean of the elements, in double precision.", returns: "a number", type: .number) {
        (t: TensorObject) in try t.reduce { $0.isEmpty ? nil : $0.reduce(0, +) / Double($0.count) }
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
    ] + moving,
    behaviors: [
      .toString(in: DisplayFrame.self) { (t: TensorObject, frame: DisplayFrame) in try TensorText.describe(t.tensor, in: frame) },
      .length { (t: TensorObject) in t.tensor.shape.first ?? 0 },
      .index(refusesZero: false) { (_: TensorObject, i: Int) -> LuaResults? in
        throw LuaError(
          .usage, "a Tensor has no element [\(i)]",
          hint: "t:at{ 0, … } gives one element, t:slice(0, from, to) some rows, t:to_table() a table; positions count from 0")
      },
      .equal { (a: TensorObject, b: TensorObject) in a.tensor == b.tensor },
    ])

  // MARK: Methods

  private func element(_ position: [Int]) throws -> LuaValue {
    let shape = tensor.shape
    guard position.count == shape.count else {
      throw LuaError(.usage, "at: \(position.count) indices for a tensor of rank \(shape.count)")
    }
    var offset = 0
    for (axis, (i, n)) in zip(position, shape).enumerated() {
      let at = i < 0 ? i + n : i
      guard (0..<n).contains(at) else {
        throw LuaError(.usage, "at: index \(i) is outside axis \(axis), which has \(n) positions (from 0)")
      }
      offset = offset * n + at
    }
    return ElementValues(tensor.reshaped([tensor.count]).rows(offset..<offset + 1))[0]
  }

  private func resolve(_ shape: [Int]) throws -> Shape {
    let open = shape.indices.filter { shape[$0] == -1 }
    let known = shape.filter { $0 != -1 }.checkedElementCount
    guard open.count <= 1, let known else {
      throw LuaError(.usage, "reshape: extents must not be negative, but one may be -1; got \(shape)")
    }
    var out = shape
    if let i = open.first { out[i] = known == 0 ? 0 : tensor.count / known }
    guard out.checkedElementCount == tensor.count else {
      throw LuaError(.usage, "reshape: \(tensor.shape) has \(tensor.count) elements, \(shape) does not")
    }
    return out
  }

  private func slice(_ axis: Int, _ from: Int, _ to: Int?) throws -> TensorObject {
    guard let a = tensor.shape.normalizedAxis(axis) else {
      throw LuaError(.usage, "slice: axis \(axis) is outside a tensor of rank \(tensor.rank)")
    }
    let n = tensor.shape[a]
    let end = to ?? n
    guard 0 <= from, from <= end, end <= n else {
      throw LuaError(.usage, "slice: \(from) to \(end) is outside axis \(a), which has \(n) positions (from 0)")
    }
    guard a > 0 else { return TensorObject(tensor.rows(from..<end)) }
    let outer = Array(tensor.shape[..<a]).elementCount
    let inner = Array(tensor.shape[(a + 1)...]).elementCount
    var shape = tensor.shape
    shape[a] = end - from
    var out = Tensor(uninitialized: tensor.dtype, shape)
    let size = tensor.dtype.bits / 8
    tensor.withBytes { source in
      out.withMutableBytes { target in
        guard let s = source.baseAddress, let t = target.baseAddress else { return }
        let run = (end - from) * inner * size
        for o in 0..<outer {
          (t + o * run).copyMemory(from: s + (o * n + from) * inner * size, byteCount: run)
        }
      }
    }
    return TensorObject(out)
  }

  private func argmax(_ axis: Int) throws -> TensorObject {
    guard let a = tensor.shape.normalizedAxis(axis), tensor.shape[a] > 0 else {
      throw LuaError(.usage, "argmax: axis \(axis) is outside a tensor of shape \(tensor.shape)")
    }
    let outer = Array(tensor.shape[..<a]).elementCount
    let inner = Array(tensor.shape[(a + 1)...]).elementCount
    let n = tensor.shape[a]
    let values = tensor.doubles()
    var out = [Int32](repeating: 0, count: outer * inner)
    for o in 0..<outer {
      for i in 0..<inner {
        var best = 0
        for k in 1..<max(n, 1) where values[(o * n + k) * inner + i] > values[(o * n + best) * inner + i] { best = k }
        out[o * inner + i] = Int32(best)
      }
    }
    var shape = tensor.shape
    shape.remove(at: a)
    return TensorObject(Tensor(out, shape: shape))
  }

  private func reduce(floats body: ([Double]) -> Double?, integers: (([Int]) -> Int?)? = nil) throws -> LuaValue {
    let empty = LuaError(.usage, "the tensor has no elements")
    if let integers, !tensor.dtype.isFloat {
      guard let result = integers(tensor.integers()) else { throw empty }
      return .integer(result)
    }
    guard let result = body(tensor.doubles()) else { throw empty }
    return (tensor.dtype.isFloat ? nil : Int(exactly: result).map { .integer($0) }) ?? .number(result)
  }

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
