// SPDX-License-Identifier: Apache-2.0
// Zeros in a weight that may be compressed already: what stays keeps its codes.

import Encodings
import Tensors

extension EncodedWeight {
  /// The weight where a mask has ones, and zero elsewhere, in its stored form.
  ///
  /// - Throws: `EncodingError` if the shapes differ, or for tables of vectors, of which a mask cannot hide a part.
  package func masked(by mask: Tensor) throws(EncodingError) -> EncodedWeight {
    var mask = try mask.asMask()
    guard mask.shape == shape else { throw .shape(part: "mask", found: mask.shape, expected: "\(shape), as values") }
    if case .sparse(let own) = self {
      // What is not stored has no code that stands for zero.
      let stored = try own.decoded().mask.codes()
      mask = Tensor(codes: zip(mask.codes(), stored).map { $0 & $1 }, dtype: .uint1, shape: mask.shape)
    }
    guard let values = try current().values(under: mask) else { throw .unmaskable(form: "a \(scheme) weight with tables of vectors") }
    return .sparse(values)
  }

  /// The weight with zeros where the mask has them.
  ///
  /// Values are stored plainly where their form has no counterpart under a mask: tables of vectors.
  ///
  /// - Parameters:
  ///   - mask: ones only where the values are not zero.
  ///   - decoded: the weight's values.
  package func keeping(_ mask: Tensor, of decoded: Tensor) throws(EncodingError) -> EncodedWeight {
    .sparse(try current().values(under: mask) ?? .plain(mask: mask, nonzero: decoded.elements(under: mask)))
  }

  /// What is stored of the elements under a mask; `nil` where there is no such form.
  package func values(under mask: Tensor) -> EncodedValues? {
    switch self {
    case .dense(let tensor): .plain(mask: mask, nonzero: tensor.elements(under: mask))
    case .blockwise(let data, let scale, let offset):
      data.values(under: mask).map { .blockwise($0, scale: scale, offset: offset) }
    case .palette(let indices, let lut, _) where lut.shape.last == 1:
      .palette(.plain(mask: mask, nonzero: indices.elements(under: mask)), lut: lut, vectorAxis: nil)
    case .sparse(let values): values.narrowed(to: mask)
    case .palette, .affine, .widened: nil
    }
  }
}

extension EncodedValues {
  /// The same values, fewer of them.
  fileprivate func narrowed(to mask: Tensor) -> EncodedValues? {
    switch self {
    case .plain(let wider, let nonzero):
      .plain(mask: mask, nonzero: nonzero.scattered(under: wider).elements(under: mask))
    case .palette(let indices, let lut, _) where lut.shape.last == 1:
      indices.narrowed(to: mask).map { .palette($0, lut: lut, vectorAxis: nil) }
    case .palette: nil
    case .blockwise(let codes, let scale, let offset):
      codes.narrowed(to: mask).map { .blockwise($0, scale: scale, offset: offset) }
    }
  }
}
