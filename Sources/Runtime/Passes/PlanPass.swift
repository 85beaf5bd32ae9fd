// SPDX-License-Identifier: Apache-2.0
// What a pass over a graph is.

/// A rewrite of a graph on the way to a plan.
///
/// To add one: a file of this folder with the function, and its row in `Plan.passes`.
package struct PlanPass: Sendable {
  /// As texts of plans and errors call it.
  package let name: String
  /// Whether a plan under these options needs it.
  package let condition: @Sendable (RuntimeOptions) -> Bool
  package let run: @Sendable (inout Graph, RuntimeOptions) -> Void

  init(
    _ name: String, when condition: @escaping @Sendable (RuntimeOptions) -> Bool = { _ in true },
    _ run: @escaping @Sendable (inout Graph, RuntimeOptions) -> Void
  ) {
    self.name = name
    self.condition = condition
    self.run = run
  }
}
