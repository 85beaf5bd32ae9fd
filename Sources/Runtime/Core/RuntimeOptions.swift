// SPDX-License-Identifier: Apache-2.0
// Options for running programs.

import Operators

import Platform

/// Options that apply to all predictions of an executor.
package struct RuntimeOptions: Sendable, Hashable {
  package enum Precision: String, Sendable, CaseIterable {
    /// fp16 programs are computed in fp32.
    case float32
    /// Every fp16 value is rounded to fp16 after its operator, as on devices, so that overflows are visible.
    case float16
  }

  package var precision: Precision
  /// How constant weights are kept in memory.
  package var weights: WeightPolicy
  /// Whether results that are declared as fp16 are returned in 32 bits as computed, so that values that overflow fp16
  /// are visible.
  package var keepsComputedResults: Bool
  /// Whether the graph is verified after every pass. A violation is a bug in Wane, so this is enabled in tests only.
  package var verifiesPasses = RuntimeOptions.verifiesByDefault

  package init(precision: Precision = .float32, weights: WeightPolicy = .auto, keepsComputedResults: Bool = false) {
    self.precision = precision
    self.weights = weights
    self.keepsComputedResults = keepsComputedResults
  }

  /// Set by the environment variable `WANE_VERIFY_PASSES`, which `scripts/test` sets.
  private static let verifiesByDefault = getenv("WANE_VERIFY_PASSES") != nil
}
