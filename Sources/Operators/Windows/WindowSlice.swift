// SPDX-License-Identifier: Apache-2.0
// Convolution and pooling in slices: groups of images, or rows of one image with the input rows that they read.

import Kernels
import Tensors

/// Some images, or some rows of one image, of a sliding window's output. A row is an index of the first spatial axis.
struct WindowSlice {
  let images: Range<Int>
  /// Input rows that the windows cover, padding left out.
  let input: Range<Int>
  let output: Range<Int>
  /// The window, padded at the first spatial axis as this slice needs it.
  let window: SlidingWindow

  /// Slices with equal shapes are computed by copies of one primitive.
  var shape: [Int] { [images.count, input.count, output.count, window.padBegin[0], window.padEnd[0]] }

  /// Cuts the work of a window.
  ///
  /// - Parameters:
  ///   - x, y: input and output, `[N, C, *D]`.
  ///   - extra: further buffers that are cut like y.
  ///   - flops: of the whole.
  ///   - isTransposed: whether the window slides over y, as in a transposed convolution.
  /// - Returns: one slice where the work or the order of axes does not allow more.
  static func slices(_ window: SlidingWindow, x: Buffer, y: Buffer, extra: [Buffer], flops: Int, isTransposed: Bool) -> [WindowSlice] {
    let (images, height, rows) = (x.shape[0], x.shape[2], y.shape[2])
    let whole = [WindowSlice(images: 0..<images, input: 0..<height, output: 0..<rows, window: window)]
    let wanted = Slices.count(flops: flops, chained: true)
    let buffers = [x, y] + extra
    guard wanted > 1, buffers.allSatisfy({ $0.isOutermost(0) }) else { return whole }
    if images >= wanted {
      return Slices.ranges(of: images, parts: wanted).map {
        WindowSlice(images: $0, input: 0..<height, output: 0..<rows, window: window)
      }
    }
    // Every slice reads all weights, so it has enough pixels to use each of them often.
    let pixels = y.shape.dropFirst(2).reduce(1, *)
    let parts = min((wanted + images - 1) / images, rows, max(pixels / leastPixels, 1))
    let inner = (0..<y.shape.count).filter { $0 != 0 }
    guard parts > 1, buffers.allSatisfy({ $0.order.first(where: inner.contains) == 2 }) else {
      return images > 1
        ? (0..<images).map { WindowSlice(images: $0..<$0 + 1, input: 0..<height, output: 0..<rows, window: window) } : whole
    }
    let ranges = Slices.ranges(of: rows, parts: parts)
    let slices = (0..<images).flatMap { image in
      ranges.map { isTransposed ? transposedSlice(window, image, $0, height) : slice(window, image, $0, height) }
    }
    // Rows that no window covers have no input, or need less than no padding at either end.
    return slices.allSatisfy {
      !$0.input.isEmpty && $0.window.padBegin[0] >= 0 && $0.window.padEnd[0] >= min(0, window.padEnd[0])
    } ? slices : whole
  }

  private static let leastPixels = 48

  private static func slice(_ window: SlidingWindow, _ image: Int, _ rows: Range<Int>, _ height: Int) -> WindowSlice {
    let begin = rows.lowerBound * window.strides[0] - window.padBegin[0]
    let end = (rows.upperBound - 1) * window.strides[0] - window.padBegin[0] + window.reach(0)
    var window = window
    window.padBegin[0] = max(0, -begin)
    let (from, to) = (min(max(begin, 0), height), max(0, min(end, height)))
    return WindowSlice(images: image..<image + 1, input: from..<max(from, to), output: rows, window: window)
  }

  /// Rows of a transposed convolution: the input rows whose windows reach them, and padding that leaves out what these windows compute
  /// of other rows.
  private static func transposedSlice(_ window: SlidingWindow, _ image: Int, _ rows: Range<Int>, _ height: Int) -> WindowSlice {
    let (step, reach) = (window.strides[0], window.reach(0))
    let (begin, end) = (rows.lowerBound + window.padBegin[0], rows.upperBound + window.padBegin[0])
    let (from, to) = (max(0, (begin - reach + step) / step), min(height, (end - 1) / step + 1))
    var window = window
    window.padBegin[0] = begin - from * step
    window.padEnd[0] = (to - 1) * step + reach - end
    return WindowSlice(images: image..<image + 1, input: from..<max(from, to), output: rows, window: window)
  }

  /// The part of an input that this slice reads.
  func input(_ x: Buffer) -> Buffer { part(x, input) }

  /// The part of an output, or of an operand of its shape, that this slice computes.
  func output(_ y: Buffer) -> Buffer { part(y, output) }

  private func part(_ buffer: Buffer, _ rows: Range<Int>) -> Buffer {
    let own = images.count == buffer.shape[0] ? buffer : buffer.part(images, of: 0)
    return rows.count == buffer.shape[2] ? own : own.part(rows, of: 2)
  }

  /// The request for this slice alone.
  func request(_ whole: KernelRequest) -> KernelRequest {
    var inputs = whole.inputs
    inputs["x"] = whole.inputs["x"]?.map(input)
    let post = whole.post.map { post in
      FusedPostOperation(
        operation: post.operation, operand: post.operand.map { $0.shape == whole.output.shape ? output($0) : $0 })
    }
    return KernelRequest(call: whole.call, inputs: inputs, outputs: [output(whole.output)], post: post, scratch: whole.scratch)
  }
}

extension KernelRequest {
  /// The slices of a window over `x`.
  func slices(_ window: SlidingWindow, flops: Int, isTransposed: Bool = false) throws -> [WindowSlice] {
    WindowSlice.slices(
      window, x: try input("x"), y: output, extra: post.compactMap(\.operand).filter { $0.shape == output.shape }, flops: flops,
      isTransposed: isTransposed)
  }
}
