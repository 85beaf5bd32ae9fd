// SPDX-License-Identifier: Apache-2.0
// Sparse weights whose values are compressed, from their parts.

import Tensors

/// The values at the ones of a mask as a script gives them: in order, in one of the forms of files.
package indirect enum SparseParts: Sendable {
  /// One element for each one of the mask.
  case values(Tensor)
  /// One index for each one of the mask.
  case palettized(Tensor, lut: EncodedWeight, vectorAxis: Int?, axis: Int?)
  /// One code for each one of the mask, with scales over the mask's shape.
  case quantized(SparseParts, scale: Tensor, offset: Tensor?, axis: Int?, dtype: DType?)

  /// - Parameter mask: ones and zeros; with the weight's shape, or that of the indices of vectors.
  fileprivate func encoded(under mask: Tensor) throws(EncodingError) -> EncodedValues {
    switch self {
    case .values(let values):
      return .plain(mask: mask, nonzero: try values.asVector("values", under: mask))
    case .palettized(let indices, let lut, let vectorAxis, let axis):
      let lut = try lut.tables("lut", over: mask.shape, vectorAxis: vectorAxis, axis: axis)
      let entries = lut.shape[lut.shape.count - 2]
      guard let bits = DType.indexWidths.first(where: { 1 << $0 >= entries }), let type = DType(indexBits: bits) else {
        throw .shape(part: "lut", found: lut.shape, expected: "1 to 256 entries")
      }
      let vector = try indices.asVector("indices", under: mask).asIntegers("indices", type, below: entries)
      return .palette(.plain(mask: mask, nonzero: vector), lut: try lut.filledUp(to: 1 << bits), vectorAxis: vectorAxis)
    case .quantized(let codes, let scale, let offset, let axis, let dtype):
      let inner = try codes.encoded(under: mask)
      let stored: EncodedValues
      if case .plain(let mask, let nonzero) = inner {
        let typed = try EncodedWeight.dense(nonzero).storedAsCodes(dtype)
        stored = .plain(mask: mask, nonzero: try typed.decoded())
      } else {
        stored = inner
      }
      let scale = try scale.asFloats("scale").blocks("scale", over: mask.shape, axis: axis)
      let offset = try offset.map { (given) throws(EncodingError) in
        try given.blocks("offset", over: mask.shape, axis: axis).repeated("offset", to: scale.shape).asOffset(of: stored.dtype, scale.dtype)
      }
      return .blockwise(stored, scale: scale, offset: offset)
    }
  }
}

extension EncodedWeight {
  /// The values at the ones of a mask, in compressed form.
  ///
  /// - Throws: `EncodingError` for parts that do not fit each other.
  package static func sparse(mask: Tensor, parts: SparseParts) throws(EncodingError) -> EncodedWeight {
    try EncodedWeight.sparse(parts.encoded(under: mask.asMask())).checked()
  }
}

extension Tensor {
  /// The tensor as a mask of bits.
  package func asMask() throws(EncodingError) -> Tensor { try asIntegers("mask", .uint1) }

  fileprivate func asVector(_ part: String, under mask: Tensor) throws(EncodingError) -> Tensor {
    let ones = mask.onesCount
    guard rank == 1, count == ones else {
      throw .count(part: part, found: count, expected: ones, because: "mask has that many ones")
    }
    return self
  }
}
