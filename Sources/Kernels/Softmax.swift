// SPDX-License-Identifier: Apache-2.0
// Softmax along one axis of a dense block.

import CKernels

package enum Softmax {
  /// Columns processed together when the axis is not the innermost.
  private static let block = 128

  /// `y = exp x / Σ exp x` along the axis of `split`, on the whole team. `y` may be `x`.
  package static func run(_ split: AxisSplit, _ x: UnsafePointer<Float>, to y: UnsafeMutablePointer<Float>) {
    guard split.elementCount > 0 else { return }
    if let rows = rowLoop(split, x, to: y) { return rows.runAll() }
    let blocks = (split.inner + block - 1) / block
    Chunks.forEachRow(of: split.outer * blocks, width: split.count * min(block, split.inner)) { range in
      for item in range {
        let column = item % blocks * block
        let at = item / blocks * split.count * split.inner + column
        columns(x + at, to: y + at, rows: split.count, stride: split.inner, width: min(block, split.inner - column))
      }
    }
  }

  /// The same over rows, if the elements along the axis are contiguous.
  package static func rowLoop(_ split: AxisSplit, _ x: UnsafePointer<Float>, to y: UnsafeMutablePointer<Float>) -> RowLoop? {
    guard split.elementCount > 0, split.inner == 1 else { return nil }
    return RowLoop(rows: split.outer, width: split.count) { rows in
      let at = rows.lowerBound * split.count
      ck_softmax_rows(y + at, x + at, rows.count, split.count)
    }
  }

  /// Softmax along each of `width` columns.
  private static func columns(
    _ x: UnsafePointer<Float>, to y: UnsafeMutablePointer<Float>, rows: Int, stride: Int, width: Int
  ) {
    withUnsafeTemporaryAllocation(of: Float.self, capacity: 2 * block) { scratch in
      guard let largest = scratch.baseAddress else { return }
      let sum = largest + block
      largest.update(from: x, count: width)
      for row in 1..<max(rows, 1) { ck_max(largest, largest, x + row * stride, width) }
      sum.update(repeating: 0, count: width)
      for row in 0..<rows {
        let to = y + row * stride
        ck_sub(to, x + row * stride, largest, width)
        ck_exp(to, to, width)
        ck_add(sum, sum, to, width)
      }
      for row in 0..<rows { ck_div(y + row * stride, y + row * stride, sum, width) }
    }
  }
}
