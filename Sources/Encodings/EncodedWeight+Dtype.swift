// SPDX-License-Identifier: Apache-2.0
// The same encoding for a weight of another floating-point type.

import Tensors

extension EncodedWeight {
  /// The encoding with its floats (values, tables, scales) rounded to the element type of the weight.
  ///
  /// - Throws: the first number that the type cannot represent; `EncodingError.dtype` for a form that has one type only.
  package func converted(to target: DType) throws -> EncodedWeight {
    if dtype == target { return self }
    switch self {
    case .dense(let tensor): return .dense(try tensor.converted(to: target))
    case .blockwise(let data, let scale, let offset):
      return .blockwise(
        data: data.dtype.isInteger ? data : try data.converted(to: target), scale: try scale.converted(to: target),
        offset: try offset.map { $0.dtype.isInteger ? $0 : try $0.converted(to: target) })
    case .palette(let indices, let lut, let axis): return .palette(indices: indices, lut: try lut.converted(to: target), vectorAxis: axis)
    case .sparse(let values): return .sparse(try values.converted(to: target))
    case .affine, .cast: throw EncodingError.dtype(part: "the encoding", found: dtype, allowed: [target])
    }
  }
}

extension EncodedValues {
  fileprivate func converted(to target: DType) throws -> EncodedValues {
    switch self {
    case .plain(let mask, let nonzero): .plain(mask: mask, nonzero: try nonzero.converted(to: target))
    case .palette(let indices, let lut, let axis): .palette(indices, lut: try lut.converted(to: target), vectorAxis: axis)
    case .blockwise(let codes, let scale, let offset):
      .blockwise(
        codes.dtype.isInteger ? codes : try codes.converted(to: target), scale: try scale.converted(to: target),
        offset: try offset.map { $0.dtype.isInteger ? $0 : try $0.converted(to: target) })
    }
  }
}
