// SPDX-License-Identifier: Apache-2.0
// Normalization of each channel by the energy of adjacent channels.

import CKernels
import Tensors

/// `y = x / (k + alpha / size · Σ x²)^beta`, summed over `size` adjacent channels, from `size / 2` before to
/// `(size - 1) / 2` after, clipped to the existing channels.
package struct LocalResponseNormalization: Sendable {
  package let size: Int
  package let alpha: Float
  package let beta: Float
  package let k: Float

  package init(size: Int, alpha: Float, beta: Float, k: Float) {
    self.size = size
    self.alpha = alpha
    self.beta = beta
    self.k = k
  }

  /// Elements processed together.
  private static let block = 128

  /// `split` is around the channel axis; `y` does not overlap `x`.
  package func run(_ split: AxisSplit, _ x: UnsafePointer<Float>, to y: UnsafeMutablePointer<Float>) {
    if split.inner == 1 {
      Chunks.forEachRow(of: split.outer, width: split.count * min(size, split.count)) {
        for row in $0 { channels(x + row * split.count, to: y + row * split.count, split.count) }
      }
      return
    }
    let blocks = (split.inner + Self.block - 1) / Self.block
    Chunks.forEachRow(of: split.outer * split.count * blocks, width: Self.block * size) {
      for item in $0 {
        let start = item % blocks * Self.block
        let plane = item / blocks
        let image = plane / split.count * split.count * split.inner + start
        columns(
          x + image, to: y + image, channel: plane % split.count, split, min(Self.block, split.inner - start))
      }
    }
  }

  private func neighbors(_ channel: Int, _ channels: Int) -> Range<Int> {
    max(0, channel - size / 2)..<min(channels, channel + (size - 1) / 2 + 1)
  }

  /// All channels of one pixel, contiguous.
  private func channels(_ x: UnsafePointer<Float>, to y: UnsafeMutablePointer<Float>, _ count: Int) {
    for c in 0..<count {
      var sum: Float = 0
      for j in neighbors(c, count) { sum += x[j] * x[j] }
      y[c] = k + alpha / Float(size) * sum
    }
    ck_pow_scalar(y, y, beta, count)
    ck_div(y, x, y, count)
  }

  /// One channel of consecutive pixels.
  private func columns(
    _ x: UnsafePointer<Float>, to y: UnsafeMutablePointer<Float>, channel: Int, _ split: AxisSplit, _ width: Int
  ) {
    withUnsafeTemporaryAllocation(of: Float.self, capacity: 2 * Self.block) { floats in
      guard let sum = floats.baseAddress else { return }
      let square = sum + Self.block
      sum.update(repeating: 0, count: width)
      for j in neighbors(channel, split.count) {
        ck_square(square, x + j * split.inner, width)
        ck_add(sum, sum, square, width)
      }
      ck_linear(sum, sum, alpha / Float(size), k, width)
      ck_pow_scalar(sum, sum, beta, width)
      ck_div(y + channel * split.inner, x + channel * split.inner, sum, width)
    }
  }
}
