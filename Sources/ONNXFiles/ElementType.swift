// SPDX-License-Identifier: Apache-2.0
// The element types of ONNX tensors.

import Tensors

/// An element type, with its number in ONNX files.
package enum ElementType: Int, Sendable, CaseIterable {
  case undefined = 0
  case float, uint8, int8, uint16, int16, int32, int64, string, bool, float16, double, uint32, uint64, complex64, complex128, bfloat16
  case float8e4m3fn, float8e4m3fnuz, float8e5m2, float8e5m2fnuz
  case uint4, int4, float4e2m1, float8e8m0, uint2, int2, float6e2m3, float6e3m2

  /// The dtype with the same values; `nil` if there is none.
  package var dtype: DType? {
    switch self {
    case .float: .float32
    case .double: .float64
    case .float16: .float16
    case .bfloat16: .bfloat16
    case .uint8: .uint8
    case .int8: .int8
    case .uint16: .uint16
    case .int16: .int16
    case .int32: .int32
    case .int64: .int64
    case .uint32: .uint32
    case .uint64: .uint64
    case .bool: .bool
    case .uint4: .uint4
    case .int4: .int4
    case .uint2: .uint2
    case .float8e4m3fn: .float8E4M3FN
    case .float8e5m2: .float8E5M2
    default: nil
    }
  }

  /// Bits of one element in `raw_data`; 0 for strings, which have none.
  package var bits: Int {
    switch self {
    case .undefined, .string: 0
    case .complex64: 64
    case .complex128: 128
    case .uint2, .int2: 2
    case .uint4, .int4, .float4e2m1: 4
    case .float6e2m3, .float6e3m2: 6
    case .float8e4m3fnuz, .float8e5m2fnuz, .float8e8m0: 8
    default: dtype?.bits ?? 0
    }
  }

  package var isFloat: Bool {
    switch self {
    case .float, .double, .float16, .bfloat16, .float8e4m3fn, .float8e4m3fnuz, .float8e5m2, .float8e5m2fnuz, .float4e2m1, .float8e8m0,
      .float6e2m3, .float6e3m2:
      true
    default: false
    }
  }

  package var isInteger: Bool {
    switch self {
    case .uint8, .int8, .uint16, .int16, .int32, .int64, .uint32, .uint64, .uint4, .int4, .uint2, .int2: true
    default: false
    }
  }

  package var isSigned: Bool {
    switch self {
    case .int8, .int16, .int32, .int64, .int4, .int2: true
    default: isFloat
    }
  }

  package static func count(_ bits: Int, _ elements: Int) -> Int? {
    let (total, overflow) = elements.multipliedReportingOverflow(by: bits)
    return overflow || total > Int.max - 7 ? nil : (total + 7) / 8
  }
}

extension ElementType: CustomStringConvertible {
  package var description: String {
    switch self {
    case .undefined: "undefined"
    case .float: "float"
    case .uint8: "uint8"
    case .int8: "int8"
    case .uint16: "uint16"
    case .int16: "int16"
    case .int32: "int32"
    case .int64: "int64"
    case .string: "string"
    case .bool: "bool"
    case .float16: "float16"
    case .double: "double"
    case .uint32: "uint32"
    case .uint64: "uint64"
    case .complex64: "complex64"
    case .complex128: "complex128"
    case .bfloat16: "bfloat16"
    case .float8e4m3fn: "float8e4m3fn"
    case .float8e4m3fnuz: "float8e4m3fnuz"
    case .float8e5m2: "float8e5m2"
    case .float8e5m2fnuz: "float8e5m2fnuz"
    case .uint4: "uint4"
    case .int4: "int4"
    case .float4e2m1: "float4e2m1"
    case .float8e8m0: "float8e8m0"
    case .uint2: "uint2"
    case .int2: "int2"
    case .float6e2m3: "float6e2m3"
    case .float6e3m2: "float6e3m2"
    }
  }
}
