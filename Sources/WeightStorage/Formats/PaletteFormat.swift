// SPDX-License-Identifier: Apache-2.0
// Lookup tables: `constexpr_lut_to_dense`, and `constexpr_lut_to_sparse` with a mask.

import Encodings
import MIL
import Tensors

enum PaletteFormat: StorageFormat {
  static let dense = "constexpr_lut_to_dense"
  static let sparse = "constexpr_lut_to_sparse"
  static let operatorTypes = [dense, sparse]

  static func read(_ type: String, _ parts: some StoredParts) throws(EncodingError) -> StoredForm {
    if type == sparse {
      let indices = try parts.sparse(mask: "indices_mask", nonzero: "indices_nonzero_data")
      return .values(.palette(indices, lut: try parts.part("lut"), vectorAxis: try parts.vectorAxis(of: indices.shape)))
    }
    guard let shape = try parts.optionalTensor("shape") else {
      let indices = try parts.tensor("indices")
      return .weight(.palette(indices: indices, lut: try parts.part("lut"), vectorAxis: try parts.vectorAxis(of: indices.shape)))
    }
    let packed = try PaletteEncoding(packed: parts.tensor("indices"), lut: parts.tensor("lut"), shape: shape.integers())
    return .weight(.palette(indices: packed.indices, lut: .dense(packed.lut), vectorAxis: nil))
  }
}

extension WeightWriter {
  func palette(_ indices: Tensor, _ lut: EncodedWeight, _ axis: Int?, _ result: NamedType) -> [Operation] {
    let (before, lut) = argument("lut", lut, of: result.name, named: tableName(of: result.name))
    return before + [operation(PaletteFormat.dense, [constant("indices", indices), lut] + vectorAxis(axis), result.name, [result])]
  }

  /// iOS16 supports a single table, and no 3-bit indices.
  func attributesOfPalette(_ indices: Tensor, _ lut: Tensor, _ result: NamedType) throws(WeightStorageError) -> Operation {
    guard let palette = try? PaletteEncoding(indices: indices, lut: lut), palette.isSingleTable else {
      throw needsOpset("palettization with several tables", result.name)
    }
    guard palette.bits != 3 else { throw needsOpset("3-bit palettization", result.name) }
    return attributes(
      PaletteFormat.dense, [attribute("indices", palette.packedIndices), attribute("lut", lut.reshaped([lut.count])), shape(result)], result
    )
  }

  func sparsePalette(
    _ indices: EncodedValues, _ lut: EncodedWeight, _ axis: Int?, as values: EncodedValues, _ place: SparsePlace
  ) -> LinkedInputs {
    let name = "\(place.parent)_\(place.nonzero)_0\(WeightSuffix.palettized)"
    let (tableBefore, table) = argument("lut", lut, of: name)
    let (before, inputs) = sparseInputs(indices, SparsePlace(mask: "indices_mask", nonzero: "indices_nonzero_data", parent: name))
    return link(tableBefore + before, PaletteFormat.sparse, inputs + [table] + vectorAxis(axis), name, values, place)
  }

  private func vectorAxis(_ axis: Int?) -> [Argument] {
    axis.map { [Argument("vector_axis", [.constant(.int32($0))])] } ?? []
  }

  /// The name of the operator that decodes the table if it differs from the default.
  ///
  /// A scale of a whole weight is applied to its tables, as iOS18 requires. As in coremltools, both operators keep
  /// their names: the name of the scaling operator moves to the last operator, and the name of the lookup moves to
  /// the operator that scales the tables.
  private func tableName(of parent: String) -> String? {
    if parent.hasSuffix(WeightSuffix.quantized) { return "\(parent)_data_0\(WeightSuffix.palettized)" }
    guard parent.hasSuffix(WeightSuffix.scaledPalette) else { return nil }
    let name = String(parent.dropLast(WeightSuffix.scaledPalette.count)) + WeightSuffix.palettized
    return isFree(name) ? name : nil
  }
}
