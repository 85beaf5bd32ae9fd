// SPDX-License-Identifier: Apache-2.0
// Elementwise functions with per-channel parameters, in any axis order.

import CKernels
import Tensors

/// A loop from `x` to `y` with the channel index (the program's axis 1) of every element. `y` may be `x`.
package struct ChannelLoop {
  private let split: AxisSplit
  private let x: UnsafeMutablePointer<Float>
  private let y: UnsafeMutablePointer<Float>

  /// - Precondition: floats of the same shape, of rank 2 or more, and the same axis order.
  package init(_ x: Buffer, to y: Buffer) {
    split = AxisSplit(x, axis: 1)
    self.x = x.floats()
    self.y = y.floats()
  }

  /// `y = max(x, 0) + alpha min(x, 0)`
  package func prelu(_ alpha: UnsafePointer<Float>) {
    run(
      rows: { x, y, rows, channels in
        for row in 0..<rows {
          let at = row * channels
          for c in 0..<channels { y[at + c] = x[at + c] < 0 ? alpha[c] * x[at + c] : x[at + c] }
        }
      },
      plane: { x, y, c, count in ck_leaky_relu(y, x, alpha[c], count) })
  }

  /// `y = scale x + shift`
  package func scaleShift(_ scale: UnsafePointer<Float>, _ shift: UnsafePointer<Float>) {
    run(
      rows: { x, y, rows, channels in ck_scale_shift_rows(y, x, scale, shift, rows, channels) },
      plane: { x, y, c, count in ck_linear(y, x, scale[c], shift[c], count) })
  }

  /// `y = alpha log(1 + exp(beta x))`
  package func softplus(_ alpha: UnsafePointer<Float>, _ beta: UnsafePointer<Float>) {
    run(
      rows: { x, y, rows, channels in
        ck_mul_rows(y, x, beta, rows, channels)
        ck_softplus(y, y, rows * channels)
        ck_mul_rows(y, y, alpha, rows, channels)
      },
      plane: { x, y, c, count in
        ck_mul_scalar(y, x, beta[c], count)
        ck_softplus(y, y, count)
        ck_mul_scalar(y, y, alpha[c], count)
      })
  }

  /// Calls `rows` (x, y, rows, channels) where channels are innermost, otherwise `plane` (x, y, channel, count) for the
  /// contiguous elements of each channel.
  private func run(
    rows: (UnsafePointer<Float>, UnsafeMutablePointer<Float>, Int, Int) -> Void,
    plane: (UnsafePointer<Float>, UnsafeMutablePointer<Float>, Int, Int) -> Void
  ) {
    if split.inner == 1 {
      Chunks.forEachRow(of: split.outer, width: split.count) {
        let at = $0.lowerBound * split.count
        rows(x + at, y + at, $0.count, split.count)
      }
    } else {
      Chunks.forEachRow(of: split.outer * split.count, width: split.inner) {
        for row in $0 { plane(x + row * split.inner, y + row * split.inner, row % split.count, split.inner) }
      }
    }
  }
}
