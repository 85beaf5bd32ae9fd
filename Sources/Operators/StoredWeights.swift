// SPDX-License-Identifier: Apache-2.0
// Constants that a kernel reads as the program stores them, instead of as 32-bit floats.

import Tensors

/// An operator some of whose constants are read as they are stored.
package protocol StoredWeights: Operator {
  /// The parameters whose constants `kernel` takes from the call. The plan makes no buffer for them.
  static func storedParameters(_ call: Call, _ policy: WeightPolicy) -> Set<String>
}

/// How constant weights are kept while a program runs.
package enum WeightPolicy: Sendable, Hashable {
  /// As 32-bit floats, in the order that each primitive likes best.
  case dense
  /// As the program stores them where a kernel can read that; decoded by panels where it cannot.
  case packed
}

extension Tensor {
  /// The bits of fp16 elements. Valid as long as the tensor.
  var halves: UnsafePointer<UInt16> {
    withBytes { bytes in
      UnsafeRawPointer(bytes.baseAddress ?? UnsafeRawPointer(storage.base)).assumingMemoryBound(to: UInt16.self)
    }
  }
}
