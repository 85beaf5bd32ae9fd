// SPDX-License-Identifier: Apache-2.0
// Values known when the program is written: weights, options, names.

import Tensors

/// A value that is part of the program.
package struct Constant: Sendable, Equatable {
  package indirect enum Payload: Sendable, Equatable {
    case tensor(Tensor)
    /// Strings, row-major under the type's shape.
    case strings([String])
    case list([Constant])
    case tuple([Constant])
    case dictionary([KeyedConstant])
  }

  /// Where a tensor lies in a saved package.
  package enum Placement: Sendable, Hashable {
    /// Inside the program text.
    case immediate
    /// In the named weight file (`@model_path/weights/weight.bin`); the offset is found anew at each save.
    case file(String)
  }

  package var type: ValueType
  package var payload: Payload
  package var placement: Placement
  package var docString: String
  /// Fields of the file format that Wane does not know, byte for byte.
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

  /// A tensor, placed as coremltools places it: numeric arrays of ten elements or more in the weight file.
  package init(_ tensor: Tensor) {
    let placeable: Bool =
      switch tensor.dtype {
      case .bool, .string, .int64, .uint64, .float64: false
      case .int32, .uint32: false
      default: true
      }
    self.init(
      type: .tensor(TensorType(tensor.dtype, tensor.shape)), payload: .tensor(tensor),
      placement: placeable && tensor.rank > 0 && tensor.count >= 10 ? .file(Constant.weightFile) : .immediate)
  }

  package init(_ string: String) { self.init(type: .scalar(.string), payload: .strings([string])) }

  package static func int32(_ value: Int) -> Constant { Constant(Tensor(integers: [value], dtype: .int32, shape: [])) }
  package static func int32s(_ values: [Int]) -> Constant {
    Constant(Tensor(integers: values, dtype: .int32, shape: [values.count]))
  }
  package static func bool(_ value: Bool) -> Constant { Constant(Tensor(scalar: value)) }

  /// The tensor, when this is one.
  package var tensor: Tensor? { if case .tensor(let t) = payload { t } else { nil } }

  /// The string, when this is exactly one.
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
