// SPDX-License-Identifier: Apache-2.0
// The same elements with a different shape or axis order.

import Kernels
import MIL
import Tensors

/// The elements of `x` with the shape `shape`: 0 stands for the extent of `x`, and a single -1 for the remaining
/// elements.
enum Reshape: ViewOperator {
  static let signature = Signature("reshape", [Parameter("x", .moved), Parameter("shape", .extent)])
  static let activations = ActivationTraits(sharesRange: true)
  static let foreignNames = ForeignNames(onnx: ["Reshape"])

  static func infer(_ call: Call) throws -> [ValueType] {
    let x = try call.type("x")
    guard let shape = try call.integers("shape") else {
      return [.tensor(TensorType(x.dtype, try call.unknownExtents("shape")))]
    }
    guard shape.allSatisfy({ $0 >= -1 }), shape.filter({ $0 == -1 }).count <= 1 else {
      throw call.error("shape is \(shape), expected extents of at least 0 and at most one -1")
    }
    var dimensions = try inherited(shape, from: x, call)
    let count = x.dimensions.knownProduct
    if let open = shape.firstIndex(of: -1) {
      dimensions[open] = .fixed(1)
      let rest = dimensions.knownProduct
      dimensions[open] = .any
      if let count, let rest {
        guard rest == 0 ? count == 0 : count % rest == 0 else { throw misfit(call, x, count, shape) }
        dimensions[open] = .fixed(rest == 0 ? 0 : count / rest)
      }
    } else if let count, let wanted = dimensions.knownProduct, count != wanted {
      throw misfit(call, x, count, shape)
    }
    return [try call.result(x.dtype, dimensions)]
  }

  /// `shape` with each 0 replaced by the extent at the same position, counted from the right since iOS17.
  private static func inherited(_ shape: [Int], from x: TensorType, _ call: Call) throws -> [Dimension] {
    if call.opset < .iOS17, shape.contains(0), shape.count != x.rank {
      throw call.error("shape \(shape) copies extents of x with 0, expected the same rank as x, \(x)")
    }
    return shape.enumerated().map { i, extent in
      switch extent {
      case -1: .any
      case 0:
        x.dimensions.indices.contains(i + x.rank - shape.count) ? x.dimensions[i + x.rank - shape.count] : .fixed(1)
      default: .fixed(extent)
      }
    }
  }

  private static func misfit(_ call: Call, _ x: TensorType, _ count: Int, _ shape: [Int]) -> OperatorError {
    call.error("x is \(x) with \(count) elements, which shape \(shape) cannot hold")
  }
}

/// The elements of `x` with extents taken from other tensors.
enum ReshapeLike: ViewOperator {
  static let signature = Signature(
    "reshape_like", since: .iOS16,
    [
      Parameter("x", .moved), Parameter("ref_tensors", .moved, variadic: true),
      Parameter("begins", .int32, variadic: true), Parameter("ends", .int32, variadic: true),
      Parameter("end_masks", .bool, variadic: true),
    ])

  static func infer(_ call: Call) throws -> [ValueType] {
    let x = try call.type("x")
    let references = call.list("ref_tensors")
    let begins = try integers(call, "begins", count: references.count)
    let ends = try integers(call, "ends", count: references.count)
    let masks = try integers(call, "end_masks", count: references.count)
    var dimensions: [Dimension] = []
    for (i, reference) in references.enumerated() {
      guard let extents = reference.type.tensorType?.dimensions else { throw call.error("ref_tensors must be tensors") }
      // Slicing as in Python: negative positions count from the end, and both ends are clamped.
      func place(_ p: Int) -> Int { min(max(p < 0 ? p + extents.count : p, 0), extents.count) }
      let from = place(begins[i])
      let to = masks[i] != 0 ? extents.count : place(ends[i])
      if from < to { dimensions += extents[from..<to] }
    }
    if let count = x.dimensions.knownProduct, let wanted = dimensions.knownProduct, count != wanted {
      throw call.error(
        "x is \(x) with \(count) elements, expected \(wanted) for shape [\(dimensions.map(\.description).joined(separator: ", "))]")
    }
    return [try call.result(x.dtype, dimensions)]
  }

