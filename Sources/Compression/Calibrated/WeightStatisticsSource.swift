// SPDX-License-Identifier: Apache-2.0
// Where the compressor gets the statistics of weights from.

import Calibration
import Encodings
import MIL
import WeightStorage

/// Statistics of a weight, or the reason why there are none.
package enum StatisticsOutcome: Sendable {
  case found(WeightStatistics)
  /// Such as `gather reads rows by number`.
  case missing(reason: String)
}

/// Provides the statistics of weights, if wanted in the order in which a program reads them, so that each weight sees
/// the errors of those that are already compressed.
package protocol WeightStatisticsSource: AnyObject {
  /// The sites in groups whose statistics are available at the same time, by index, in the order of their use.
  func groups(_ sites: [WeightSite]) throws -> [[Int]]
  /// The reason why a weight has no statistics, without running anything; `nil` if it has.
  func missing(_ site: WeightSite) -> String?
  /// The statistics of one group.
  func statistics(_ group: [WeightSite]) throws -> [StatisticsOutcome]
  /// Tells the source how the weights of the last group were compressed.
  func replaced(_ group: [(site: WeightSite, weight: EncodedWeight)]) throws
}
