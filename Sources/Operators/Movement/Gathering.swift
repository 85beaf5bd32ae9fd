// SPDX-License-Identifier: Apache-2.0
// Gathers elements by index: along one axis, elementwise, or by tuples of indices.

import CKernels
import Kernels
import MIL
import Tensors

/// `x[…, indices, …]` along `axis`; the first `batch_dims` axes of both are batch axes.
enum GatherAxis: MovementOperator, StoredWeights {
  static let signature = Signature(
    "gather",
    [
      Parameter("x", .gathered), Parameter("indices", .gatherIndex), Parameter("axis", .int32, .defaultsTo(.int(0))),
      Indexing.batchDimensions, Indexing.validation,
    ])
  static let weights = WeightTraits(.embedding, parameters: [WeightParameter("x")])
  static let foreignNames = ForeignNames(torch: ["Embedding"], onnx: ["Gather"])

  static func infer(_ call: Call) throws -> [ValueType] {
    let x = try call.type("x")
    let indices = try call.type("indices")
    let axis = try call.knownAxis("axis", rank: x.rank)
    let batch = try Indexing.batchDimensions(call)
    guard batch <= axis, batch <= indices.rank else {
      throw call.error("batch_dims is \(batch), expected at most the axis \(axis) and the indices' rank \(indices.rank)")
    }
    for i in 0..<batch where !x.dimensions[i].agrees(with: indices.dimensions[i]) {
      throw call.error("x is \(x) and indices are \(indices), which differ in batch axis \(i)")
    }
    var dimensions = x.dimensions
    dimensions.replaceSubrange(axis...axis, with: indices.dimensions[batch...])
    return [try call.result(x.dtype, dimensions)]
  }

  /// Rows are read as they are stored: a table of embeddings is large, and a prediction reads few of its rows.
  static func storedParameters(_ call: Call, _ policy: WeightPolicy) -> Set<String> {
    guard policy != .dense, let x = try? call.type("x").shape, x.elementCount > 0, x.count > 1,
      (try? call.knownAxis("axis", rank: x.count)) == 0, (try? Indexing.batchDimensions(call)) == 0
    else { return [] }
    if let encoded = call.stored("x") { return PackedMatrix.canHold(encoded) ? ["x"] : [] }
    return call.tensor("x")?.dtype == .float16 ? ["x"] : []
  }

  /// `nil` if the table is not read in stored form.
  private static func storedKernel(_ request: KernelRequest) throws -> Kernel? {
    let call = request.call
    guard request.optionalInput("x") == nil else { return nil }
    let indices = try Indexing.list(request, "indices", policy: Indexing.policy(call))
    let y = request.output.floats()
    func rows(_ label: String, _ extent: Int, _ width: Int, _ read: @escaping (Int, UnsafeMutablePointer<Float>) -> Void) -> Kernel {
      Kernel(label) {
        try Indexing.named(call) { () throws(IndexFault) in
          for j in 0..<indices.count { read(try indices.index(j, extent: extent), y + j * width) }
        }
      }
    }
    if let encoded = call.stored("x") {
      let shared = try request.packedMatrix("x", encoded)
      guard let matrix = shared.value else { throw call.error("no kernel reads the compressed format of x") }
      return rows("gather:\(matrix.label)", matrix.rows, matrix.columns) {
        _ = shared
        matrix.decode($0..<$0 + 1, to: $1)
      }
    }
    guard let table = call.tensor("x") else { return nil }
    let width = table.count / table.shape[0]
    return rows("gather:f16", table.shape[0], width) { ck_half_to_float($1, table.halves + $0 * width, width) }
  }

  static func kernel(_ request: KernelRequest) throws -> Kernel {
    if let kernel = try storedKernel(request) { return kernel }
    let call = request.call
    let x = try request.input("x")
    let axis = try call.knownAxis("axis", rank: x.shape.count)
    let batch = try Indexing.batchDimensions(call)
    let indices = try Indexing.list(request, "indices", policy: Indexing.policy(call))
    let batches = x.shape[..<batch].reduce(1, *)
    let outer = x.shape[batch..<axis].reduce(1, *)
    let extent = x.shape[axis]
    let blockBytes = x.dtype.byteCount(x.shape[(axis + 1)...].reduce(1, *))
    let y = request.output
    try Indexing.requireElements(call, extent)
    let picks = indices.count / max(batches, 1)
    return Kernel("gather") {
      try Indexing.named(call) { () throws(IndexFault) in
        try Gather.blocks(
          x.pointer, indices, to: y.pointer, batches: batches, outer: outer, extent: extent, picks: picks, blockBytes: blockBytes)
      }
    }
  }
}

