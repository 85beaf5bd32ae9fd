// SPDX-License-Identifier: Apache-2.0
// Loops split into chunks that run on the thread pool.

import Tensors

/// Loops over `0..<count` in chunks, each on one thread.
///
/// Chunks depend on `count` and `grain` alone, never on the number of threads, so a chunk computes the same result
/// on every machine.
package enum Chunks {
  /// Default number of elements in a chunk.
  package static let grain = 16_384
  /// Below this many chunks the loop stays on the calling thread: waking another thread takes as long.
  private static let fewest = 4

  /// Calls `body` with consecutive ranges that cover `0..<count`, each of at most `grain` elements.
  ///
  /// Calls run in parallel, in any order; `body` writes only what belongs to its range.
  package static func forEach(of count: Int, grain: Int = grain, _ body: (Range<Int>) -> Void) {
    guard count > 0 else { return }
    let grain = max(grain, 1)
    let chunks = (count + grain - 1) / grain
    func run(_ chunk: Int) { body(chunk * grain..<min(count, (chunk + 1) * grain)) }
    guard chunks >= fewest else { return (0..<chunks).forEach(run) }
    Parallel.forEach(chunks, run)
  }

  /// Calls `body` for rows `0..<count` in ranges of about `grain` elements, where a row has `width` elements.
  package static func forEachRow(of count: Int, width: Int, _ body: (Range<Int>) -> Void) {
    forEach(of: count, grain: max(1, grain / max(width, 1)), body)
  }
}