  private static func integers(_ call: Call, _ parameter: String, count: Int) throws -> [Int] {
    let values = try call.list(parameter).map { operand in
      let all = try call.known(operand.constant?.tensor?.integers(), parameter)
      guard all.count == 1 else { throw call.error("\(parameter) must be single integers") }
      return all[0]
    }
    guard values.count == count else {
      throw call.error("\(parameter) has \(values.count) elements, expected one for each of the \(count) ref_tensors")
    }
    return values
  }
}

/// Inserts axes of extent 1.
enum ExpandDims: ViewOperator {
  static let signature = Signature("expand_dims", [Parameter("x", .moved), Parameter("axes", .int32)])
  static let activations = ActivationTraits(sharesRange: true)
  static func infer(_ call: Call) throws -> [ValueType] {
    let x = try call.type("x")
    let added = try call.known(call.integers("axes"), "axes").count
    var dimensions = x.dimensions
    for axis in try (call.knownAxes("axes", rank: x.rank + added) ?? []).sorted() { dimensions.insert(.fixed(1), at: axis) }
    return [.tensor(TensorType(x.dtype, dimensions))]
  }
}

/// Removes the axes of extent 1, or those of them in `axes`; axes with other extents are kept.
enum Squeeze: ViewOperator {
  static let signature = Signature("squeeze", [Parameter("x", .moved), Parameter("axes", .int32, .optional)])
  static let activations = ActivationTraits(sharesRange: true)
  static func infer(_ call: Call) throws -> [ValueType] {
    let x = try call.type("x")
    let axes = try call.knownAxes("axes", rank: x.rank) ?? Array(x.dimensions.indices)
    let kept = x.dimensions.indices.filter { !(axes.contains($0) && x.dimensions[$0] == .fixed(1)) }
    return [.tensor(TensorType(x.dtype, kept.map { x.dimensions[$0] }))]
  }
}

/// `x` as a matrix: axes before `axis` become rows, the others columns.
enum Flatten2D: ViewOperator {
  static let signature = Signature(
    "flatten2d", [Parameter("x", .numberOrBool), Parameter("axis", .int32, .defaultsTo(.int(1)))])
  static func infer(_ call: Call) throws -> [ValueType] {
    let x = try call.type("x")
    let axis = try call.known(call.integer("axis"), "axis")
    let cut = axis < 0 ? axis + x.rank : axis
    guard (0...x.rank).contains(cut) else { throw call.error("axis is \(axis), expected \(-x.rank) to \(x.rank)") }
    return [.tensor(TensorType(x.dtype, [x.dimensions[..<cut].product, x.dimensions[cut...].product]))]
  }
}

/// `x` with its axes in the order `perm`.
enum Transpose: MovementOperator {
  static let signature = Signature("transpose", [Parameter("x", .moved), Parameter("perm", .int32)])
  static let activations = ActivationTraits(sharesRange: true)
  static let foreignNames = ForeignNames(onnx: ["Transpose"])
  static func infer(_ call: Call) throws -> [ValueType] {
    let x = try call.type("x")
    return [.tensor(TensorType(x.dtype, try order(call, rank: x.rank).map { x.dimensions[$0] }))]
  }
  static var layout: LayoutPolicy { .permutes }
  static func kernel(_ request: KernelRequest) throws -> Kernel {
    let x = StridedView(try request.input("x"))
    return Kernel(copies: [StridedCopy(from: x.permuted(by: try order(request.call, rank: x.rank)), to: StridedView(request.output))])
  }

  /// `perm` with nonnegative axes.
  static func order(_ call: Call, rank: Int) throws -> [Int] {
    let perm = try call.known(call.integers("perm"), "perm")
    let order = perm.map { $0 < 0 ? $0 + rank : $0 }
    guard order.sorted() == Array(0..<rank) else { throw call.error("perm is \(perm), expected each of the \(rank) axes once") }
    return order
  }
}

enum Reshaping {
  static let operators: [any Operator.Type] = [
    Reshape.self, ReshapeLike.self, ExpandDims.self, Squeeze.self, Flatten2D.self, Transpose.self,
  ]
}
