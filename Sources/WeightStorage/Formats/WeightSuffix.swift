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

  /// The name without suffixes at its end, whatever their number and order; at least one character stays.
  package static func removed(from name: String, _ suffixes: [String] = all) -> String {
    var base = Substring(name)
    while let suffix = suffixes.first(where: { base.hasSuffix($0) && base.count > $0.count }) { base = base.dropLast(suffix.count) }
    return String(base)
  }
}
