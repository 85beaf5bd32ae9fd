// SPDX-License-Identifier: Apache-2.0
// Fully connected layers in slices of rows.

import Kernels
import Tensors

extension KernelRequest {
  /// Primitives for slices of the rows of `y[rows, columns] = x[rows, inner] · weight`.
  ///
  /// - Parameters:
  ///   - constant: the weights, if they are constant.
  ///   - make: given the request for one slice, whose buffers are matrices (an operand of a post-op has extent 1 where it is
  ///     repeated).
  func rowSlices(
    columns: Int, inner: Int, constant: Buffer?, _ make: (_ slice: KernelRequest, _ earlier: EarlierSlices) throws -> Primitive
  ) throws -> SlicedPrimitive {
    let rows = output.count / columns
    // Every slice reads all weights, so it has enough rows to use each of them often.
    let parts = Slices.count(flops: 2 * rows * columns * inner, atMost: max(rows / Self.leastRows, 1))
    return try sharing(constant, [], call.signature.name) { earlier in
      try SlicedPrimitive(Slices.ranges(of: rows, parts: parts), shape: { [$0.count] }, earlier) { range, earlier in
        try make(try matrices(range, of: rows, columns, inner), earlier)
      }
    }
  }

  private static var leastRows: Int { 16 }

  private func matrices(_ range: Range<Int>, of rows: Int, _ columns: Int, _ inner: Int) throws -> KernelRequest {
    var inputs = inputs
    inputs["x"] = [try input("x").reshaped([rows, inner]).part(range, of: 0)]
    let post = post.map { post in
      FusedPostOperation(
        operation: post.operation,
        operand: post.operand.map {
          $0.count == rows * columns
            ? $0.reshaped([rows, columns]).part(range, of: 0) : $0.reshaped($0.count == 1 ? [1, 1] : [1, columns])
        })
    }
    return KernelRequest(
      call: call, inputs: inputs, outputs: [output.reshaped([rows, columns]).part(range, of: 0)], post: post, scratch: scratch)
  }
}
