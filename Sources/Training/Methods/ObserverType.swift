// SPDX-License-Identifier: Apache-2.0
// How observed ranges of values are combined.

/// How ranges are accumulated over batches; the three modes of coremltools.
enum ObserverType: String, CaseIterable, Sendable {
  /// Moving average: 0.01 of each new range.
  case movingAverage = "moving_average_min_max"
  /// The union of all ranges.
  case minMax = "min_max"
  /// Moving average: 0.1 of each new range.
  case ema = "ema_min_max"

  /// The weight of a new range in the moving average; 0 for the union.
  var momentum: Float {
    switch self {
    case .movingAverage: 0.01
    case .minMax: 0
    case .ema: 0.1
    }
  }
}
