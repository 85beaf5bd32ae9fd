// SPDX-License-Identifier: Apache-2.0
// Runs a model over calibration data and collects statistics.

import Calibration
import Encodings
import MIL
import ModelPackages
import Operators
import Tensors
import WeightStorage

/// What a calibration collects.
package enum CollectedKind: String, CaseIterable, Sendable {
  /// Range, mean and moving averages of every float value.
  case ranges
  /// Σ x xᵀ, Σ x and max |x| of what weights multiply.
  case secondMoments = "second_moments"
  /// Histograms of every float value; a run of their own.
  case histograms
  /// Sums of squared gradients of the weights.
  case fisher
}

extension Model {
  /// Collects statistics; squared gradients are left to the caller.
  ///
  /// - Throws: `ModelError.cannotCalibrate`; the errors of `predict`.
  package func calibrated(
    _ data: CalibrationData, collecting kinds: Set<CollectedKind> = [.secondMoments],
    isCancelled: @escaping @Sendable () -> Bool = { false }
  ) throws -> ModelStatistics {
    try withThreads {
      var statistics = ModelStatistics(modelDigest: digest, samples: data.count)
      if kinds.contains(.secondMoments) { try collectMoments(data, &statistics, isCancelled) }
      if kinds.contains(.ranges) || kinds.contains(.histograms) {
        let run = try RangeRun(self, data, isCancelled: isCancelled)
        statistics.values = run.names
        statistics.ranges = try run.ranges()
        if kinds.contains(.histograms) { statistics.ranges = try run.addingHistograms(to: statistics.ranges) }
      }
      return statistics
    }
  }

  private func collectMoments(
    _ data: CalibrationData, _ statistics: inout ModelStatistics, _ isCancelled: @escaping @Sendable () -> Bool
  ) throws {
    let run = try CalibrationRun(self, data, isSequential: false, isCancelled: isCancelled)
    let sites = try contents.program.namingInlineTensors().weightSites(Catalog.weightTable).filter { $0.weight.shape.count > 1 }
    for group in run.groups(sites) {
      for (input, found) in try run.collected(group.map { sites[$0] }).sorted(by: { $0.key.key < $1.key.key })
      where statistics.entries[input.key] == nil {
        statistics.entries[input.key] = ModelStatistics.Entry(value: input.value, moments: found.moments, channels: found.channels)
        statistics.keys.append(input.key)
      }
    }
  }
}
