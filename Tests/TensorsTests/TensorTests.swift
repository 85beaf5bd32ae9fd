// SPDX-License-Identifier: Apache-2.0
// Tensors as values: sharing, views, packed codes, casts.

import Tensors
import Testing

struct TensorTests {
  @Test func copiesShareUntilOneIsWritten() {
    let a = Tensor([Float(1), 2, 3])
    var b = a
    #expect(a.storage === b.storage)
    b.withMutableElements(of: Float.self) { $0[1] = 9 }
    #expect(a.floats() == [1, 2, 3])
    #expect(b.floats() == [1, 9, 3])
    let identity = ObjectIdentifier(b.storage)
    b.withMutableElements(of: Float.self) { $0[0] = 0 }
    #expect(ObjectIdentifier(b.storage) == identity, "the only owner writes in place")
  }

  @Test func borrowedBytesAreCopiedBeforeTheyAreWritten() {
    final class Owner: Sendable {}
    let source: [Float] = [1, 2, 3, 4]
    source.withUnsafeBytes { bytes in
      let storage = TensorStorage(borrowing: bytes, owner: Owner())
      var tensor = Tensor(dtype: .float32, shape: [2], storage: storage, byteOffset: 8)
      #expect(tensor.floats() == [3, 4])
      tensor.withMutableElements(of: Float.self) { $0[0] = 0 }
      #expect(tensor.floats() == [0, 4])
      #expect(storage.isOwned == false)
    }
    #expect(source == [1, 2, 3, 4])
  }

  @Test func borrowedBytesKeepTheirOwner() {
    final class Owner: Sendable {}
    weak var seen: Owner?
    do {
      let bytes: [UInt8] = [7]
      bytes.withUnsafeBytes { bytes in
        let owner = Owner()
        seen = owner
        let tensor = Tensor(
          dtype: .uint8, shape: [1], storage: TensorStorage(borrowing: bytes, owner: owner))
        #expect(seen != nil)
        #expect(tensor.integers() == [7])
      }
    }
    #expect(seen == nil)
  }

  @Test func rowsAreViewsWhereTheyCanBe() {
    let tensor = Tensor([Int32](0..<12), shape: [4, 3])
    let rows = tensor.rows(1..<3)
    #expect(rows.shape == [2, 3])
    #expect(rows.integers() == [3, 4, 5, 6, 7, 8])
    #expect(rows.storage === tensor.storage)
    // Rows of three 4-bit elements are not whole bytes.
    let packed = Tensor(codes: [1, 2, 3, 4, 5, 6], dtype: .uint4, shape: [2, 3])
    #expect(packed.rows(1..<2).codes() == [4, 5, 6])
    #expect(tensor.rows(2..<2).count == 0)
  }

  @Test func reshapedSharesBytes() {
    let tensor = Tensor([Int32](0..<6), shape: [2, 3])
    #expect(tensor.reshaped([3, 2]).storage === tensor.storage)
    #expect(tensor.reshaped([6]).integers() == [0, 1, 2, 3, 4, 5])
  }

  @Test func equalityIsOfBits() {
    #expect(Tensor([Float.nan]) == Tensor([Float.nan]))
    #expect(Tensor([Float(0)]) != Tensor([-Float(0)]))
    #expect(Tensor([Float(0)]) != Tensor([UInt32(0)]))
    #expect(Tensor([Float(0)]) != Tensor([Float(0)], shape: [1, 1]))
  }

  @Test func describesItself() {
    #expect("\(Tensor([Float(1), 2]))" == "float32[2]")
    #expect("\(Tensor(scalar: Int32(-4)))" == "int32[] -4")
    #expect("\(Tensor([Float(1.5)]))" == "float32[1] 1.5")
  }
}

struct CodesTests {
  /// The packings of coremltools' own documentation and tests.
  @Test(arguments: [
    (DType.uint2, [0, 3, 2, 1, 3], [108, 3]), (.int4, [250, 5, 1], [90, 1]),
    (.uint3, [1, 2, 3, 4, 5, 6, 7, 0], [209, 88, 31]),
    (.uint1, [1, 0, 1, 1, 0, 0, 0, 0, 1], [13, 1]),
    (.uint6, [63, 0, 63], [63, 240, 3]), (.uint8, [1, 2], [1, 2]),
  ])
  func packsLowBitsFirst(dtype: DType, codes: [Int], bytes: [Int]) {
    let tensor = Tensor(codes: codes.map { UInt8($0) }, dtype: dtype, shape: [codes.count])
    #expect(tensor.withBytes { $0.map { Int($0) } } == bytes)
    #expect(tensor.codes() == codes.map { UInt8($0) })
  }

