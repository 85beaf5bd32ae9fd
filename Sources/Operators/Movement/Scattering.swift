// SPDX-License-Identifier: Apache-2.0
// Writes updates, or combines them with existing values, by index: along one axis, elementwise, or by tuples.

import Kernels
import MIL
import Tensors

/// `data` with `updates` at `indices` along `axis`.
enum ScatterAxis: ScatterOperator {
  static let signature = Signature(
    "scatter",
    [
      Parameter("data", .number.tied("T")), Parameter("indices", .int32), Parameter("updates", .number.tied("T")),
      Parameter("axis", .int32, .defaultsTo(.int(0))), mode, Indexing.validation,
    ])

  static func expectedUpdates(_ call: Call, _ data: TensorType, _ indices: TensorType) throws -> [Dimension] {
    let axis = try call.knownAxis("axis", rank: data.rank)
    var dimensions = data.dimensions
    dimensions.replaceSubrange(axis...axis, with: indices.dimensions)
    return dimensions
  }

  static func scatter(_ request: KernelRequest, _ indices: IndexList, _ mode: ScatterMode) throws -> () throws(IndexFault) -> Void {
    let y = request.output
    let axis = try request.call.knownAxis("axis", rank: y.shape.count)
    let updates = try request.input("updates")
    let outer = y.shape[..<axis].reduce(1, *)
    let extent = y.shape[axis]
    let inner = y.shape[(axis + 1)...].reduce(1, *)
    try Indexing.requireElements(request.call, extent)
    return { () throws(IndexFault) in
      try Scatter.blocks(
        updates.pointer, indices, into: y.pointer, mode: mode, isFloat: y.dtype == .float32, outer: outer, extent: extent,
        inner: inner)
    }
  }
}

/// `data` with `updates[…, j, …]` at `indices[…, j, …]` along `axis`, one index for each element.
enum ScatterAlongAxis: ScatterOperator {
  static let signature = Signature(
    "scatter_along_axis",
    [
      Parameter("data", .number.tied("T")), Parameter("indices", .int32), Parameter("updates", .number.tied("T")),
      Parameter("axis", .int32, .defaultsTo(.int(0))), mode, Indexing.validation,
    ])

  static func expectedUpdates(_ call: Call, _ data: TensorType, _ indices: TensorType) throws -> [Dimension] {
    try Indexing.checkAlongAxis(call, data, indices, axis: call.knownAxis("axis", rank: data.rank))
    return indices.dimensions
  }

  static func scatter(_ request: KernelRequest, _ indices: IndexList, _ mode: ScatterMode) throws -> () throws(IndexFault) -> Void {
    let y = request.output
    let axis = try request.call.knownAxis("axis", rank: y.shape.count)
    let updates = try request.input("updates")
    let outer = y.shape[..<axis].reduce(1, *)
    let inner = y.shape[(axis + 1)...].reduce(1, *)
    let (extent, picks) = (y.shape[axis], updates.shape[axis])
    try Indexing.requireElements(request.call, extent)
    return { () throws(IndexFault) in
      try Scatter.alongAxis(
        updates.pointer, indices, into: y.pointer, mode: mode, isFloat: y.dtype == .float32, outer: outer, extent: extent,
        picks: picks, inner: inner)
    }
  }
}

/// `data` with `updates[i…]` at `indices[i…]`: the last axis of `indices` contains tuples of indices of the first
/// axes of `data`.
enum ScatterND: ScatterOperator {
  static let signature = Signature(
    "scatter_nd",
    [
      Parameter("data", .number.tied("T")), Parameter("indices", .int32), Parameter("updates", .number.tied("T")),
      mode, Indexing.validation,
    ])

  static func expectedUpdates(_ call: Call, _ data: TensorType, _ indices: TensorType) throws -> [Dimension] {
    let depth = try Indexing.tupleLength(call, indices, into: data, from: 0)
    return Array(indices.dimensions.dropLast() + data.dimensions[depth...])
  }

  static func scatter(_ request: KernelRequest, _ indices: IndexList, _ mode: ScatterMode) throws -> () throws(IndexFault) -> Void {
    let y = request.output
    let list = try request.input("indices").shape
    let updates = try request.input("updates")
    let depth = list.last ?? 0
    let extents = Array(y.shape[..<depth])
    let strides = extents.rowMajorStrides
    let picks = list.dropLast().reduce(1, *)
    let inner = y.shape[depth...].reduce(1, *)
    for extent in extents { try Indexing.requireElements(request.call, extent) }
    return { () throws(IndexFault) in
      try Scatter.tuples(
        updates.pointer, indices, into: y.pointer, mode: mode, isFloat: y.dtype == .float32, extents: extents,
        strides: strides, picks: picks, inner: inner)
    }
  }
}

/// An operator that changes `data` at `indices` by `updates`.
protocol ScatterOperator: MovementOperator {
  /// The extents that `updates` must have.
  static func expectedUpdates(_ call: Call, _ data: TensorType, _ indices: TensorType) throws -> [Dimension]
  /// A function that applies the updates to the output, which already contains `data`. There is at least one update.
  static func scatter(_ request: KernelRequest, _ indices: IndexList, _ mode: ScatterMode) throws -> () throws(IndexFault) -> Void
}

extension ScatterOperator {
  static var mode: Parameter { Parameter("mode", .string, .defaultsTo(.string("add"))) }
  static var inPlace: Bool { true }
  static var overwrites: String? { "data" }

  static func infer(_ call: Call) throws -> [ValueType] {
    let data = try call.type("data")
    let updates = try call.type("updates")
    _ = try scatterMode(call)
    guard updates.dtype == data.dtype else { throw call.error("updates are \(updates.dtype.name), data is \(data.dtype.name)") }
    let expected = try expectedUpdates(call, data, try call.type("indices"))
    guard updates.rank == expected.count, zip(updates.dimensions, expected).allSatisfy({ $0.agrees(with: $1) }) else {
      throw call.error("updates are \(updates), expected \(TensorType(data.dtype, expected))")
    }
    return [.tensor(data)]
  }

  /// Since iOS17 negative indices are out of range.
  private static func policy(_ call: Call) throws -> IndexPolicy {
    let policy = try Indexing.policy(call)
    return policy == .fromEnd && call.opset >= .iOS17 ? .outside : policy
  }

  private static func scatterMode(_ call: Call) throws -> ScatterMode {
    let name = try call.known(call.string("mode"), "mode")
    guard let mode = ScatterMode(rawValue: name) else {
      throw call.error("mode is \"\(name)\", expected one of \(ScatterMode.allCases.map(\.rawValue).joined(separator: ", "))")
    }
    return mode
  }

  static func kernel(_ request: KernelRequest) throws -> Kernel {
    let call = request.call
    let data = try request.input("data")
    let y = request.output
    guard y.dtype == .float32 || y.dtype == .int32 else { throw call.error("data must be floats or int32, found \(y.dtype.name)") }
    let indices = try Indexing.list(request, "indices", policy: policy(call))
    let apply: () throws(IndexFault) -> Void =
      try request.input("updates").count == 0 ? { () throws(IndexFault) in } : scatter(request, indices, scatterMode(call))
    let isInPlace = data.pointer == y.pointer
    let length = y.byteCount
    return Kernel(isInPlace ? "scatter:in-place" : "scatter") {
      if !isInPlace { y.pointer.copyMemory(from: data.pointer, byteCount: length) }
      try Indexing.named(call, apply)
    }
  }
}

enum Scattering {
  static let operators: [any Operator.Type] = [ScatterAxis.self, ScatterAlongAxis.self, ScatterND.self]
}
