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

  package static func += (a: inout Workload, b: Workload) {
    a.flops += b.flops
    a.bytes += b.bytes
  }

  /// Whether a kernel's work takes about ten microseconds. Waking a second thread costs more than it saves.
  package var isBriefKernel: Bool { flops <= 1_000_000 && bytes <= 1 << 18 }

  /// Whether a plan's work takes about a hundred microseconds. A second thread saves little, and costs ten times as
  /// much if it is asleep or preempted.
  package var isBriefPlan: Bool { flops <= 10_000_000 && bytes <= 1 << 21 }
}
