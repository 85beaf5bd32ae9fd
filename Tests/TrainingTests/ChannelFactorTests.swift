// SPDX-License-Identifier: Apache-2.0
// Encoded weights times a factor for each output channel: the decoded values are those of the product.

import Encodings
import Tensors
import TestSupport
import Testing
import Training

struct ChannelFactorTests {
  private let shape = [4, 6, 3]
  private let factors: [Float] = [0.5, 2, 1.25, 3]

  private func codes(_ shape: Shape, _ dtype: DType = .int8) -> Tensor {
    Tensor(integers: (0..<shape.elementCount).map { $0 * 7 % 15 - (dtype.isSigned ? 7 : 0) }, dtype: dtype, shape: shape)
  }

  private func scale(_ counts: Shape, _ dtype: DType = .float32) -> Tensor { spread(counts, 0.1, 0.4, seed: 3).cast(to: dtype) }

  private func encodings() -> [EncodedWeight] {
    let table = random([1, 1, 1, 16, 1], seed: 5)
    let indices = Tensor(codes: (0..<72).map { UInt8($0 % 16) }, dtype: .uint4, shape: shape)
    let mask = Tensor(codes: (0..<72).map { UInt8($0 % 3 == 0 ? 0 : 1) }, dtype: .uint1, shape: shape)
    let offset = Tensor(integers: [3], dtype: .int8, shape: [1, 1, 1])
    return [
      .dense(random(shape, seed: 1)),
      .blockwise(data: .dense(codes(shape)), scale: scale([4, 1, 1]), offset: nil),
      .blockwise(data: .dense(codes(shape)), scale: scale([1, 1, 1]), offset: offset),
      .blockwise(data: .dense(codes(shape)), scale: scale([4, 2, 1]), offset: nil),
      .blockwise(data: .dense(codes(shape)), scale: scale([1, 3, 1]), offset: nil),
      .palette(
        indices: indices, lut: .blockwise(data: .dense(random([4, 1, 1, 16, 1], seed: 6)), scale: scale([4, 1, 1, 1, 1]), offset: nil),
        vectorAxis: nil),
      .sparse(.plain(mask: mask, nonzero: random([48], seed: 2))),
      .sparse(.blockwise(.plain(mask: mask, nonzero: codes([48])), scale: scale([4, 1, 1]), offset: nil)),
      .palette(indices: indices, lut: .dense(table), vectorAxis: nil),
      .sparse(
        .palette(
          .plain(mask: mask, nonzero: Tensor(codes: (0..<48).map { UInt8($0 % 16) }, dtype: .uint4, shape: [48])), lut: .dense(table),
          vectorAxis: nil)),
    ]
  }

  @Test(arguments: 0..<8) func scalesHoldTheFactors(_ number: Int) throws {
    let weight = encodings()[number]
    let product = try #require(weight.multiplied(by: factors, axis: 0))
    let expected = try weight.decoded().floats().enumerated().map { $1 * factors[$0 / 18] }
    for (a, b) in try pairs(product.decoded().floats(), expected) { #expect(abs(a - b) <= 1e-5 * max(abs(b), 1)) }
    #expect(product.scheme == weight.scheme && product.shape == weight.shape)
  }

  @Test(arguments: 8..<10) func tablesHaveNoPlaceForThem(_ number: Int) {
    #expect(encodings()[number].multiplied(by: factors, axis: 0) == nil)
  }

  /// Devices may expect positive scales; halves have few digits below 2⁻¹⁴, and none above 65,504.
  @Test func whatAScaleDoesNotHold() throws {
    let codes = codes(shape)
    let plain = EncodedWeight.blockwise(data: .dense(codes), scale: scale([4, 1, 1]), offset: nil)
    #expect(plain.multiplied(by: [1, -1, 1, 1], axis: 0) == nil)
    #expect(plain.multiplied(by: [1, 0, 1, 1], axis: 0) == nil)
    let half = EncodedWeight.blockwise(data: .dense(codes), scale: scale([4, 1, 1], .float16), offset: nil)
    #expect(half.multiplied(by: [1, 1e-5, 1, 1], axis: 0) == nil)
    #expect(half.multiplied(by: [1, 1e6, 1, 1], axis: 0) == nil)
    #expect(try #require(half.multiplied(by: factors, axis: 0)).dtype == .float16)
    // Values, unlike scales, may have any sign.
    let dense = EncodedWeight.dense(random(shape, seed: 1))
    #expect(try #require(dense.multiplied(by: [1, -1, 0, 1], axis: 0)).decoded().floats()[18] == -(dense.decoded().floats()[18]))
    #expect(EncodedWeight.dense(random(shape, seed: 1).cast(to: .float16)).multiplied(by: [1, 1, 1, 1e6], axis: 0) == nil)
  }

  /// `[C_in, C_out / groups, …]`: inputs 0 and 1 make the outputs 0 … 2, inputs 2 and 3 the outputs 3 … 5.
  @Test func transposedConvolutionsInGroups() throws {
    let weight = EncodedWeight.dense(Tensor([Float](repeating: 1, count: 24), shape: [4, 3, 2]))
    let product = try #require(weight.multiplied(by: [1, 2, 3, 4, 5, 6], axis: 1, groups: 2)).decoded().floats()
    let row: [Float] = [1, 1, 2, 2, 3, 3], second: [Float] = [4, 4, 5, 5, 6, 6]
    #expect(product == row + row + second + second)
    #expect(weight.multiplied(by: [1, 2, 3], axis: 1, groups: 2) == nil)
  }
}
