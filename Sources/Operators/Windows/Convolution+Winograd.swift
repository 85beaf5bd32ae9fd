// SPDX-License-Identifier: Apache-2.0
// Convolutions, and their gradients with respect to the input, by Winograd's minimal filtering.

import CKernels
import Kernels
import MIL
import Tensors

/// The 3×3 convolution with stride 1 that a call describes, where that is faster by Winograd's minimal filtering.
struct WinogradCall {
  private let convolution: WinogradConvolution
  private let input: Buffer
  private let x: UnsafePointer<Float>
  private let y: UnsafeMutablePointer<Float>
  private let weight: Buffer
  private let strides: (output: Int, channel: Int)
  private let flipped: Bool
  private let bias: UnsafePointer<Float>?
  private let packsAtEachRun: Bool

  /// - Parameters:
  ///   - x, y: input and output, `[N, C, H, W]`.
  ///   - shared: where transformed weights are kept for other plans.
  ///   - isGradient: whether y is the gradient of the input of the convolution that has x's shape as its output.
  /// - Returns: `nil` for other windows, orders of axes and types, and where oneDNN's convolution takes less time.
  init?(
    x: Buffer, weight: Buffer, bias: Buffer?, y: Buffer, window: SlidingWindow, groups: Int, isConstant: Bool, shared: SharedWeights,
    isGradient: Bool = false
  ) {
    let buffers = [x, y]
    guard groups == 1, window.kernel == [3, 3], window.strides == [1, 1], window.dilations == [1, 1],
      buffers.allSatisfy({ $0.dtype == .float32 && $0.count > 0 && Layout.same($0.order, Layout.channelsLast(4), $0.shape) }),
      weight.isPlain, weight.dtype == .float32, window.padBegin.allSatisfy({ $0 <= 2 })
    else { return nil }
    // Gradients are padded by what the convolution leaves out of the window.
    let pad = isGradient ? window.padBegin.map { 2 - $0 } : window.padBegin
    let geometry = WinogradConvolution.Geometry(
      images: x.shape[0], channels: x.shape[1], input: (x.shape[2], x.shape[3]), outputs: y.shape[1],
      output: (y.shape[2], y.shape[3]), padding: (pad[0], pad[1]))
    // Transformed, a weight that is not finite would make nine others so.
    guard !isConstant || ck_all_finite(weight.floats(), weight.count),
      let tile = WinogradConvolution.Tile.fastest(geometry, packsAtEachRun: !isConstant)
    else { return nil }
    (input, self.x, self.y, self.weight, self.bias) = (
      x, UnsafePointer(x.floats()), y.floats(), weight, bias.map { UnsafePointer($0.floats()) }
    )
    strides = isGradient ? (9, 9 * weight.shape[1]) : (9 * weight.shape[1], 9)
    flipped = isGradient
    packsAtEachRun = !isConstant
    guard isConstant else {
      convolution = WinogradConvolution(geometry, tile: tile)
      return
    }
    let key = SharedWeights.Key(weight, [tile.rawValue, isGradient ? 1 : 0], purpose: "winograd")
    let (strides, flipped) = (strides, flipped)
    let packed = shared.storage(of: key) {
      let convolution = WinogradConvolution(geometry, tile: tile)
      convolution.pack(weight.floats(), strides: strides, flipped: flipped)
      return convolution.transformedWeight
    }
    convolution = WinogradConvolution(geometry, tile: tile, weight: packed)
  }

  private func pack() { convolution.pack(weight.floats(), strides: strides, flipped: flipped) }

  func kernel(_ request: KernelRequest) -> Kernel? {
    guard let post = SplitPost(request, channelAxis: 1) else { return nil }
    let scratch = request.scratch
    scratch.reserve(convolution.scratchByteCount)
    let size = convolution.tile.rawValue
    let (convolution, x, y, bias, first, epilogue) = (convolution, x, y, bias, post.first, post.epilogue)
    let sliced =
      packsAtEachRun
      ? nil
      : SlicedWork(
        convolution.extents.map { SlicedWork.Access(request, output: $0.y, x: input, elements: $0.x) },
        scratchByteCount: convolution.scratchByteCountPerSlice
      ) { convolution.run(x, to: y, bias: bias, post: first, scratch: $1, slice: $0, epilogue: epilogue) }
    return Kernel("winograd \(size)x\(size)", packed: packsAtEachRun ? [] : ["weight"], sliced: sliced) {
      if packsAtEachRun { pack() }
      convolution.run(x, to: y, bias: bias, post: first, scratch: scratch.base, epilogue: epilogue)
    }
  }
}
