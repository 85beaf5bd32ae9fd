// SPDX-License-Identifier: Apache-2.0
// The normalization of squared gradients for clustering (SKM, after SqueezeLLM, Kim et al. 2023).

package enum SquaredGradients {
  /// Squared gradients relative to their maximum, at least 1e-12; zeros become the smallest positive one. All 1 if
  /// all are zero.
  package static func normalized(_ sums: [Double]) -> [Double] {
    let most = sums.max() ?? 0
    guard most > 0 else { return sums.map { _ in 1 } }
    let least = sums.lazy.filter { $0 > 0 }.min() ?? most
    return sums.map { max(($0 > 0 ? $0 : least) / most, 1e-12) }
  }
}
