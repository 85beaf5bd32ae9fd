// SPDX-License-Identifier: Apache-2.0
// Into how many slices a computation is cut.

/// Slices follow from the work alone, so that every number of threads computes the same bits.
package enum Slices {
  /// Floating-point operations below which a second slice costs more than it saves: about 20 µs on one core.
  private static let least = 1 << 21
  /// Operations of one slice of long work: short enough that a thread that starts late, or is preempted, delays the end little.
  private static let usual = 1 << 23
  private static let most = 16

  /// The number of slices for so many floating-point operations.
  package static func count(flops: Int, atMost limit: Int = most) -> Int {
    guard flops >= least else { return 1 }
    return max(1, min(limit, most, max(2, flops / usual)))
  }

  /// `0..<count` in at most `parts` ranges, equal but for the last, which may be shorter.
  package static func ranges(of count: Int, parts: Int) -> [Range<Int>] {
    guard parts > 1, count > 1 else { return [0..<count] }
    let length = (count + parts - 1) / parts
    return stride(from: 0, to: count, by: length).map { $0..<min(count, $0 + length) }
  }
}
