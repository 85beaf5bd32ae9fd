// SPDX-License-Identifier: Apache-2.0
// What Wane's own products and convolutions do with a sum before they store it.

import CKernels

/// Applied to each element: the sum with `addend`, of the output's shape (it may be the output), then the limits.
package struct SumPost {
  package var addend: UnsafePointer<Float>?
  package var limits: (low: Float, high: Float) = (-.infinity, .infinity)

  package init() {}

  var loop: ck_post { ck_post(addend: addend, low: limits.low, high: limits.high) }
}
