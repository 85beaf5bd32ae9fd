// SPDX-License-Identifier: Apache-2.0
// The integer codes of quantization, and the grid that covers a range.

import CKernels
import Kernels
import Tensors

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
