// SPDX-License-Identifier: Apache-2.0
// Constants and tables.

import MIL
import ONNXFiles
import Operators
import Tensors

enum Constants {
  static let rules: [Rule] = [
    .one("Constant") { n in try n.literal() },
    .one("ConstantOfShape") { n in
      var fill = Tensor(scalar: Float(0))
      var element = ElementType.float
      if case .tensor(let tensor) = n.attribute("value") {
        fill = try tensor.tensor(in: n.converter.model)
        element = tensor.element
      }
      guard fill.count == 1 else { throw Refusal("the attribute value has \(fill.count) elements, expected 1") }
      let scalar = try fill.reshaped([]).narrowed("value")
      guard let shape = try? n.constantInts(0, "the shape") else {
        return try n.b.emit("fill", ["shape": n.b.int(n.x()), "value": scalar]).typed(element)
      }
      return try n.b.filledConstant(shape, scalar).typed(element)
    },
    .one("EyeLike") { n in
      let shape = try n.x().shape()
      guard shape.count == 2 else { throw Refusal("a tensor of rank \(shape.count), expected 2") }
      try Refusal.checkTable(shape[0], shape[1])
      let offset = try n.int("k", 0)
      let element = try n.elementType("dtype") ?? n.x().element
      let values = (0..<shape.elementCount).map { $0 % shape[1] - $0 / shape[1] == offset ? 1 : 0 }
      return try n.b.cast(Value(constant: Tensor(integers: values, dtype: .int32, shape: shape), element: .int32), to: element)
    },
    .one("Range") { n in
      let (start, limit, step) = (try n.x(0), try n.x(1), try n.x(2))
      func scalar(_ v: Value) throws -> Value { try n.b.cast(n.b.scalar(v), start.dtype) }
      if let a = try start.tensor()?.doubles().first, let b = try limit.tensor()?.doubles().first,
        let c = try step.tensor()?.doubles().first, c != 0
      {
        let count = Swift.max(Int(saturating: ((b - a) / c).rounded(.up)), 0)
        guard count > 0, count < 1 << 24 else { throw Refusal("a range of \(count) elements") }
        let values = (0..<count).map { a + Double($0) * c }
        let tensor =
          start.isFloat
          ? Tensor(values.map(Float.init), shape: [count]) : Tensor(integers: values.map { Int($0) }, dtype: .int32, shape: [count])
        return Value(constant: tensor, element: start.element)
      }
      return try n.b.emit("range_1d", ["start": scalar(start), "end": scalar(limit), "step": scalar(step)])
    },
    .one("OneHot") { n in
      let indices = try n.b.int(n.x())
      let depth = try n.constantInts(1, "the depth")?.first ?? 0
      guard depth > 0 else { throw Refusal("a depth of \(depth)") }
      let values = try n.x(2)
      let axis = try n.int("axis", -1)
      let counted = axis < 0 ? axis + indices.rank + 1 : axis
      guard (0...indices.rank).contains(counted) else { throw Refusal("axis \(axis) for indices of rank \(indices.rank)") }
      var shape = Array(repeating: 1, count: indices.rank + 1)
      shape[counted] = depth
      let positive = try n.b.select(n.b.compare("less", indices, 0), n.b.add(indices, Double(depth)), indices)
      let isHot = try n.b.compare("equal", n.b.expandDims(positive, [counted]), n.b.reshape(n.b.iota(depth), shape))
      func value(_ i: Int) throws -> Value { try n.b.reshape(n.b.slice(values, axis: 0, i, i + 1), []) }
      return try n.b.select(isHot, value(1), value(0)).typed(values.element)
    },
    .one("Trilu") { n in
      let x = try n.x()
      let offset = try n.constantInts(1, "k")?.first ?? 0
      let isUpper = try n.flag("upper", true)
      let (rows, columns) = (try x.extent(x.rank - 2), try x.extent(x.rank - 1))
      try Refusal.checkTable(rows, columns)
      let mask = (0..<rows * columns).map { i -> Bool in
        let diagonal = i % columns - i / columns
        return isUpper ? diagonal >= offset : diagonal <= offset
      }
      let kept = Value(constant: Tensor(mask, shape: Array(repeating: 1, count: x.rank - 2) + [rows, columns]))
      if x.isBool { return try n.b.and(x, kept) }
      return try n.b.select(kept, x, n.b.number(0, like: x))
    },
  ]
}

extension Builder {
  /// A tensor of equal elements; a large one is made when the program runs.
  func filledConstant(_ shape: Shape, _ value: Tensor) throws -> Value {
    guard let count = shape.checkedElementCount, count <= 1 << 32 else { throw Refusal("a tensor of shape \(shape)") }
    if count <= 1 << 16 { return Value(constant: value.repeated(shape)) }
    let made = try emit("fill", ["shape": shape, "value": value])
    return Value(operand: try made.operand(), uniform: (value, shape))
  }
}

extension Tensor {
  /// A tensor of this shape whose elements equal the single element of this one.
  func repeated(_ shape: Shape) -> Tensor {
    let count = shape.elementCount
    switch dtype {
    case .bool: return Tensor(Array(repeating: integers()[0] != 0, count: count), shape: shape)
    case .float32: return Tensor(Array(repeating: floats()[0], count: count), shape: shape)
    default: return Tensor(integers: Array(repeating: integers()[0], count: count), dtype: dtype, shape: shape)
    }
  }
}

extension Node {
  fileprivate func literal() throws -> Value {
    if case .tensor(let tensor) = attribute("value") ?? attribute("sparse_value") {
      return Value(constant: try tensor.tensor(in: converter.model), element: tensor.element, label: source.label)
    }
    if let value = try float("value_float") { return Value(constant: Tensor(scalar: Float(value)), element: .float) }
    if let value = try int("value_int") { return Value(constant: Tensor(integers: [value], dtype: .int64, shape: []), element: .int64) }
    if let values = try floats("value_floats") { return Value(constant: Tensor(values.map(Float.init)), element: .float) }
    if let values = try ints("value_ints") {
      return Value(constant: Tensor(integers: values, dtype: .int64, shape: [values.count]), element: .int64)
    }
    throw Refusal(source.attributes.isEmpty ? "it has no value" : "a program has no strings")
  }
}
