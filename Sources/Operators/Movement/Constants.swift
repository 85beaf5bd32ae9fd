// SPDX-License-Identifier: Apache-2.0
// Constants and values derived from shapes: const, shape, fill, ranges, one-hot vectors.

import Kernels
import MIL
import Tensors

/// A named constant of the program. It is never executed.
enum Const: Operator {
  static let signature = Signature("const", [Parameter("val", .everything)])
  static func infer(_ call: Call) throws -> [ValueType] { [try call.operand("val").type] }
  static func fold(_ call: Call) throws -> [Tensor]? { call.tensor("val").map { [$0] } }
  static func kernel(_ request: KernelRequest) throws -> Kernel { throw request.call.error("is not executed: it is a value") }
}

/// `y = x`, for a value of any type.
enum Identity: ViewOperator {
  static let signature = Signature("identity", [Parameter("x", .everything)])
  static let activations = ActivationTraits(sharesRange: true, isCopy: true)
  static func infer(_ call: Call) throws -> [ValueType] { [try call.operand("x").type] }
}

/// The extents of `x` as an int32 vector.
enum ShapeOf: MovementOperator {
  static let signature = Signature("shape", [Parameter("x", .numberOrBool)])
  static func infer(_ call: Call) throws -> [ValueType] { [.tensor(.int32, [try call.type("x").rank])] }
  static func fold(_ call: Call) throws -> [Tensor]? {
    try call.type("x").shape.map { [Tensor(integers: $0, dtype: .int32, shape: [$0.count])] }
  }
  static func kernel(_ request: KernelRequest) throws -> Kernel {
    let extents = try request.input("x").shape.map { Int32(clamping: $0) }
    let y = request.output.int32s()
    return Kernel("shape") { for (i, extent) in extents.enumerated() { y[i] = extent } }
  }
}

/// A tensor of the given shape, filled with one value.
enum Fill: MovementOperator {
  static let signature = Signature(
    "fill", [Parameter("shape", .int32), Parameter("value", .numberOrBool, .defaultsTo(.float(0)))])
  static func infer(_ call: Call) throws -> [ValueType] {
    let dtype = try call.optionalType("value")?.dtype ?? .float32
    guard let shape = try call.integers("shape") else { return [.tensor(TensorType(dtype, try call.unknownExtents("shape")))] }
    return [try call.result(dtype, shape.map { .fixed($0) })]
  }
  static var layout: LayoutPolicy { .strided }
  static func kernel(_ request: KernelRequest) throws -> Kernel {
    let fill = try request.filling(StridedView(request.output), with: "value")
    return Kernel("fill") { fill() }
  }
}

/// A tensor with the shape of another one, filled with one value.
enum FillLike: MovementOperator {
  static let signature = Signature(
    "fill_like", since: .iOS16,
    [Parameter("ref_tensor", .numberOrBool), Parameter("value", .numberOrBool, .defaultsTo(.float(0)))])
  static func infer(_ call: Call) throws -> [ValueType] {
    [.tensor(TensorType(try call.optionalType("value")?.dtype ?? .float32, try call.type("ref_tensor").dimensions))]
  }
  static var layout: LayoutPolicy { .follows }
  static func kernel(_ request: KernelRequest) throws -> Kernel {
    let fill = try request.filling(StridedView(request.output), with: "value")
    return Kernel("fill") { fill() }
  }
}

/// `start, start + step, …` up to `end`, exclusive.
enum Range1D: MovementOperator {
  static let signature = Signature(
    "range_1d",
    [
      Parameter("end", .number.tied("T")), Parameter("start", .number.tied("T")), Parameter("step", .number.tied("T")),
    ])
  static func infer(_ call: Call) throws -> [ValueType] {
    let dtype = try call.type("start").dtype
    guard let start = try call.float("start"), let end = try call.float("end"), let step = try call.float("step") else {
      return [.tensor(TensorType(dtype, [.any]))]
    }
    guard step != 0, start.isFinite, end.isFinite, step.isFinite else {
      throw call.error("start is \(start), end is \(end) and step is \(step), expected finite numbers and a nonzero step")
    }
    return [try call.result(dtype, [.fixed(Int(saturating: max(((end - start) / step).rounded(.up), 0)))])]
  }
  static func kernel(_ request: KernelRequest) throws -> Kernel {
    let start = try request.input("start")
    let step = try request.input("step")
    let y = request.output
    let count = y.count
    guard start.dtype == y.dtype, step.dtype == y.dtype else {
      throw request.call.error("start is \(start.dtype.name) and step is \(step.dtype.name), expected \(y.dtype.name)")
    }
    if y.dtype == .int32 {
      return Kernel("range") {
        for i in 0..<count { y.int32s()[i] = start.int32s()[0] &+ Int32(truncatingIfNeeded: i) &* step.int32s()[0] }
      }
    }
    return Kernel("range") {
      let first = start.floats()[0]
      // The distance as computed in floating point from the start, as in NumPy.
      let distance = (first + step.floats()[0]) - first
      for i in 0..<count { y.floats()[i] = first + Float(i) * distance }
    }
  }
}

