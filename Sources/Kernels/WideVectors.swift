// SPDX-License-Identifier: Apache-2.0
// Whether this processor runs Wane's own loops with wide vectors.

import CKernels

/// Where vectors are narrow, oneDNN's convolutions and products are faster than Wane's own.
package var hasWideVectors: Bool {
  #if arch(x86_64)
    ck_isa() > Int32(CK_PORTABLE.rawValue)
  #else
    true
  #endif
}
