// SPDX-License-Identifier: Apache-2.0
// Normalization of each channel of each image to mean 0 and variance 1.

import CKernels
import Tensors

/// `y = (x - mean) / √(variance + epsilon) · gamma + beta` for each image and channel, with mean and (biased) variance over
/// the spatial axes, and gamma and beta per channel.
package struct InstanceNormalization {
  private let x: UnsafeMutablePointer<Float>
  private let y: UnsafeMutablePointer<Float>
  private let images: Int
  private let channels: Int
  private let places: Int
  private let channelsInnermost: Bool
  private let epsilon: Float
  private let planes: LayerNormalization
  private let affine: ChannelLoop

  /// - Precondition: floats of the same shape, of rank 3 or more, and the same axis order.
  package init(_ x: Buffer, to y: Buffer, epsilon: Float) {
    self.x = x.floats()
    self.y = y.floats()
    images = x.shape[0]
    channels = x.shape[1]
    places = x.shape[2...].reduce(1, *)
    channelsInnermost = x.storedAxis(0) == 0 && x.storedAxis(1) == x.shape.count - 1 && x.shape[1] > 1
    self.epsilon = epsilon
    planes = LayerNormalization(x, over: Array(2..<x.shape.count), parameter: nil, epsilon: epsilon)
    affine = ChannelLoop(y, to: y)
  }

  /// Bytes of scratch that `run` needs.
  package var scratchBytes: Int { 2 * channels * MemoryLayout<Float>.stride }

  /// `y` may be `x`.
  package func run(
    gamma: UnsafePointer<Float>?, beta: UnsafePointer<Float>?, scratch: UnsafeMutableRawPointer
  ) {
    guard places > 0 else { return }
    guard channelsInnermost else {
      // Without gamma and beta, `planes` needs no scratch.
      planes.run(x, gamma: nil, beta: nil, to: y, scratch: scratch)
      guard gamma != nil || beta != nil else { return }
      let scale = scratch.assumingMemoryBound(to: Float.self)
      let shift = scale + channels
      for c in 0..<channels {
        scale[c] = gamma?[c] ?? 1
        shift[c] = beta?[c] ?? 0
      }
      return affine.scaleShift(scale, shift)
    }
    let block = 64
    let blocks = (channels + block - 1) / block
    Chunks.forEachRow(of: images * blocks, width: places * min(block, channels)) {
      for item in $0 {
        let channel = item % blocks * block
        let at = item / blocks * places * channels + channel
        columns(
          x + at, gamma.map { $0 + channel }, beta.map { $0 + channel }, to: y + at,
          width: min(block, channels - channel))
      }
    }
  }

  /// `width` channels of an image, channels-last.
  private func columns(
    _ x: UnsafePointer<Float>, _ gamma: UnsafePointer<Float>?, _ beta: UnsafePointer<Float>?,
    to y: UnsafeMutablePointer<Float>, width: Int
  ) {
    withUnsafeTemporaryAllocation(of: Double.self, capacity: width) { sums in
      withUnsafeTemporaryAllocation(of: Float.self, capacity: 3 * width) { floats in
        guard let mean = floats.baseAddress, let sum = sums.baseAddress else { return }
        let scale = mean + width
        let centered = scale + width
        average(x, sum, centered, width) { from, to in to.update(from: from, count: width) }
        for c in 0..<width { mean[c] = Float(sum[c]) }
        average(x, sum, centered, width) { from, to in
          ck_sub(to, from, mean, width)
          ck_square(to, to, width)
        }
        for c in 0..<width {
          scale[c] = Float(1 / (sum[c] + Double(epsilon)).squareRoot()) * (gamma?[c] ?? 1)
          // The shift that maps the mean to beta.
          mean[c] = (beta?[c] ?? 0) - mean[c] * scale[c]
        }
        for place in 0..<places { ck_scale_shift_rows(y + place * channels, x + place * channels, scale, mean, 1, width) }
      }
    }
  }

  /// Means over all pixels of what `term` computes from each row.
  private func average(
    _ x: UnsafePointer<Float>, _ sum: UnsafeMutablePointer<Double>, _ row: UnsafeMutablePointer<Float>, _ width: Int,
    term: (UnsafePointer<Float>, UnsafeMutablePointer<Float>) -> Void
  ) {
    sum.update(repeating: 0, count: width)
    for place in 0..<places {
      term(x + place * channels, row)
      for c in 0..<width { sum[c] += Double(row[c]) }
    }
    for c in 0..<width { sum[c] /= Double(places) }
  }
}
