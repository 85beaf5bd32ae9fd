// SPDX-License-Identifier: Apache-2.0
// Collects rows of a value into second moments, many at a time.

import Tensors

/// Adds rows to second moments in batches that are large enough for fast products.
package struct MomentAccumulator: Sendable {
  private var moments: SecondMoments
  private var pending: [Float] = []
  private let limit: Int

  package init(size: Int) {
    moments = SecondMoments(size: size)
    limit = max(1 << 20, size * 256)
  }

  /// Adds rows of `size` elements each.
  package mutating func add(_ rows: [Float]) {
    pending += rows
    if pending.count >= limit { flush() }
  }

  private mutating func flush() {
    let size = moments.size
    pending.withUnsafeBufferPointer { moments.addUpper($0, count: size == 0 ? 0 : $0.count / size) }
    pending.removeAll(keepingCapacity: true)
  }

  /// The second moments of all rows.
  package mutating func finish() -> SecondMoments {
    flush()
    moments.completeSymmetry()
    return moments
  }
}
