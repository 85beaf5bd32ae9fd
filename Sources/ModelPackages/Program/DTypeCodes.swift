// SPDX-License-Identifier: Apache-2.0
// Codes of element types in files. (Source: the enums of MIL.proto, FeatureTypes.proto and the blob storage.)

import Tensors

extension DType {
  /// `DataType` of MIL.proto.
  var milCode: Int {
    switch self {
    case .bool: 1
    case .string: 2
    case .float16: 10
    case .float32: 11
    case .float64: 12
    case .bfloat16: 13
    case .int8: 21
    case .int16: 22
    case .int32: 23
    case .int64: 24
    case .int4: 25
    case .uint8: 31
    case .uint16: 32
    case .uint32: 33
    case .uint64: 34
    case .uint4: 35
    case .uint2: 36
    case .uint1: 37
    case .uint6: 38
    case .uint3: 39
    case .float8E4M3FN: 40
    case .float8E5M2: 41
    }
  }

  /// The type code of a blob in a weight file; `nil` for types that are only stored in the program itself.
  var blobCode: UInt32? {
    switch self {
    case .float16: 1
    case .float32: 2
    case .uint8: 3
    case .int8: 4
    case .bfloat16: 5
    case .int16: 6
    case .uint16: 7
    case .int4: 8
    case .uint1: 9
    case .uint2: 10
    case .uint4: 11
    case .uint3: 12
    case .uint6: 13
    case .int32: 14
    case .uint32: 15
    case .float8E4M3FN: 16
    case .float8E5M2: 17
    case .bool, .string, .int64, .uint64, .float64: nil
    }
  }

  init?(milCode: Int) {
    guard let found = DType.byMILCode[milCode] else { return nil }
    self = found
  }

  init?(blobCode: UInt32) {
    guard let found = DType.allCases.first(where: { $0.blobCode == blobCode }) else { return nil }
    self = found
  }

  private static let byMILCode = Dictionary(uniqueKeysWithValues: allCases.map { ($0.milCode, $0) })
}
