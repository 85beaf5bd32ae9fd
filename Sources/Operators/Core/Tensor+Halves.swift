// SPDX-License-Identifier: Apache-2.0
// Access to the elements of fp16 tensors.

import Tensors

extension Tensor {
  /// The bits of fp16 elements. The pointer is valid as long as the tensor exists.
  var halves: UnsafePointer<UInt16> {
    withBytes { bytes in
      UnsafeRawPointer(bytes.baseAddress ?? UnsafeRawPointer(storage.base)).assumingMemoryBound(to: UInt16.self)
    }
  }
}
