// SPDX-License-Identifier: Apache-2.0
// Constant values of a program: weights, options, names.

import Tensors

/// A value that is part of the program.
package struct Constant: Sendable, Equatable {
  package enum Payload: Sendable, Equatable {
    case tensor(Tensor)
    /// Strings, row-major in the type's shape.
    case strings([String])
    case list([Constant])
    case tuple([Constant])
    case dictionary([KeyedConstant])
  }

  /// The location of a tensor in a saved package.
  package enum Placement: Sendable, Hashable {
    /// In the program itself.
    case immediate
    /// In the named weight file (`@model_path/weights/weight.bin`); the offset is assigned again at each save.
    case file(String)
  }

  package var type: ValueType
  package var payload: Payload
  package var placement: Placement
  package var docString: String
  /// Unknown fields of the file format, preserved byte for byte.
  package var unknownFields: [UInt8]

  package init(
    type: ValueType, payload: Payload, placement: Placement = .immediate, docString: String = "",
    unknownFields: [UInt8] = []
  ) {
    self.type = type
    self.payload = payload
    self.placement = placement
    self.docString = docString
    self.unknownFields = unknownFields
  }

  /// The weight file that coremltools writes and Core ML expects.
  package static let weightFile = "@model_path/weights/weight.bin"

  /// A tensor, stored where coremltools stores it for a program of that opset.
  package init(_ tensor: Tensor, opset: Opset = .iOS15) {
    self.init(
      type: .tensor(TensorType(tensor.dtype, tensor.shape)), payload: .tensor(tensor),
      placement: Constant.placement(of: tensor.dtype, count: tensor.count, opset: opset))
  }

  /// The least number of elements of a constant in the weight file. Smaller constants are parameters of operators, not weights:
  /// they are neither compressed nor listed.
  package static let leastWeightCount = 10

  /// Where coremltools stores a constant: with `leastWeightCount` elements or more it goes to the weight file if it is fp16 or
  /// fp32, an integer of at most 8 bits or, from iOS18 on, an integer of 16 or 32 bits. (`bf16` and the
  /// 8-bit floats, which coremltools does not write, are treated like fp16.)
  package static func placement(of dtype: DType, count: Int, opset: Opset) -> Placement {
    let placeable: Bool =
      switch dtype {
      case .bool, .string, .int64, .uint64, .float64: false
      case .int16, .uint16, .int32, .uint32: opset >= .iOS18
      default: true
      }
    return placeable && count >= leastWeightCount ? .file(weightFile) : .immediate
  }

  package init(_ string: String) { self.init(type: .scalar(.string), payload: .strings([string])) }

  package static func int32(_ value: Int) -> Constant {
    Constant(Tensor(integers: [value], dtype: .int32, shape: []))
  }
  package static func int32s(_ values: [Int]) -> Constant {
    Constant(Tensor(integers: values, dtype: .int32, shape: [values.count]))
  }
  package static func bool(_ value: Bool) -> Constant { Constant(Tensor(scalar: value)) }

  /// The tensor, if the constant is one.
  package var tensor: Tensor? { if case .tensor(let t) = payload { t } else { nil } }

  /// The string, if the constant is exactly one.
  package var string: String? {
    if case .strings(let s) = payload, s.count == 1 { s[0] } else { nil }
  }
}

/// One entry of a dictionary constant.
package struct KeyedConstant: Sendable, Equatable {
  package var key: Constant
  package var value: Constant

  package init(key: Constant, value: Constant) {
    self.key = key
    self.value = value
  }
}
