// SPDX-License-Identifier: Apache-2.0
// The amount of work of a kernel or plan, derived from shapes. It does not depend on the choice of kernel.

/// The amount of work of a kernel or of a whole plan.
package struct Workload: Sendable {
  package var flops: Int
  /// The number of bytes read. The number of bytes written is of the same order.
  package var bytes: Int

  package init(flops: Int = 0, bytes: Int = 0) {
    self.flops = flops
    self.bytes = bytes
  }
}
