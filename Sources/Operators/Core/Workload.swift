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

  package static func += (a: inout Workload, b: Workload) {
    a.flops += b.flops
    a.bytes += b.bytes
  }

  /// Whether one kernel's work takes some ten microseconds: waking a second thread would not pay.
  package var isBriefKernel: Bool { flops <= 1_000_000 && bytes <= 1 << 18 }

  /// Whether a plan's work takes some hundred microseconds: a second thread would gain little, and cost ten times as much
  /// whenever it has gone to sleep or another process is in its place.
  package var isBriefPlan: Bool { flops <= 10_000_000 && bytes <= 1 << 21 }
}
