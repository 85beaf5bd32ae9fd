// SPDX-License-Identifier: Apache-2.0
// Factors of second moments, computed once for all weights that multiply the same value.

import Synchronization

/// The factors for the second moments of one value, by options.
package final class FactorCache: Sendable {
  private struct Key: Hashable {
    let damping: Double
    let byActivation: Bool

    init(_ options: FeedbackOptions) { (damping, byActivation) = (options.damping, options.byActivation) }
  }

  private let known = Mutex<[Key: FeedbackFactors]>([:])

  package init() {}

  /// - Throws: `CalibrationError.notPositiveDefinite`.
  func factors(_ moments: [SecondMoments], _ options: FeedbackOptions) throws -> FeedbackFactors {
    if let found = known.withLock({ $0[Key(options)] }) { return found }
    let made = try FeedbackFactors(moments, options)
    known.withLock { $0[Key(options)] = made }
    return made
  }
}
