// SPDX-License-Identifier: Apache-2.0
// The suffixes that compression appends to names of weights, as in coremltools.

package enum WeightSuffix {
  package static let quantized = "_quantized"
  package static let palettized = "_palettized"
  /// The suffix for lookup tables with per-channel scales.
  package static let scaledPalette = "_palettized_pcs"
  package static let sparsified = "_sparsified"

  /// All suffixes, for recovering the original name of a weight.
  package static let all = [quantized, palettized, scaledPalette, sparsified]
}
