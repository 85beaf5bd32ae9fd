// SPDX-License-Identifier: Apache-2.0
// Sparse weights with compressed values: `constexpr_lut_to_sparse` and `constexpr_sparse_blockwise_shift_scale`.

import Tensors

/// Sparse values stored as indices into lookup tables.
package struct SparsePaletteEncoding: Sendable, Equatable {
  /// uint1; one where an index is stored (one index per vector, if the table holds vectors).
  package let mask: Tensor
  /// Rank 1, one index per one in the mask.
  package let indices: Tensor
  /// As in `PaletteEncoding`, for the mask's shape.
  package let lut: Tensor
  package let vectorAxis: Int?

  /// - Throws: `EncodingError` if types, counts or shapes are inconsistent.
  package init(mask: Tensor, indices: Tensor, lut: Tensor, vectorAxis: Int? = nil)
    throws(EncodingError)
  {
    try SparseEncoding.check(
      mask: mask, part: "indices_mask", values: indices, part: "indices_nonzero_data")
    try PaletteEncoding.check(
      indexType: indices.dtype, indexShape: mask.shape, lut: lut, vectorAxis: vectorAxis,
      part: "indices_nonzero_data")
    self.mask = mask
    self.indices = indices
    self.lut = lut
    self.vectorAxis = vectorAxis.flatMap { mask.shape.normalizedAxis($0) }
  }

  package var byteCount: Int { mask.byteCount + indices.byteCount + lut.byteCount }

  /// The two outputs of the operator: the mask expanded along the vector axis, and the values at its ones.
  package func decoded() throws(EncodingError) -> (mask: Tensor, nonzero: Tensor) {
    let dense = try PaletteEncoding(
      indices: indices.scattered(under: mask), lut: lut, vectorAxis: vectorAxis
    ).decoded()
    let mask = try expandedMask()
    return (mask, dense.elements(under: mask))
  }

  /// The mask of the weight's elements.
  package func expandedMask() throws(EncodingError) -> Tensor {
    let size = lut.shape[lut.rank - 1]
    guard size > 1, vectorAxis != nil else { return mask }
    // Repetition along the axis is a lookup in a table of vectors of ones and zeros.
    let flags = Tensor(
      (0..<2 * size).map { UInt8($0 / size) },
      shape: Shape(repeating: 1, count: mask.rank) + [2, size])
    let spread = try PaletteEncoding(indices: mask, lut: flags, vectorAxis: vectorAxis).decoded()
    return Tensor(codes: spread.codes(), dtype: .uint1, shape: spread.shape)
  }
}

/// Sparse values stored as codes with a scale and optionally an offset per block; elements outside the mask are zero.
package struct SparseBlockwiseEncoding: Sendable, Equatable {
  /// uint1, with the weight's shape.
  package let mask: Tensor
  /// Rank 1, one code per one in the mask.
  package let nonzero: Tensor
  /// As in `BlockwiseEncoding`, for the mask's shape.
  package let scale: Tensor
  package let offset: Tensor?

  /// - Throws: `EncodingError` if types, counts or shapes are inconsistent.
  package init(mask: Tensor, nonzero: Tensor, scale: Tensor, offset: Tensor?) throws(EncodingError) {
    try EncodingError.check("nonzero_data", nonzero.dtype, in: BlockwiseEncoding.dataTypes)
    try SparseEncoding.check(mask: mask, part: "data_mask", values: nonzero, part: "nonzero_data")
    // The dense form validates scale and offset; the zeros cost one allocation of the weight's codes.
    _ = try BlockwiseEncoding(
      data: Tensor(zeros: nonzero.dtype, mask.shape), scale: scale, offset: offset)
    self.mask = mask
    self.nonzero = nonzero
    self.scale = scale
    self.offset = offset
  }

  package var byteCount: Int {
    mask.byteCount + nonzero.byteCount + scale.byteCount + (offset?.byteCount ?? 0)
  }

  /// The second output of the operator: the values at the ones of the mask. (The first output is the mask itself.)
  package func decoded() throws(EncodingError) -> Tensor {
    try BlockwiseEncoding(data: nonzero.scattered(under: mask), scale: scale, offset: offset)
      .decoded().elements(under: mask)
  }
}
