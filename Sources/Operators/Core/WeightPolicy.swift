// SPDX-License-Identifier: Apache-2.0
// How constant weights are kept while a program runs.

/// How constant weights are kept at run time.
package enum WeightPolicy: Sendable, Hashable {
  /// The stored form if it is not slower than decoded weights, which is the case for products with a single row;
  /// 32-bit floats otherwise.
  case auto
  /// 32-bit floats, in the layout that each primitive prefers.
  case dense
  /// Stored form where a kernel supports it; otherwise decoded panel by panel.
  case packed
}
