// SPDX-License-Identifier: Apache-2.0
// SparseGPT (Frantar and Alistarh 2023): pruning with feedback, optionally onto codes or tables.

import Tensors

package enum SparseGPT {
  /// Prunes a matrix; kept elements are corrected, and rounded if wanted.
  ///
  /// - Parameters:
  ///   - pattern: `fraction` or `structured`.
  package static func prune(
    _ matrix: WeightMatrix, _ moments: [SecondMoments], _ pattern: ZeroPattern, to rounding: Rounding = .keep,
    _ options: FeedbackOptions = FeedbackOptions(), checkCancelled: () throws -> Void = {}, remark: (String) -> Void = { _ in }
  ) throws -> FeedbackResult {
    var options = options
    // Groups of adjacent columns do not survive a permutation.
    if case .structured = pattern { options.byActivation = false }
    let factors = try FeedbackFactors(moments, options)
    factors.explain(options, remark)
    return try factors.round(
      matrix, to: rounding, zeroing: pattern, options, checkCancelled: checkCancelled)
  }
}
