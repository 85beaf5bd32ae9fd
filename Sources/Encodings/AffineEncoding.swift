// SPDX-License-Identifier: Apache-2.0
// Linear quantization in iOS16: `constexpr_affine_dequantize`.

import Tensors

/// 8-bit codes with one scale and zero point for the tensor, or one per index of an axis.
///
/// Value: `scale · (data − zeroPoint)`, computed in 32-bit floats and stored in the scale's type.
package struct AffineEncoding: Sendable, Equatable {
  /// int8 or uint8; has the weight's shape.
  package let data: Tensor
  /// int8, uint8 or fp32; a scalar or `[extent of axis]`.
  package let zeroPoint: Tensor
  /// fp16 or fp32; a scalar or `[extent of axis]`.
  package let scale: Tensor
  /// Counted from the front; never negative.
  package let axis: Int

  /// - Throws: `EncodingError` if types, ranks or sizes are inconsistent; `axis` may be negative.
  package init(data: Tensor, zeroPoint: Tensor, scale: Tensor, axis: Int) throws(EncodingError) {
    try EncodingError.check("quantized_data", data.dtype, in: [.int8, .uint8])
    try EncodingError.check("zero_point", zeroPoint.dtype, in: [.int8, .uint8, .float32])
    try EncodingError.check("scale", scale.dtype, in: [.float16, .float32])
    guard let axis = data.shape.normalizedAxis(axis) else {
      throw .axis(part: "axis", found: axis, rank: data.rank)
    }
    for (part, tensor) in [("scale", scale), ("zero_point", zeroPoint)] {
      guard tensor.rank <= 1 else {
        throw .rank(part: part, found: tensor.rank, expected: "0 or 1")
      }
      guard tensor.rank == 0 || tensor.count == data.shape[axis] else {
        throw .count(
          part: part, found: tensor.count, expected: data.shape[axis],
          because: "axis \(axis) of quantized_data has that extent")
      }
    }
    self.data = data
    self.zeroPoint = zeroPoint
    self.scale = scale
    self.axis = axis
  }

  package var byteCount: Int { data.byteCount + zeroPoint.byteCount + scale.byteCount }

  package func decoded() throws(EncodingError) -> Tensor {
    try blockwise().decoded(subtractingInFloat: true)
  }

  /// The same weight in iOS18's form: scale and offset have the data's rank.
  package func blockwise() throws(EncodingError) -> BlockwiseEncoding {
    let isVector = scale.rank == 1 || zeroPoint.rank == 1
    var shape = Shape(repeating: 1, count: data.rank)
    if isVector { shape[axis] = data.shape[axis] }
    let scale = spread(self.scale, to: shape)
    let offset = spread(zeroPoint, to: shape)
    return try BlockwiseEncoding(
      data: data, scale: scale, offset: offset, offsetTypes: [data.dtype, .int8, .uint8, .float32])
  }

  private func spread(_ tensor: Tensor, to shape: Shape) -> Tensor {
    if tensor.count == shape.elementCount { return tensor.reshaped(shape) }
    let count = shape.elementCount
    return tensor.withBytes { one in
      let all = (0..<count).flatMap { _ in one }
      return all.withUnsafeBytes { Tensor(dtype: tensor.dtype, shape: shape, bytes: $0) }
    }
  }
}
