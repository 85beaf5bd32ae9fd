// SPDX-License-Identifier: Apache-2.0
// Argmax and argmin along an axis.

import CKernels
import Tensors

/// Indices of the largest or smallest elements along one axis. Ties go to the first; for floats the first NaN wins.
package enum ArgumentReduction {
  /// A loop that writes the indices to `y`, which is row-major with `int32` or `uint16` elements.
  ///
  /// - Precondition: `x` holds floats or 32-bit integers; the axis (not negative) is not empty.
  package static func loop(largest: Bool, _ x: Buffer, axis: Int, to y: Buffer) -> () -> Void {
    let axes = ReducedAxes(x, axes: [axis])
    let stride = x.strides[axis]
    if x.dtype == .int32 {
      return scan(axes, stride, x.int32s(), y) { largest ? $0 > $1 : $0 < $1 }
    }
    if y.dtype == .int32, axes.isRows, axes.run == x.shape[axis] {
      let (x, y) = (x.floats(), y.int32s())
      return {
        Chunks.forEachRow(of: axes.outputCount, width: axes.run) {
          let (from, to) = (x + $0.lowerBound * axes.run, y + $0.lowerBound)
          largest ? ck_argmax_rows(to, from, $0.count, axes.run) : ck_argmin_rows(to, from, $0.count, axes.run)
        }
      }
    }
    return scan(axes, stride, x.floats(), y) { candidate, best in
      best.isNaN ? false : candidate.isNaN || (largest ? candidate > best : candidate < best)
    }
  }

  private static func scan<T>(
    _ axes: ReducedAxes, _ stride: Int, _ x: UnsafePointer<T>, _ y: Buffer, _ isBetter: @escaping (T, T) -> Bool
  ) -> () -> Void {
    let isShort = y.dtype == .uint16
    let pointer = y.pointer
    return {
      Chunks.forEachRow(of: axes.outputCount, width: axes.reducedCount) {
        for index in $0 {
          let at = axes.output(index)
          let from = x + at.input
          var best = 0
          for i in 1..<max(axes.reducedCount, 1) where isBetter(from[i * stride], from[best * stride]) { best = i }
          if isShort {
            pointer.assumingMemoryBound(to: UInt16.self)[at.output] = UInt16(truncatingIfNeeded: best)
          } else {
            pointer.assumingMemoryBound(to: Int32.self)[at.output] = Int32(truncatingIfNeeded: best)
          }
        }
      }
    }
  }
}