  @Test(arguments: [DType.uint1, .uint2, .uint3, .uint4, .uint6, .int4, .int8, .uint8])
  func codesReadBack(dtype: DType) {
    var random = SplitMix64(seed: 5)
    for count in [0, 1, 2, 7, 8, 9, 63, 64, 65] {
      let range = dtype.integerRange ?? 0...0
      let values = (0..<count).map { _ in Int.random(in: range, using: &random) }
      let tensor = Tensor(integers: values, dtype: dtype, shape: [count])
      #expect(tensor.integers() == values)
      #expect(tensor.byteCount == (count * dtype.bits + 7) / 8)
    }
  }
}

struct CastTests {
  @Test func floatsAreRoundedToNearestEven() {
    // 2049 lies between the halves 2048 and 2050, 2051 between 2050 and 2052.
    let halves = Tensor([Float(2049), 2051, 65519, 65520, 1e-8]).cast(to: .float16)
    #expect(halves.doubles() == [2048, 2052, 65504, .infinity, 0])
    // bfloat16 keeps 8 bits: 257 lies between 256 and 258.
    #expect(Tensor([Float(257), 259]).cast(to: .bfloat16).doubles() == [256, 260])
  }

  @Test func integersWrapAndFloatsClamp() {
    #expect(Tensor([Int32(300), -1]).cast(to: .uint8).integers() == [44, 255])
    #expect(
      Tensor([Float(300), -1, .nan, 2.9, -.infinity]).cast(to: .uint8).integers() == [
        255, 0, 0, 2, 0,
      ])
    #expect(Tensor([Float(20), -20]).cast(to: .int4).integers() == [7, -8])
  }

  @Test func sixtyFourBitsStayExact() {
    let big = [Int64.max, .min, 1 << 53 + 1]
    #expect(Tensor(big).integers() == big.map { Int($0) })
    #expect(Tensor([UInt64.max]).integers() == [Int.max])
    #expect(Tensor(big).cast(to: .int64) == Tensor(big))
  }

  @Test func eightBitFloatsHaveTheirValues() {
    func values(_ dtype: DType, _ codes: [UInt8]) -> [Double] {
      codes.withUnsafeBytes { Tensor(dtype: dtype, shape: [codes.count], bytes: $0).doubles() }
    }
    // One, the largest, the smallest normal and subnormal.
    #expect(values(.float8E4M3FN, [0x38, 0x7E, 0x08, 0x01, 0x80]) == [1, 448, 0x1p-6, 0x1p-9, 0])
    #expect(values(.float8E4M3FN, [0x7F])[0].isNaN)
    #expect(
      values(.float8E5M2, [0x3C, 0x7B, 0x04, 0x01, 0xFC]) == [
        1, 57344, 0x1p-14, 0x1p-16, -.infinity,
      ])
    #expect(values(.float8E5M2, [0x7D])[0].isNaN)
  }

  @Test func truthIsNotZero() {
    #expect(Tensor([Float(0), -0.5, .nan]).cast(to: .bool).integers() == [0, 1, 1])
    #expect(Tensor([true, false]).cast(to: .float32).floats() == [1, 0])
  }

  @Test(arguments: [
    DType.int8, .uint8, .int16, .uint16, .int32, .uint32, .int64, .float32, .float64, .float16,
    .bfloat16,
  ])
  func smallIntegersGoThroughEveryType(dtype: DType) {
    let values = Array(0...100)
    let tensor = Tensor(integers: values, dtype: .int32, shape: [101]).cast(to: dtype)
    #expect(tensor.dtype == dtype)
    #expect(tensor.integers() == values)
    #expect(tensor.cast(to: .int32).integers() == values)
    #expect(tensor.floats() == values.map { Float($0) })
  }
}
