// SPDX-License-Identifier: Apache-2.0
// What a weight's name gets appended by the way it is stored, as coremltools has it.

package enum WeightSuffix {
  package static let quantized = "_quantized"
  package static let palettized = "_palettized"
  /// Of tables that have a scale beside them.
  package static let scaledPalette = "_palettized_pcs"
  package static let sparsified = "_sparsified"

  /// Those by which a weight's own name is found again.
  package static let all = [quantized, palettized, scaledPalette, sparsified]
}
