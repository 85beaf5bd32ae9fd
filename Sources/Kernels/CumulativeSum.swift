// SPDX-License-Identifier: Apache-2.0
// Cumulative sums along one axis of a dense block.

/// Cumulative sums, added sequentially as NumPy does; integers wrap.
package enum CumulativeSum {
  /// Writes to `y` the cumulative sums of `x` along the axis of `split`, including each element (or excluding it, if
  /// `exclusive`), starting at the end if `reverse`. `y` may be `x`.
  package static func run(
    _ split: AxisSplit, _ x: UnsafePointer<Float>, to y: UnsafeMutablePointer<Float>, exclusive: Bool, reverse: Bool
  ) { columns(split, x, y, exclusive, reverse, zero: 0) { $0 + $1 } }

  /// The same for 32-bit integers.
  package static func run(
    _ split: AxisSplit, _ x: UnsafePointer<Int32>, to y: UnsafeMutablePointer<Int32>, exclusive: Bool, reverse: Bool
  ) { columns(split, x, y, exclusive, reverse, zero: 0) { $0 &+ $1 } }

  @inline(__always)
  private static func columns<T>(
    _ split: AxisSplit, _ x: UnsafePointer<T>, _ y: UnsafeMutablePointer<T>, _ exclusive: Bool, _ reverse: Bool,
    zero: T, add: (T, T) -> T
  ) {
    // One column at a time keeps the sum in a register; sixteen columns side by side share cache lines.
    let width = min(16, max(split.inner, 1))
    let blocks = (split.inner + width - 1) / width
    Chunks.forEachRow(of: split.outer * blocks, width: split.count * width) {
      for item in $0 {
        let first = item % blocks * width
        let base = item / blocks * split.count * split.inner
        for column in first..<min(first + width, split.inner) {
          var sum = zero
          for i in 0..<split.count {
            let at = base + (reverse ? split.count - 1 - i : i) * split.inner + column
            let next = add(sum, x[at])
            y[at] = exclusive ? sum : next
            sum = next
          }
        }
      }
    }
  }
}
