// SPDX-License-Identifier: Apache-2.0
// The description of a pass over a graph.

/// A graph rewrite that is applied before planning.
///
/// To add a pass, define its function in a file in this folder and add an entry to `Plan.passes`.
package struct PlanPass: Sendable {
  /// The name of the pass in plan texts and errors.
  package let name: String
  /// Whether the pass applies under the given options.
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
