// SPDX-License-Identifier: Apache-2.0
// The number of slices of a computation.

/// Slices depend only on the amount of work, so that results are bit-identical for any number of threads.
package enum Slices {
  /// The number of floating-point operations below which a second slice costs more than it saves: about 20 µs on one core.
  private static let least = 1 << 21
  /// The number of operations per slice of long computations, so small that a late or preempted thread hardly delays the end.
  private static let usual = 1 << 23
  private static let most = 16
  /// The same numbers for slices that neighboring steps do not wait for as a whole.
  private static let leastChained = 1 << 18
  private static let usualChained = 1 << 20

  /// The number of slices for a number of floating-point operations.
  ///
  /// - Parameter chained: whether slices of neighboring steps may alternate with them.
  package static func count(flops: Int, atMost limit: Int = most, chained: Bool = false) -> Int {
    guard flops >= (chained ? leastChained : least) else { return 1 }
    return max(1, min(limit, most, max(chained ? 4 : 2, flops / (chained ? usualChained : usual))))
  }

  /// `0..<count` split into at most `parts` ranges of equal size, except the last, which may be shorter.
  package static func ranges(of count: Int, parts: Int) -> [Range<Int>] {
    guard parts > 1, count > 1 else { return [0..<count] }
    let length = (count + parts - 1) / parts
    return stride(from: 0, to: count, by: length).map { $0..<min(count, $0 + length) }
  }
}
