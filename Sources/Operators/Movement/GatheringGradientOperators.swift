// SPDX-License-Identifier: Apache-2.0
// The gradients of gathers and slices: scattered sums, and zero padding.

import Kernels
import MIL
import Tensors

/// The gradient of `gather`'s x: the gradient of each pick is added at its index.
///
/// gradient: `[*B, *outer, *indices, *inner]`; result: `input_shape`, `[*B, *outer, extent, *inner]`, `batch_dims` axes B.
enum GatherGradient: Operator {
  static let signature = Signature(
    "training_gather_gradient",
    [
      Parameter("gradient", .float), Parameter("indices", .index), Parameter("input_shape", .int32),
      Parameter("axis", .int32, .defaultsTo(.int(0))), Parameter("batch_dims", .int32, .defaultsTo(.int(0))),
    ])
  static let gradient = Gradient.isGradient

  static func infer(_ call: Call) throws -> [ValueType] {
    let shape = try call.known(call.integers("input_shape"), "input_shape")
    return [try call.result(call.type("gradient").dtype, shape.map { .fixed($0) })]
  }

  static func kernel(_ request: KernelRequest) throws -> Kernel {
    let (gradient, x) = (try request.input("gradient").floats(), request.output)
    let axis = try request.call.knownAxis("axis", rank: x.shape.count)
    let batch = try Indexing.batchDimensions(request.call)
    let indices = try Indexing.list(request, "indices")
    let batches = x.shape[..<batch].reduce(1, *)
    let (outer, extent, inner) = (x.shape[batch..<axis].reduce(1, *), x.shape[axis], x.shape[(axis + 1)...].reduce(1, *))
    let picks = indices.count / max(batches, 1)
    try Indexing.requireElements(request.call, extent)
    let dx = x.floats()
    return Kernel("scatter") {
      // Threads work on separate planes, so that no two threads add to the same element.
      Chunks.forEachRow(of: batches * outer, width: max(picks, extent) * inner) { planes in
        for plane in planes {
          Scatter.sum(
            gradient + plane * picks * inner, indices, from: plane / max(outer, 1) * picks, picks: picks,
            into: dx + plane * extent * inner, extent: extent, inner: inner)
        }
      }
    }
  }
}

/// The gradient of `slice_by_index`'s x: `gradient` inside the slice, zeros elsewhere.
enum SliceGradient: Operator {
  static let signature = Signature(
    "training_slice_gradient", [Parameter("gradient", .float), Parameter("input_shape", .int32)] + SliceBounds.parameters)
  static let gradient = Gradient.isGradient

  static func infer(_ call: Call) throws -> [ValueType] {
    let shape = try call.known(call.integers("input_shape"), "input_shape")
    return [try call.result(call.type("gradient").dtype, shape.map { .fixed($0) })]
  }

  static func kernel(_ request: KernelRequest) throws -> Kernel {
    let gradient = try request.input("gradient")
    let y = StridedView(request.output)
    let bounds = try SliceBounds(request.call, rank: y.rank)
    // Squeezed axes are restored with extent 1, which does not move any element.
    let kept = y.extents.indices.filter { !bounds.squeezes($0) }
    let shape = kept.isEmpty ? [] : Array(gradient.shape.suffix(kept.count))
    let slice = try SlicePlan(request, of: y, part: shape)
    let write = StridedCopy(from: StridedView(gradient.reshaped(shape)), to: slice.part)
    let clear = StridedFill(y, pattern: 0)
    return Kernel("copy") {
      clear.run()
      write.run(destinationOffset: try slice.offset())
    }
  }
}

/// The family of gradients of gathers and slices.
enum GatheringGradients {
  static let operators: [any Operator.Type] = [GatherGradient.self, SliceGradient.self]
}
