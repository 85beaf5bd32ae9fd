// SPDX-License-Identifier: Apache-2.0
// Tensors in a script's hands.

import LuaHost
import Options
import Tensors
import TextLayout

/// A tensor as a Lua object; its content never changes.
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
        "reshape", "The same elements under another shape.", Arg("shape", "extents; one may be -1"),
        returns: "a Tensor", example: "print(wane.zeros({2, 6}):reshape{ 3, -1 }.shape[2])  --> 4"
      ) { (t: TensorObject, shape: [Int]) in TensorObject(t.tensor.reshaped(try t.resolve(shape))) },
      LuaMethod(
        "slice", "Part of an axis.", Arg("axis", "which axis, from 0"), Arg("from", "first position, from 0"),
        Arg<Int?>("to", "position after the last; the end when left out"), returns: "a Tensor",
        example: "print(wane.zeros({4, 3}):slice(0, 1, 3).shape[1])  --> 2"
      ) { (t: TensorObject, axis: Int, from: Int, to: Int?) in try t.slice(axis, from, to) },
      LuaMethod(
        "argmax", "Positions of the largest elements along an axis, the first of equals.",
        Arg("axis", "which axis, from 0", default: -1), returns: "an int32 Tensor without that axis"
      ) { (t: TensorObject, axis: Int) in try t.argmax(axis) },
      LuaMethod("min", "The smallest element.", returns: "a number", type: .number) { (t: TensorObject) in try t.reduce { $0.min() } },
      LuaMethod("max", "The largest element.", returns: "a number", type: .number) { (t: TensorObject) in try t.reduce { $0.max() } },
      LuaMethod("sum", "The sum of the elements, in double precision.", returns: "a number") {
        (t: TensorObject) in t.tensor.doubles().reduce(0, +)
      },
      LuaMethod("mean", "The mean of the elements, in double precision.", returns: "a number", type: .number) {
        (t: TensorObject) in try t.reduce { $0.isEmpty ? nil : $0.reduce(0, +) / Double($0.count) }
      },
      LuaMethod(
        "cast", "The same values as another element type: floats are rounded to nearest, fractions cut off for integers.",
        Arg("dtype", "element type", allowed: .strings(ElementTypes.names)), returns: "a Tensor"
      ) { (t: TensorObject, dtype: String) in TensorObject(t.tensor.cast(to: try ElementTypes.named(dtype))) },
      LuaMethod(
        "scale", "factor · x + offset for every element, as float32.", Arg("factor", "multiplied"),
        Arg("offset", "added", default: 0.0), returns: "a Tensor",
        example: "print(wane.tensor{ 0, 255 }:scale(1 / 255):max())  --> 1.0"
      ) { (t: TensorObject, factor: Double, offset: Double) in
        TensorObject(Tensor(t.tensor.floats().map { Float(factor) * $0 + Float(offset) }, shape: t.tensor.shape))
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
    return Self.value(tensor.reshaped([tensor.count]).elements(offset..<offset + 1)[0], tensor.dtype)
  }

  static func value(_ number: Double, _ dtype: DType) -> LuaValue {
    dtype == .bool ? .boolean(number != 0) : dtype.isFloat ? .number(number) : .integer(Int(number))
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
      throw LuaError(.usage, "slice: axis \(axis) of a tensor of rank \(tensor.rank)")
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
      throw LuaError(.usage, "argmax: axis \(axis) of a tensor of shape \(tensor.shape)")
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

  private func reduce(_ body: ([Double]) -> Double?) throws -> LuaValue {
    guard let result = body(tensor.doubles()) else { throw LuaError(.usage, "the tensor has no elements") }
    return result == result.rounded() && !tensor.dtype.isFloat ? .integer(Int(result)) : .number(result)
  }

  private func nested() -> NestedElements { NestedElements(values: tensor.doubles()[...], shape: tensor.shape, dtype: tensor.dtype) }
}

extension Tensor {
  /// Some elements of a vector.
  fileprivate func elements(_ range: Range<Int>) -> [Double] { rows(range).doubles() }
}

/// Elements as nested Lua tables.
struct NestedElements: LuaReturnable {
  let values: ArraySlice<Double>
  let shape: Shape
  let dtype: DType

  static var luaType: LuaType { .table }

  func push(to interpreter: Interpreter) throws {
    guard let n = shape.first else {
      try TensorObject.value(values.first ?? 0, dtype).push(to: interpreter)
      return
    }
    let inner = Array(shape.dropFirst())
    try Interrupts.check()
    if inner.isEmpty {
      try values.map { TensorObject.value($0, dtype) }.push(to: interpreter)
      return
    }
    let row = inner.elementCount
    try (0..<n).map {
      NestedElements(values: values[values.startIndex + $0 * row..<values.startIndex + ($0 + 1) * row], shape: inner, dtype: dtype)
    }.push(to: interpreter)
  }
}
