// SPDX-License-Identifier: Apache-2.0
// Element types of the data movement operators, by opset.

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

  /// Types of slicing, reshaping and transposing: floats, int32 and bool, shorter integers from iOS17 on.
  static let moved = Domain([.float16, .float32, .int32, .bool], iOS17: [.int8, .uint8, .int16, .uint16])
  /// Types of `sliding_windows`: the same, but bool from iOS17 on only.
  static let windowed = Domain([.float16, .float32, .int32], iOS17: [.bool, .int8, .uint8, .int16, .uint16])
  /// Types that gathers move: numbers, shorter integers from iOS17 on; no bool.
  static let gathered = Domain([.float16, .float32, .int32], iOS17: [.int8, .uint8, .int16, .uint16])
  /// Index types of gathers: int32, 16-bit from iOS16 on, 8-bit from iOS17 on.
  static let gatherIndex = Domain([.int32], iOS16: [.int16, .uint16], iOS17: [.int8, .uint8])
  /// Types of shapes, begins, ends and lengths: int32, short signed integers from iOS17 on.
  static let extent = Domain([.int32], iOS17: [.int8, .int16])
  /// Every element type, strings included.
  static let everything = Domain(DType.allCases)
}
