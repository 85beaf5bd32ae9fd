// SPDX-License-Identifier: Apache-2.0
// Encoded weights: a value for every chain of `constexpr_*` operators that Core ML supports.

import Tensors

/// The encoding of a weight.
///
/// Each case is an operator in the chain; nested values are earlier operators.
package indirect enum EncodedWeight: Sendable, Equatable {
  /// Plain elements.
  case dense(Tensor)
  /// iOS16's linear quantization.
  case affine(AffineEncoding)
  /// `scale · (data − offset)` per block; `data` may be a palette, or the codes of a table.
  case blockwise(data: EncodedWeight, scale: Tensor, offset: Tensor?)
  /// Indices into tables; the tables may be quantized.
  case palette(indices: Tensor, lut: EncodedWeight, vectorAxis: Int?)
  /// Nonzero values with a mask.
  case sparse(EncodedValues)
  /// 16-bit floats that represent 32-bit ones (`constexpr_cast`).
  case cast(Tensor)
}

/// The values at the ones of a mask, and their encoding.
package indirect enum EncodedValues: Sendable, Equatable {
  /// Plain elements: a `uint1` mask with the weight's shape, and a vector with as many elements as the mask has ones.
  case plain(mask: Tensor, nonzero: Tensor)
  /// Indices into tables.
  case palette(EncodedValues, lut: EncodedWeight, vectorAxis: Int?)
  /// Codes with a scale and offset per block of the mask's shape.
  case blockwise(EncodedValues, scale: Tensor, offset: Tensor?)
}

extension EncodedWeight {
  /// The weight's elements.
  ///
  /// - Throws: `EncodingError` if the parts are inconsistent.
  package func decoded() throws(EncodingError) -> Tensor {
    switch self {
    case .dense(let tensor): tensor
    case .affine(let encoding): try encoding.decoded()
    case .blockwise(let data, let scale, let offset):
      try BlockwiseEncoding(data: data.decoded(), scale: scale, offset: offset).decoded()
    case .palette(let indices, let lut, let vectorAxis):
      try PaletteEncoding(indices: indices, lut: lut.decoded(), vectorAxis: vectorAxis).decoded()
    case .sparse(let values):
      try values.decoded().dense()
    case .cast(let half): half.cast(to: .float32)
    }
  }

  /// The weight's shape, without decoding it.
  package var shape: Shape {
    switch self {
    case .dense(let tensor), .cast(let tensor): tensor.shape
    case .affine(let encoding): encoding.data.shape
    case .blockwise(let data, _, _): data.shape
    case .palette(let indices, let lut, let axis):
      PaletteEncoding.shape(of: indices.shape, vectorSize: lut.shape.last ?? 1, vectorAxis: axis)
    case .sparse(let values): values.shape
    }
  }

  /// The weight's element type, without decoding it.
  package var dtype: DType {
    switch self {
    case .dense(let tensor): tensor.dtype
    case .affine(let encoding): encoding.scale.dtype
    case .blockwise(_, let scale, _): scale.dtype
    case .palette(_, let lut, _): lut.dtype
    case .sparse(let values): values.dtype
    case .cast: .float32
    }
  }

  /// Number of elements of the weight.
  package var count: Int { shape.elementCount }

  /// The size in bytes of all stored parts: codes, tables, masks, scales, offsets.
  package var byteCount: Int {
    switch self {
    case .dense(let tensor), .cast(let tensor): tensor.byteCount
    case .affine(let encoding): encoding.byteCount
    case .blockwise(let data, let scale, let offset):
      data.byteCount + scale.byteCount + (offset?.byteCount ?? 0)
    case .palette(let indices, let lut, _): indices.byteCount + lut.byteCount
    case .sparse(let values): values.byteCount
    }
  }

  /// All stored tensors: codes, tables, masks, scales, offsets.
  package var tensors: [Tensor] {
    switch self {
    case .dense(let tensor), .cast(let tensor): [tensor]
    case .affine(let encoding): [encoding.data, encoding.zeroPoint, encoding.scale]
    case .blockwise(let data, let scale, let offset): data.tensors + [scale] + (offset.map { [$0] } ?? [])
    case .palette(let indices, let lut, _): [indices] + lut.tensors
    case .sparse(let values): values.tensors
    }
  }

