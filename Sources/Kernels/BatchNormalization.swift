// SPDX-License-Identifier: Apache-2.0
// Batch normalization with batch statistics, and its gradient.

import CKernels
import Tensors

/// Batch normalization over the channels (axis 1) of a channels-last buffer.
///
/// Sums over rows are computed in chunks that depend on the sizes alone, so results do not depend on the number of threads.
package struct BatchNormalization {
  private let channels: Int
  /// The matrix as it is processed: where channels are few, several rows are processed as one wider row.
  private let rows: Int
  private let width: Int
  private let chunk: Int
  package let epsilon: Float

  /// - Parameter x: floats, channels last.
  package init(_ x: Buffer, epsilon: Float) {
    channels = x.shape[1]
    var (rows, width) = (x.count / Swift.max(channels, 1), channels)
    while width < 64, rows % 2 == 0, rows > 0 { (rows, width) = (rows / 2, width * 2) }
    (self.rows, self.width) = (rows, width)
    chunk = Swift.max(1, 32_768 / Swift.max(width, 1))
    self.epsilon = epsilon
  }

  private var chunks: Int { (rows + chunk - 1) / chunk }

  /// Bytes of scratch memory that each pass needs.
  package var scratchBytes: Int { (2 * chunks + 6) * width * MemoryLayout<Float>.stride }

  /// The mask that a fused relu applies to the gradient of the result.
  package enum Gate {
    case open
    /// The gradient passes where these values are greater than zero.
    case output(UnsafePointer<Float>)
    /// The gradient passes where the result of the normalization, with this gamma and beta, is above zero.
    case result(gamma: UnsafePointer<Float>?, beta: UnsafePointer<Float>?)
  }

  /// `y = (x - mean) · inverse deviation · gamma + beta (+ addend)`, then an optional relu. Writes the batch's mean and inverse
  /// deviation, and updates the running statistics with `momentum` from the batch's mean and unbiased variance.
  package func forward(
    _ x: UnsafePointer<Float>, gamma: UnsafePointer<Float>?, beta: UnsafePointer<Float>?, addend: UnsafePointer<Float>?,
    relu: Bool, to y: UnsafeMutablePointer<Float>, mean: UnsafeMutablePointer<Float>, inverse: UnsafeMutablePointer<Float>,
    running: (mean: UnsafePointer<Float>, variance: UnsafePointer<Float>),
    updated: (mean: UnsafeMutablePointer<Float>, variance: UnsafeMutablePointer<Float>), momentum: Float,
    scratch: UnsafeMutableRawPointer
  ) {
    let memory = scratch.assumingMemoryBound(to: Float.self)
    let origin = memory + 2 * chunks * width
    // Sums of differences from the first row avoid cancellation where the mean is large.
    for i in 0..<width { origin[i] = x[i % channels] }
    sums(memory) { rows, sum, squares in ck_moments(sum, squares, x + rows.lowerBound * width, origin, rows.count, width) }
    let count = Double(rows * width / Swift.max(channels, 1))
    let (scale, shift) = (origin + width, origin + 2 * width)
    for c in 0..<channels {
      let (sum, squares) = folded(memory, c)
      let offset = sum / count
      let variance = Swift.max(squares / count - offset * offset, 0)
      let batchMean = Double(origin[c]) + offset
      mean[c] = Float(batchMean)
      inverse[c] = Float(1 / (variance + Double(epsilon)).squareRoot())
      updated.mean[c] = running.mean[c] + momentum * (mean[c] - running.mean[c])
      let unbiased = Float(variance * count / Swift.max(count - 1, 1))
      updated.variance[c] = running.variance[c] + momentum * (unbiased - running.variance[c])
    }
    line(scale, shift, gamma, beta, mean, inverse)
    Chunks.forEach(of: rows, grain: chunk) { range in
      let at = range.lowerBound * width
      ck_normalize(y + at, x + at, scale, shift, addend.map { $0 + at }, relu, range.count, width)
    }
  }

  /// Gradients of `x`, gamma and beta from the gradient of the result, masked by the gate; `gated` receives the masked gradient.
  package func backward(
    _ gradient: UnsafePointer<Float>, _ x: UnsafePointer<Float>, gamma: UnsafePointer<Float>?, mean: UnsafePointer<Float>,
    inverse: UnsafePointer<Float>, gate: Gate, to dx: UnsafeMutablePointer<Float>, gammaGradient: UnsafeMutablePointer<Float>,
    betaGradient: UnsafeMutablePointer<Float>, gated: UnsafeMutablePointer<Float>?, scratch: UnsafeMutableRawPointer
  ) {
    let memory = scratch.assumingMemoryBound(to: Float.self)
    let origin = memory + 2 * chunks * width
    let (a, b, c) = (origin + width, origin + 2 * width, origin + 3 * width)
    let (scale, shift) = (origin + 4 * width, origin + 5 * width)
    for i in 0..<width { origin[i] = mean[i % channels] }
    if case .result(let gamma, let beta) = gate { line(scale, shift, gamma, beta, mean, inverse) }
    func opened(_ at: Int) -> ck_gate {
      switch gate {
      case .open: ck_gate(y: nil, scale: nil, shift: nil)
      case .output(let y): ck_gate(y: y + at, scale: nil, shift: nil)
      case .result: ck_gate(y: nil, scale: scale, shift: shift)
      }
    }
    sums(memory) { rows, sum, product in
      let at = rows.lowerBound * width
      ck_gradient_moments(sum, product, gated.map { $0 + at }, gradient + at, x + at, origin, opened(at), rows.count, width)
    }
    let count = Double(rows * width / Swift.max(channels, 1))
    for i in 0..<channels {
      let (sum, product) = folded(memory, i)
      let (scale, inverse) = (Double(gamma?[i] ?? 1) * Double(inverse[i]), Double(inverse[i]))
      betaGradient[i] = Float(sum)
      gammaGradient[i] = Float(product * inverse)
      let slope = -scale * inverse * inverse * product / count
      a[i] = Float(scale)
      b[i] = Float(slope)
      c[i] = Float(-scale * sum / count - slope * Double(mean[i]))
    }
    for i in channels..<Swift.max(width, channels) { (a[i], b[i], c[i]) = (a[i % channels], b[i % channels], c[i % channels]) }
    // A gradient that was already masked is not masked again.
    let from = gated.map { UnsafePointer($0) } ?? gradient
    Chunks.forEach(of: rows, grain: chunk) { range in
      let at = range.lowerBound * width
      let gate = gated == nil ? opened(at) : ck_gate(y: nil, scale: nil, shift: nil)
      ck_batch_norm_gradient(dx + at, from + at, x + at, a, b, c, gate, range.count, width)
    }
  }

  /// The normalization as scale and shift for each element of a row.
  private func line(
    _ scale: UnsafeMutablePointer<Float>, _ shift: UnsafeMutablePointer<Float>, _ gamma: UnsafePointer<Float>?,
    _ beta: UnsafePointer<Float>?, _ mean: UnsafePointer<Float>, _ inverse: UnsafePointer<Float>
  ) {
    for i in 0..<width {
      let c = i % channels
      scale[i] = (gamma?[c] ?? 1) * inverse[c]
      shift[i] = (beta?[c] ?? 0) - mean[c] * scale[i]
    }
  }

  /// Calls `body` for each chunk with two rows of accumulators of its own.
  private func sums(
    _ memory: UnsafeMutablePointer<Float>,
    _ body: (Range<Int>, UnsafeMutablePointer<Float>, UnsafeMutablePointer<Float>) -> Void
  ) {
    Chunks.forEach(of: rows, grain: chunk) { range in
      // If there is little work, one call may process the rows of several chunks.
      var first = range.lowerBound
      while first < range.upperBound {
        let end = Swift.min(range.upperBound, first + chunk)
        let own = memory + 2 * (first / chunk) * width
        body(first..<end, own, own + width)
        first = end
      }
    }
  }

  /// The two sums of a channel over all chunks.
  private func folded(_ memory: UnsafePointer<Float>, _ channel: Int) -> (Double, Double) {
    var (first, second) = (0.0, 0.0)
    for chunk in 0..<chunks {
      let own = memory + 2 * chunk * width
      for i in stride(from: channel, to: width, by: channels) {
        first += Double(own[i])
        second += Double(own[width + i])
      }
    }
    return (first, second)
  }
}
