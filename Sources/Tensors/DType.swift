// SPDX-License-Identifier: Apache-2.0
// The dtypes of MIL in Core ML, with their sizes and names.

/// The element type of a tensor.
///
/// Raw values are internal to Wane; the codes of the file formats are in `ModelPackages`.
/// `string` occurs in types and immediate constants only; a `Tensor` never holds strings.
package enum DType: UInt8, Sendable, Hashable, CaseIterable {
  case bool
  case uint1, uint2, uint3, uint4, uint6
  case int4
  case uint8, uint16, uint32, uint64
  case int8, int16, int32, int64
  case float16, bfloat16, float32, float64
  case float8E4M3FN, float8E5M2
  case string

  /// Bits of one element as stored: sub-byte integers are packed, a `bool` takes a byte.
  package var bits: Int {
    switch self {
    case .uint1: 1
    case .uint2: 2
    case .uint3: 3
    case .uint4, .int4: 4
    case .uint6: 6
    case .bool, .uint8, .int8, .float8E4M3FN, .float8E5M2: 8
    case .uint16, .int16, .float16, .bfloat16: 16
    case .uint32, .int32, .float32: 32
    case .uint64, .int64, .float64: 64
    case .string: 0
    }
  }

  /// MIL's spelling of the type.
  package var name: String {
    switch self {
    case .float16: "fp16"
    case .bfloat16: "bf16"
    case .float32: "fp32"
    case .float64: "fp64"
    case .float8E4M3FN: "fp8e4m3fn"
    case .float8E5M2: "fp8e5m2"
    default: "\(self)"
    }
  }

  /// The type with that name, in MIL's spelling (`fp16`) or NumPy's (`float16`).
  package init?(name: String) {
    let found = DType.allCases.first { $0.name == name || "\($0)" == name }
    guard let found else { return nil }
    self = found
  }

  package var isFloat: Bool {
    switch self {
    case .float16, .bfloat16, .float32, .float64, .float8E4M3FN, .float8E5M2: true
    default: false
    }
  }

  package var isInteger: Bool { !isFloat && self != .bool && self != .string }

  /// Whether several elements share a byte.
  package var isSubByte: Bool { bits > 0 && bits < 8 }

  package var isSigned: Bool {
    switch self {
    case .int4, .int8, .int16, .int32, .int64: true
    default: isFloat
    }
  }

  /// Smallest and largest value of an integer type; `nil` for other types and for 64-bit unsigned.
  package var integerRange: ClosedRange<Int>? {
    guard isInteger, self != .uint64 else { return nil }
    if self == .int64 { return Int.min...Int.max }
    return isSigned ? -(1 << (bits - 1))...(1 << (bits - 1)) - 1 : 0...(1 << bits) - 1
  }

  /// Size of `count` packed elements in bytes.
  package func byteCount(_ count: Int) -> Int {
    bits >= 8 ? count * (bits / 8) : (count * bits + 7) / 8
  }
}

extension DType: CustomStringConvertible {
  package var description: String {
    switch self {
    case .float8E4M3FN: "float8e4m3fn"
    case .float8E5M2: "float8e5m2"
    case .bool: "bool"
    case .uint1: "uint1"
    case .uint2: "uint2"
    case .uint3: "uint3"
    case .uint4: "uint4"
    case .uint6: "uint6"
    case .int4: "int4"
    case .uint8: "uint8"
    case .uint16: "uint16"
    case .uint32: "uint32"
    case .uint64: "uint64"
    case .int8: "int8"
    case .int16: "int16"
    case .int32: "int32"
    case .int64: "int64"
    case .float16: "float16"
    case .bfloat16: "bfloat16"
    case .float32: "float32"
    case .float64: "float64"
    case .string: "string"
    }
  }
}