/// Vectors with `on_value` at one index and `off_value` elsewhere; `off_value` everywhere if the index is out of
/// range.
enum OneHot: MovementOperator {
  static let signature = Signature(
    "one_hot",
    [
      Parameter("indices", .int32), Parameter("one_hot_vector_size", .int32),
      Parameter("axis", .int32, .defaultsTo(.int(-1))),
      Parameter("on_value", .numberOrBool.tied("T"), .defaultsTo(.int(1))),
      Parameter("off_value", .numberOrBool.tied("T"), .defaultsTo(.int(0))),
    ])

  static func infer(_ call: Call) throws -> [ValueType] {
    let indices = try call.type("indices")
    let axis = try call.knownAxis("axis", rank: indices.rank + 1)
    let dtype = try call.optionalType("on_value")?.dtype ?? call.optionalType("off_value")?.dtype ?? .int32
    let size = try call.integer("one_hot_vector_size")
    if let size, size < 0 { throw call.error("one_hot_vector_size is \(size), expected at least 0") }
    var dimensions = indices.dimensions
    dimensions.insert(size.map { .fixed($0) } ?? .any, at: axis)
    return [try call.result(dtype, dimensions)]
  }

  static func kernel(_ request: KernelRequest) throws -> Kernel {
    let y = request.output
    let indices = try Indexing.list(request, "indices")
    let axis = try request.call.knownAxis("axis", rank: y.shape.count)
    let size = y.shape[axis]
    let inner = y.shape[(axis + 1)...].reduce(1, *)
    let off = try request.filling(StridedView(y), with: "off_value")
    let one: UInt32 = y.dtype == .float32 ? Float(1).bitPattern : 1
    // A single element that is written to each position.
    let element = StridedView(base: y.pointer, elementSize: y.dtype.byteCount(1), extents: [], strides: [])
    let on = try request.setting(element, with: "on_value", otherwise: one)
    return Kernel("one-hot") {
      off()
      for position in 0..<indices.count {
        let index = indices[position]
        guard index >= 0 && index < size else { continue }
        on(((position / inner) * size + index) * inner + position % inner)
      }
    }
  }
}

extension KernelRequest {
  /// A function that writes the scalar bound to `parameter`, or `otherwise`, at an element offset from the view's
  /// base.
  fileprivate func setting(_ element: StridedView, with parameter: String, otherwise: UInt32) throws -> (Int) -> Void {
    let size = element.elementSize
    let to = element.base
    guard let value = optionalInput(parameter) else {
      return { place in
        withUnsafeBytes(of: otherwise.littleEndian) {
          if let from = $0.baseAddress { (to + place * size).copyMemory(from: from, byteCount: size) }
        }
      }
    }
    guard value.dtype == output.dtype, value.count == 1 else {
      throw call.error("\(parameter) must be one \(output.dtype.name), found \(value.dtype.name)\(value.shape)")
    }
    return { place in (to + place * size).copyMemory(from: value.pointer, byteCount: size) }
  }
}

enum Constants {
  static let operators: [any Operator.Type] = [
    Const.self, Identity.self, ShapeOf.self, Fill.self, FillLike.self, Range1D.self, OneHot.self,
  ]
}

extension Const { static let gradient = Gradient.constant }
extension ShapeOf { static let gradient = Gradient.integers }
extension Fill { static let gradient = Gradient.none("its value is given as a constant") }
extension FillLike { static let gradient = Gradient.none("its value is given as a constant") }
extension Range1D { static let gradient = Gradient.none("the number of its elements depends on its inputs") }
extension OneHot { static let gradient = Gradient.none("it depends on integers only") }
