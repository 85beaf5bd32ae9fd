// SPDX-License-Identifier: Apache-2.0
// Linear quantization in iOS16: `constexpr_affine_dequantize`.

import Encodings
import MIL
import Tensors

enum AffineFormat: StorageFormat {
  static let operatorTypes = ["constexpr_affine_dequantize"]

  static func read(_ type: String, _ parts: some StoredParts) throws(EncodingError) -> StoredForm {
    guard let axis = try parts.integer("axis") else { throw .missing(part: "axis") }
    return .weight(
      .affine(
        try AffineEncoding(
          data: parts.tensor("quantized_data"), zeroPoint: parts.tensor("zero_point"), scale: parts.tensor("scale"), axis: axis)))
  }

  static func operation(_ affine: AffineEncoding, _ result: NamedType) -> Operation {
    Operation(
      type: operatorTypes[0], outputs: [result],
      attributes: [
        Attribute("name", Constant(result.name)), Attribute("quantized_data", Constant(affine.data)),
        Attribute("zero_point", Constant(affine.zeroPoint)), Attribute("scale", Constant(affine.scale)),
        Attribute("axis", .int32(affine.axis)),
      ])
  }
}

extension AffineEncoding {
  /// The iOS16 form of a weight with one scale, or one scale per index of an axis. The zero point is always written,
  /// even if it is 0.
  init(_ data: Tensor, _ scale: Tensor, _ offset: Tensor?) throws(EncodingError) {
    let axes = scale.shape.indices.filter { scale.shape[$0] > 1 }
    let shape = axes.isEmpty ? [] : [scale.count]
    guard axes.count <= 1, axes.first.map({ scale.shape[$0] == data.shape[$0] }) ?? true else {
      throw .shape(part: "scale", found: scale.shape, expected: "one axis")
    }
    try self.init(
      data: data, zeroPoint: offset?.reshaped(shape) ?? Tensor(zeros: data.dtype, shape),
      scale: scale.reshaped(shape), axis: axes.first ?? 0)
  }
}
