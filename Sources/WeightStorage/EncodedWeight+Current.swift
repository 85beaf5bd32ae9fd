// SPDX-License-Identifier: Apache-2.0
// Conversion of iOS16's linear quantization to the form of newer systems.

import Encodings
import Tensors

extension EncodedWeight {
  /// The weight without iOS16's form of linear quantization, so that it can be written for both opsets.
  package func current() throws(EncodingError) -> EncodedWeight {
    guard case .affine(let affine) = self, affine.zeroPoint.dtype == affine.data.dtype else {
      return self
    }
    let blockwise = try affine.blockwise()
    let needsOffset = blockwise.offset?.codes().contains { $0 != 0 } ?? false
    return .blockwise(
      data: .dense(blockwise.data), scale: blockwise.scale,
      offset: needsOffset ? blockwise.offset : nil)
  }
}
