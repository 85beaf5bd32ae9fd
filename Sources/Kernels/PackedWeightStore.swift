// SPDX-License-Identifier: Apache-2.0
// Packed weights that outlive the process.

import Tensors

/// Weights in the layouts of Wane's own kernels, by the digest of what they are made of.
package protocol PackedWeightStore: AnyObject, Sendable {
  /// The packed weights that an earlier process kept.
  func storage(_ identity: ContentDigest) -> TensorStorage?
  /// Keeps packed weights for the next process.
  func add(_ storage: TensorStorage, as identity: ContentDigest)
}
