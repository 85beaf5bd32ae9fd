// SPDX-License-Identifier: Apache-2.0
// A dense block split around one of its axes: the outer extent, the axis, the inner extent.

import Tensors

/// Memory as `outer` blocks of `count` rows of `inner` elements, where `count` is the extent of one axis.
package struct AxisSplit: Equatable, Sendable {
  package let outer: Int
  package let count: Int
  package let inner: Int

  package init(outer: Int, count: Int, inner: Int) {
    self.outer = outer
    self.count = count
    self.inner = inner
  }

  /// Splits `buffer` around the program's `axis` (not negative), in memory order.
  package init(_ buffer: Buffer, axis: Int) {
    let stored = buffer.storedShape
    let at = buffer.storedAxis(axis)
    self.init(outer: stored[..<at].reduce(1, *), count: stored[at], inner: stored[(at + 1)...].reduce(1, *))
  }

  package var elementCount: Int { outer * count * inner }
}
