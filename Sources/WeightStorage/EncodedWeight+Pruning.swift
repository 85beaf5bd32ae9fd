// SPDX-License-Identifier: Apache-2.0
// Pruning of a weight that may already be compressed: the remaining elements keep their codes.

import Encodings
import Tensors

extension EncodedWeight {
  /// The weight with the elements outside the mask set to zero, in its stored form.
  ///
  /// - Throws: `EncodingError` if the shapes differ, or for tables of vectors, which have no sparse counterpart.
  package func masked(by mask: Tensor) throws(EncodingError) -> EncodedWeight {
    var mask = try mask.asMask()
    guard mask.shape == shape else { throw .shape(part: "mask", found: mask.shape, expected: "\(shape), as values") }
    if case .sparse(let own) = self {
      // Elements that are not stored have no code, so they stay outside the mask.
      let stored = try own.decoded().mask.codes()
      mask = Tensor(codes: zip(mask.codes(), stored).map { $0 & $1 }, dtype: .uint1, shape: mask.shape)
    }
    guard let values = try current().values(under: mask) else { throw .unmaskable(form: "a \(scheme) weight with tables of vectors") }
    return .sparse(values)
  }

  /// The weight with the elements outside the mask set to zero.
  ///
  /// The values are stored without compression if their format has no sparse counterpart, such as tables of vectors.
  ///
  /// - Parameters:
  ///   - mask: 1 for elements to keep, which must not be zero.
  ///   - decoded: the decoded values of the weight.
  package func keeping(_ mask: Tensor, of decoded: Tensor) throws(EncodingError) -> EncodedWeight {
    .sparse(try current().values(under: mask) ?? .plain(mask: mask, nonzero: decoded.elements(under: mask)))
  }

  /// The stored values of the elements that a mask keeps; `nil` if the format has no sparse counterpart.
  package func values(under mask: Tensor) -> EncodedValues? {
    switch self {
    case .dense(let tensor): .plain(mask: mask, nonzero: tensor.elements(under: mask))
    case .blockwise(let data, let scale, let offset):
      data.values(under: mask).map { .blockwise($0, scale: scale, offset: offset) }
    case .palette(let indices, let lut, _) where lut.shape.last == 1:
      .palette(.plain(mask: mask, nonzero: indices.elements(under: mask)), lut: lut, vectorAxis: nil)
    case .sparse(let values): values.narrowed(to: mask)
    case .palette, .affine, .cast: nil
    }
  }
}

extension EncodedValues {
  /// The values that a narrower mask keeps; `nil` if the format has no sparse counterpart.
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