  /// Stored bits per element of the weight, including tables and scales.
  package var bitsPerWeight: Double { count == 0 ? 0 : Double(byteCount * 8) / Double(count) }

  package var scheme: EncodingScheme {
    switch self {
    case .dense, .cast: []
    case .affine: .quantized
    case .blockwise(let data, _, _):
      data.dtype.isInteger ? data.scheme.union(.quantized) : data.scheme
    case .palette(_, let lut, _): lut.scheme.union(.palettized)
    case .sparse(let values): values.scheme.union(.sparse)
    }
  }
}

extension EncodedValues {
  /// The mask of the weight's elements and the values at its ones.
  package struct Decoded {
    package let mask: Tensor
    package let nonzero: Tensor

    package func dense() throws(EncodingError) -> Tensor {
      try SparseEncoding(nonzero: nonzero, mask: mask).decoded()
    }
  }

  package func decoded() throws(EncodingError) -> Decoded {
    switch self {
    case .plain(let mask, let nonzero):
      return Decoded(mask: mask, nonzero: nonzero)
    case .palette(let indices, let lut, let axis):
      let indices = try indices.decoded()
      let (mask, nonzero) = try SparsePaletteEncoding(
        mask: indices.mask, indices: indices.nonzero, lut: lut.decoded(), vectorAxis: axis
      ).decoded()
      return Decoded(mask: mask, nonzero: nonzero)
    case .blockwise(let codes, let scale, let offset):
      let codes = try codes.decoded()
      let nonzero = try SparseBlockwiseEncoding(
        mask: codes.mask, nonzero: codes.nonzero, scale: scale, offset: offset
      ).decoded()
      return Decoded(mask: codes.mask, nonzero: nonzero)
    }
  }

  package var shape: Shape {
    switch self {
    case .plain(let mask, _): mask.shape
    case .palette(let indices, let lut, let axis):
      PaletteEncoding.shape(of: indices.shape, vectorSize: lut.shape.last ?? 1, vectorAxis: axis)
    case .blockwise(let codes, _, _): codes.shape
    }
  }

  package var dtype: DType {
    switch self {
    case .plain(_, let nonzero): nonzero.dtype
    case .palette(_, let lut, _): lut.dtype
    case .blockwise(_, let scale, _): scale.dtype
    }
  }

  package var byteCount: Int {
    switch self {
    case .plain(let mask, let nonzero): mask.byteCount + nonzero.byteCount
    case .palette(let indices, let lut, _): indices.byteCount + lut.byteCount
    case .blockwise(let codes, let scale, let offset):
      codes.byteCount + scale.byteCount + (offset?.byteCount ?? 0)
    }
  }

  /// All stored tensors.
  package var tensors: [Tensor] {
    switch self {
    case .plain(let mask, let nonzero): [mask, nonzero]
    case .palette(let indices, let lut, _): indices.tensors + lut.tensors
    case .blockwise(let codes, let scale, let offset): codes.tensors + [scale] + (offset.map { [$0] } ?? [])
    }
  }

  var scheme: EncodingScheme {
    switch self {
    case .plain: []
    case .palette(_, let lut, _): lut.scheme.union(.palettized)
    case .blockwise(let codes, _, _): codes.scheme.union(.quantized)
    }
  }
}

/// The compression techniques of an encoding; its description is `dense`, `quantized`, `sparse+palettized`, ….
package struct EncodingScheme: OptionSet, Sendable, Hashable, CustomStringConvertible {
  package let rawValue: Int
  package init(rawValue: Int) { self.rawValue = rawValue }

  package static let sparse = EncodingScheme(rawValue: 1)
  package static let palettized = EncodingScheme(rawValue: 2)
  package static let quantized = EncodingScheme(rawValue: 4)

  package var description: String {
    let names: [(EncodingScheme, String)] = [
      (.sparse, "sparse"), (.palettized, "palettized"), (.quantized, "quantized"),
    ]
    let present = names.filter { contains($0.0) }.map(\.1)
    return present.isEmpty ? "dense" : present.joined(separator: "+")
  }
}
