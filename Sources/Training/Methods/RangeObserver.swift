// SPDX-License-Identifier: Apache-2.0
// The observed range of values, and the quantization grid that covers it.

import CKernels
import Kernels
import Tensors

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

/// The range of integer codes.
struct QuantizedDType: Sendable, Equatable {
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

  /// The quantization grid that covers a range.
  func grid(low: Float, high: Float, symmetric: Bool) -> ck_grid {
    CodeGrid.covering(low, high, codes: self.low...self.high, symmetric: symmetric)
  }
}
