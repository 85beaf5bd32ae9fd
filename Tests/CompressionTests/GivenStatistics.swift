// SPDX-License-Identifier: Apache-2.0
// A source that has the same statistics for every weight.

import Calibration
import Compression
import Encodings
import MIL
import WeightStorage

final class GivenStatistics: WeightStatisticsSource {
  private let all: WeightStatistics

  init(_ all: WeightStatistics) { self.all = all }

  func groups(_ sites: [WeightSite]) -> [[Int]] { [Array(sites.indices)] }
  func missing(_ site: WeightSite) -> String? { nil }
  func statistics(_ group: [WeightSite]) -> [StatisticsOutcome] { group.map { _ in .found(all) } }
  func replaced(_ group: [(site: WeightSite, weight: EncodedWeight)]) {}
}
