// SPDX-License-Identifier: Apache-2.0
// Element types of the operators that move data, opset by opset.

import MIL
import Tensors

extension Domain {
  private init(_ first: [DType], iOS16: [DType] = [], iOS17: [DType] = []) {
    var dtypes: [DType: Opset] = [:]
    for dtype in first { dtypes[dtype] = .iOS15 }
    for dtype in iOS16 { dtypes[dtype] = .iOS16 }
    for dtype in iOS17 { dtypes[dtype] = .iOS17 }
    self.init(dtypes)
  }

  /// What is sliced, reshaped, transposed: floats, int32 and truth values, shorter integers from iOS17 on.
  static let moved = Domain([.float16, .float32, .int32, .bool], iOS17: [.int8, .uint8, .int16, .uint16])
  /// What `sliding_windows` takes: the same, truth values from iOS17 on only.
  static let windowed = Domain([.float16, .float32, .int32], iOS17: [.bool, .int8, .uint8, .int16, .uint16])
  /// What is gathered: numbers, shorter integers from iOS17 on; no truth values.
  static let gathered = Domain([.float16, .float32, .int32], iOS17: [.int8, .uint8, .int16, .uint16])
  /// Indices of the gathers: int32, 16-bit ones from iOS16, 8-bit ones from iOS17 on.
  static let gatherIndex = Domain([.int32], iOS16: [.int16, .uint16], iOS17: [.int8, .uint8])
  /// Shapes, begins, ends, lengths: int32, short signed ones from iOS17 on.
  static let extent = Domain([.int32], iOS17: [.int8, .int16])
  /// Whatever a value may be, strings included.
  static let everything = Domain(DType.allCases)
}