/// `y[…, j, …] = x[…, indices[…, j, …], …]`, one index for each element.
enum GatherAlongAxis: MovementOperator {
  static let signature = Signature(
    "gather_along_axis",
    [
      Parameter("x", .gathered), Parameter("indices", .gatherIndex), Parameter("axis", .int32, .defaultsTo(.int(0))),
      Indexing.validation,
    ])
  static let weights = WeightTraits(parameters: [WeightParameter("x")])

  static func infer(_ call: Call) throws -> [ValueType] {
    let x = try call.type("x")
    let indices = try call.type("indices")
    try Indexing.checkAlongAxis(call, x, indices, axis: call.knownAxis("axis", rank: x.rank))
    return [.tensor(TensorType(x.dtype, indices.dimensions))]
  }

  static func kernel(_ request: KernelRequest) throws -> Kernel {
    let call = request.call
    let x = try request.input("x")
    let y = request.output
    let axis = try call.knownAxis("axis", rank: x.shape.count)
    let indices = try Indexing.list(request, "indices", policy: Indexing.policy(call))
    let outer = x.shape[..<axis].reduce(1, *)
    let inner = x.shape[(axis + 1)...].reduce(1, *)
    let (extent, picks) = (x.shape[axis], y.shape[axis])
    let size = x.dtype.byteCount(1)
    try Indexing.requireElements(call, extent)
    return Kernel("gather") {
      try Indexing.named(call) { () throws(IndexFault) in
        try Gather.alongAxis(
          x.pointer, indices, to: y.pointer, outer: outer, extent: extent, picks: picks, inner: inner, elementSize: size)
      }
    }
  }
}

/// `y[i…] = x[indices[i…]]`: the last axis of `indices` contains tuples of indices of the first axes of `x` (after
/// the batch axes).
enum GatherND: MovementOperator {
  static let signature = Signature(
    "gather_nd",
    [Parameter("x", .gathered), Parameter("indices", .gatherIndex), Indexing.batchDimensions, Indexing.validation])
  static let weights = WeightTraits(parameters: [WeightParameter("x")])

  static func infer(_ call: Call) throws -> [ValueType] {
    let x = try call.type("x")
    let indices = try call.type("indices")
    let batch = try Indexing.batchDimensions(call)
    guard indices.rank > batch, batch <= x.rank else {
      throw call.error("batch_dims is \(batch), expected less than the indices' rank \(indices.rank)")
    }
    for i in 0..<batch where !x.dimensions[i].agrees(with: indices.dimensions[i]) {
      throw call.error("x is \(x) and indices are \(indices), which differ in batch axis \(i)")
    }
    let depth = try Indexing.tupleLength(call, indices, into: x, from: batch)
    return [try call.result(x.dtype, indices.dimensions.dropLast() + x.dimensions[(batch + depth)...])]
  }

  static func kernel(_ request: KernelRequest) throws -> Kernel {
    let call = request.call
    let x = try request.input("x")
    let y = request.output
    let list = try request.input("indices")
    let batch = try Indexing.batchDimensions(call)
    let indices = try Indexing.list(request, "indices", policy: Indexing.policy(call))
    let depth = list.shape.last ?? 0
    let batches = x.shape[..<batch].reduce(1, *)
    let extents = Array(x.shape[batch..<(batch + depth)])
    let strides = extents.rowMajorStrides
    let picks = list.shape[batch...].dropLast().reduce(1, *)
    let blockBytes = x.dtype.byteCount(x.shape[(batch + depth)...].reduce(1, *))
    for extent in extents { try Indexing.requireElements(call, extent) }
    return Kernel("gather") {
      try Indexing.named(call) { () throws(IndexFault) in
        try Gather.tuples(
          x.pointer, indices, to: y.pointer, batches: batches, extents: extents, strides: strides, picks: picks,
          blockBytes: blockBytes)
      }
    }
  }
}

enum Gathering {
  static let operators: [any Operator.Type] = [GatherAxis.self, GatherAlongAxis.self, GatherND.self]
}
