// SPDX-License-Identifier: Apache-2.0
// How a program is run.

import Operators

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// Choices that hold for every prediction of an executor.
package struct RuntimeOptions: Sendable, Hashable {
  package enum Precision: String, Sendable, CaseIterable {
    /// fp16 programs are computed in fp32.
    case float32
    /// Every fp16 value is rounded to fp16 after its operator, as a device would: overflow shows.
    case float16
  }

  package var precision: Precision
  /// How constant weights are kept in memory.
  package var weights: WeightPolicy
  /// Results come as they were computed, in 32 bits, where the program declares fp16: what fp16 cannot hold shows.
  package var keepsComputedResults: Bool
  /// Whether the graph is checked after every pass over it: a fault is Wane's own, so this is for tests.
  package var verifiesPasses = RuntimeOptions.verifiesByDefault

  package init(precision: Precision = .float32, weights: WeightPolicy = .dense, keepsComputedResults: Bool = false) {
    self.precision = precision
    self.weights = weights
    self.keepsComputedResults = keepsComputedResults
  }

  /// Set by `WANE_VERIFY_PASSES`, as `scripts/test` does.
  private static let verifiesByDefault = getenv("WANE_VERIFY_PASSES") != nil
}
