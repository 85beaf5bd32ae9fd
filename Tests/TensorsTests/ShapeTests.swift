// SPDX-License-Identifier: Apache-2.0
// Shapes, element types and the random generator.

import Tensors
import Testing

struct ShapeTests {
  @Test func counts() {
    #expect(Shape().elementCount == 1)
    #expect([2, 0, 3].elementCount == 0)
    #expect([2, 3].checkedElementCount == 6)
    #expect([2, -3].checkedElementCount == nil)
    #expect([1 << 40, 1 << 40].checkedElementCount == nil)
  }

  @Test func strides() {
    #expect([2, 3, 4].rowMajorStrides == [12, 4, 1])
    #expect([2, 0, 4].rowMajorStrides == [4, 4, 1])
    #expect(Shape().rowMajorStrides == [])
  }

  @Test func axes() {
    #expect([5, 6].normalizedAxis(-1) == 1)
    #expect([5, 6].normalizedAxis(-2) == 0)
    #expect([5, 6].normalizedAxis(-3) == nil)
    #expect([5, 6].normalizedAxis(2) == nil)
  }

  @Test func broadcasts() {
    #expect([3, 1].broadcast(with: [2, 1, 4]) == [2, 3, 4])
    #expect(Shape().broadcast(with: [2]) == [2])
    #expect([3].broadcast(with: [2]) == nil)
    #expect([0].broadcast(with: [1]) == [0])
  }

  @Test func permutations() {
    #expect([5, 6, 7].permuted(by: [2, 0, 1]) == [7, 5, 6])
    #expect([2, 0, 1].inversePermutation == [1, 2, 0])
    let order = [3, 1, 0, 2]
    #expect(
      [9, 8, 7, 6].permuted(by: order).permuted(by: order.inversePermutation) == [9, 8, 7, 6])
  }
}

struct DTypeTests {
  @Test func namesReadBack() {
    for dtype in DType.allCases {
      #expect(DType(name: dtype.name) == dtype)
      #expect(DType(name: "\(dtype)") == dtype)
    }
    #expect(DType(name: "float") == nil)
    #expect(DType.float16.name == "fp16")
    #expect("\(DType.float8E4M3FN)" == "float8e4m3fn")
  }

  @Test func ranges() {
    #expect(DType.int4.integerRange == -8...7)
    #expect(DType.uint3.integerRange == 0...7)
    #expect(DType.int8.integerRange == -128...127)
    #expect(DType.int64.integerRange == Int.min...Int.max)
    #expect(DType.uint64.integerRange == nil)
    #expect(DType.bool.integerRange == nil)
    #expect(DType.float32.integerRange == nil)
  }

  @Test func sizes() {
    #expect(DType.uint3.byteCount(8) == 3)
    #expect(DType.uint3.byteCount(9) == 4)
    #expect(DType.uint1.byteCount(0) == 0)
    #expect(DType.float64.byteCount(3) == 24)
    #expect(DType.allCases.filter(\.isSubByte) == [.uint1, .uint2, .uint3, .uint4, .uint6, .int4])
  }
}

struct SplitMix64Tests {
  /// The first outputs for seed 1234567, from the reference implementation.
  @Test func isSplitMix64() {
    var random = SplitMix64(seed: 1_234_567)
    #expect(random.next() == 6_457_827_717_110_365_317)
    #expect(random.next() == 3_203_168_211_198_807_973)
    #expect(random.next() == 9_817_491_932_198_370_423)
  }

  @Test func distributions() {
    var random = SplitMix64(seed: 1)
    let uniform = (0..<10_000).map { _ in random.uniform() }
    #expect(uniform.allSatisfy { $0 >= 0 && $0 < 1 })
    #expect(abs(uniform.reduce(0, +) / 10_000 - 0.5) < 0.02)
    let normal = (0..<10_000).map { _ in random.normal() }
    #expect(abs(normal.reduce(0, +) / 10_000) < 0.05)
    #expect(abs(normal.map { $0 * $0 }.reduce(0, +) / 10_000 - 1) < 0.1)
  }
}
