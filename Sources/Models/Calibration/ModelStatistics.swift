// SPDX-License-Identifier: Apache-2.0
// Statistics of a model's values: a value of its own, bound to the model that it was collected from.

import Calibration

/// What calibration data tell of a model.
package struct ModelStatistics: Sendable, Equatable {
  /// The statistics of the vectors in one value, as some weights read it.
  package struct Entry: Sendable, Equatable {
    /// The name of the value.
    package let value: String
    /// One for each group of output channels; empty if they were not collected.
    package var moments: [SecondMoments]
    /// One for each group of output channels.
    package var channels: [ChannelStatistics]

    package init(value: String, moments: [SecondMoments], channels: [ChannelStatistics]) {
      self.value = value
      self.moments = moments
      self.channels = channels
    }
  }

  /// The digest of the program and its weights.
  package let modelDigest: String
  /// Number of samples.
  package internal(set) var samples: Int
  /// By value and way of reading it.
  package internal(set) var entries: [String: Entry] = [:]
  /// The keys of `entries` in the order of the program.
  package internal(set) var keys: [String] = []
  /// The range of each float value, by its name.
  package internal(set) var ranges: [String: ValueRange] = [:]
  /// The names of the values with a range, in the order of the program.
  package internal(set) var values: [String] = []
  /// Sums of squared gradients by the name of the weight's value, in the order of its elements.
  package var squaredGradients: [String: [Double]] = [:]

  package init(modelDigest: String, samples: Int) {
    self.modelDigest = modelDigest
    self.samples = samples
  }

  package var hasMoments: Bool { entries.values.contains { !$0.moments.isEmpty } }
  package var hasHistograms: Bool { ranges.values.contains { $0.histogram != nil } }

  /// The number of vectors of the first value that counts positions, apart from masked ones.
  package var positions: Double { keys.first.flatMap { entries[$0]?.channels.first?.count } ?? Double(samples) }

  /// The statistics of another run over the same model added.
  ///
  /// - Throws: `ModelError.wrongStatistics` for another model's, or if something else was collected.
  package func merged(with other: ModelStatistics) throws -> ModelStatistics {
    guard other.modelDigest == modelDigest, other.keys == keys, other.values == values,
      Set(other.squaredGradients.keys) == Set(squaredGradients.keys), other.hasMoments == hasMoments
    else { throw ModelError.wrongStatistics }
    var sum = self
    sum.samples += other.samples
    for (key, entry) in other.entries {
      for (i, moments) in entry.moments.enumerated() { try sum.entries[key]?.moments[i].merge(moments) }
      for (i, channels) in entry.channels.enumerated() { try sum.entries[key]?.channels[i].merge(channels) }
    }
    for (name, range) in other.ranges { sum.ranges[name] = sum.ranges[name]?.merged(with: range) ?? range }
    for (name, squares) in other.squaredGradients {
      guard let own = sum.squaredGradients[name], own.count == squares.count else { throw ModelError.wrongStatistics }
      sum.squaredGradients[name] = zip(own, squares).map { $0 + $1 }
    }
    return sum
  }
}
