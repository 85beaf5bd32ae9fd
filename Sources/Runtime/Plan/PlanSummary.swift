// SPDX-License-Identifier: Apache-2.0
// A summary of a plan: steps, work, memory.

import Tensors

/// The resources for one run of a plan.
package struct PlanSummary: Sendable {
  /// A value's place in the arena.
  package struct Place: Sendable {
    /// The value, or the first of several views that share the memory.
    package let name: String
    /// Bytes from the start of the arena.
    package let offset: Int
    package let bytes: Int
    /// Indices of the first and last step that use the value; inputs start at -1, outputs end after the last step.
    package let first: Int
    package let last: Int
  }

  package let steps: Int
  /// How many of them were prepared for a plan for other shapes and serve this one too.
  package let sharedSteps: Int
  /// Floating-point operations of one run, excluding the bodies of loops and branches.
  package let flops: Int
  /// Bytes of the arena that all values share.
  package let arena: Int
  /// The size in bytes without sharing memory.
  package let unshared: Int
  /// Values by offset.
  package let places: [Place]
  /// The text with all steps and their values.
  package let text: PlanText
}

extension Plan {
  var summary: PlanSummary {
    PlanSummary(
      steps: steps.count, sharedSteps: sharedSteps, flops: steps.reduce(0) { $0 + $1.flops }, arena: memory.size, unshared: memory.unshared,
      places: memory.places.sorted { ($0.offset, $0.first) < ($1.offset, $1.first) }, text: text)
  }
}
