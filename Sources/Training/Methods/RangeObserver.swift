// SPDX-License-Identifier: Apache-2.0
// The range of numbers seen so far, and the grid of codes that covers it.

import CKernels
import Kernels
import Tensors

/// How ranges are taken over time; coremltools' three.
enum ObserverType: String, CaseIterable, Sendable {
  /// Moves a hundredth of the way to each new range.
  case movingAverage = "moving_average_min_max"
  /// The widest range of all.
  case minMax = "min_max"
  /// Moves a tenth of the way.
  case ema = "ema_min_max"

  /// The share of the way to a new range; 0 for the hull of all.
  var momentum: Float {
    switch self {
    case .movingAverage: 0.01
    case .minMax: 0
    case .ema: 0.1
    }
  }
}

/// The integers that codes may be.
struct CodeType: Sendable, Equatable {
  let bits: Int
  let isSigned: Bool

  var low: Float { isSigned ? -Float(1 << (bits - 1)) : 0 }
  var high: Float { isSigned ? Float(1 << (bits - 1) - 1) : Float(1 << bits - 1) }

  var dtype: DType {
    switch (bits, isSigned) {
    case (4, true): .int4
    case (4, false): .uint4
    case (_, true): .int8
    case (_, false): .uint8
    }
  }

  /// The grid that covers a range.
  func grid(low: Float, high: Float, symmetric: Bool) -> ck_grid {
    CodeGrid.covering(low, high, codes: self.low...self.high, symmetric: symmetric)
  }
}
