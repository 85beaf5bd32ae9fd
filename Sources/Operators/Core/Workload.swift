// SPDX-License-Identifier: Apache-2.0
// How much a kernel or a plan has to do, counted from shapes: the same for every kernel that may be chosen.

/// How much a kernel, or a whole plan, has to do.
package struct Workload: Sendable {
  package var flops: Int
  /// Read; what is written is of the same order.
  package var bytes: Int

  package init(flops: Int = 0, bytes: Int = 0) {
    self.flops = flops
    self.bytes = bytes
  }
}
