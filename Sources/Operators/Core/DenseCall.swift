// SPDX-License-Identifier: Apache-2.0
// Fully connected layers and convolutions as products of rows by Wane's own loop.

import CKernels
import Kernels
import Tensors

/// A product of the rows of x with 32-bit weights.
struct DenseCall {
  /// Where the weights lie: the inner index is that of the tap, then that of the channel.
  struct Weights {
    let buffer: Buffer
    let columns: Int
    let channels: Int
    var taps = 1
    /// From one column or channel to the next, in floats.
    let strides: (column: Int, channel: Int)
    let isConstant: Bool
  }

  private let product: DenseProduct
  private let weights: Weights
  private let input: Buffer
  private let x: UnsafePointer<Float>
  private let bias: UnsafePointer<Float>?

  /// Fewer columns would leave lanes empty.
  private static let leastColumns = 8
  /// Rows with which packing weights at each run takes little time.
  private static let leastRowsOfPacking = 512

  /// - Parameters:
  ///   - x: contiguous rows, or channels-last images whose `windows` are the rows.
  ///   - shared: where packed weights are kept for other plans.
  /// - Returns: `nil` where oneDNN's products are faster.
  init?(_ x: Buffer, rows: Int, _ weights: Weights, bias: Buffer?, windows: ck_windows? = nil, shared: SharedWeights) {
    guard hasWideVectors, x.dtype == .float32, weights.buffer.dtype == .float32, weights.columns >= Self.leastColumns, rows > 0,
      weights.buffer.count > 0, weights.isConstant || rows >= Self.leastRowsOfPacking
    else { return nil }
    (input, self.x, self.weights, self.bias) = (x, UnsafePointer(x.floats()), weights, bias.map { UnsafePointer($0.floats()) })
    func product(_ packed: TensorStorage?) -> DenseProduct {
      DenseProduct(rows: rows, inner: weights.channels * weights.taps, columns: weights.columns, windows: windows, weight: packed)
    }
    guard weights.isConstant else {
      self.product = product(nil)
      return
    }
    let key = SharedWeights.Key(
      weights.buffer, [weights.columns, weights.taps, weights.strides.column, weights.strides.channel], purpose: "dense")
    self.product = product(
      shared.storage(of: key) {
        let made = product(nil)
        weights.pack(made)
        return made.weight
      })
  }

  /// - Parameters:
  ///   - name: of the weights, for a plan that need not keep them.
  ///   - channelAxis: the axis of the output that has one index for each column.
  /// - Returns: `nil` for post-ops that it does not support.
  func kernel(_ request: KernelRequest, weight name: String, channelAxis: Int) -> Kernel? {
    guard let post = SplitPost(request, channelAxis: channelAxis) else { return nil }
    let scratch = request.scratch
    scratch.reserve(product.scratchByteCount)
    let y = request.output.floats()
    let (x, product, bias, first, epilogue) = (x, product, bias, post.first, post.epilogue)
    let sliced =
      weights.isConstant
      ? product.extents.map { extents in
        SlicedWork(
          extents.map { SlicedWork.Access(request, output: $0.y, x: input, elements: $0.x) },
          scratchByteCount: product.scratchByteCountPerSlice
        ) { product.run(slice: $0, x, to: y, bias: bias, post: first, scratch: $1, epilogue: epilogue) }
      } : nil
    return Kernel(weights.taps == 1 ? "product" : "product of windows", packed: weights.isConstant ? [name] : [], sliced: sliced) {
      if !weights.isConstant { weights.pack(product) }
      product.run(x, to: y, bias: bias, post: first, scratch: scratch.base, epilogue: epilogue)
    }
  }
}

extension DenseCall.Weights {
  fileprivate func pack(_ product: DenseProduct) { product.pack(buffer.floats(), taps: taps, strides: strides) }
}
