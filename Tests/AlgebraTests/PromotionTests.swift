// SPDX-License-Identifier: Apache-2.0

import Algebra
import Tensors
import Testing

@Suite struct PromotionTests {
  @Test func dtypesPromote() {
    #expect(DType.int8.promoted(with: .uint8) == .int16)
    #expect(DType.uint8.promoted(with: .int64) == .int64)
    #expect(DType.float16.promoted(with: .int64) == .float16)
    #expect(DType.float16.promoted(with: .bfloat16) == .float32)
    #expect(DType.bool.promoted(with: .uint4) == .uint4)
    for a in DType.allCases where a != .string {
      for b in DType.allCases where b != .string { #expect(a.promoted(with: b) == b.promoted(with: a), "\(a) \(b)") }
    }
  }

  @Test func scalarsChangeTheCategoryOnly() {
    let bytes = TensorOperand.tensor(Tensor([UInt8(1)]))
    #expect(Promotion.dtype(of: [bytes, .integer(1000)]) == .uint8)
    #expect(Promotion.dtype(of: [bytes, .number(0.5)]) == .float32)
    #expect(Promotion.dtype(of: [bytes, .tensor(Tensor(scalar: Int64(3)))]) == .uint8)
    #expect(Promotion.dtype(of: [.tensor(Tensor([Float(1)])), .tensor(Tensor(scalar: 2.0))]) == .float32)
    #expect(Promotion.dtype(of: [.tensor(Tensor([true])), .integer(1)]) == .int64)
    #expect(Promotion.dtype(of: [.tensor(Tensor(scalar: 2.0)), .number(1)]) == .float64)
  }
}
