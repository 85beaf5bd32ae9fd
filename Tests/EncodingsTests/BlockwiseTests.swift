// SPDX-License-Identifier: Apache-2.0
// Decoding of linear quantization.

import Encodings
import Tensors
import Testing

@Suite("Blockwise and affine") struct BlockwiseTests {
  @Test func oneScalePerRow() throws {
    let data = Tensor([Int8]([1, -2, 3, -127, 0, 127]), shape: [2, 3])
    let weight = try BlockwiseEncoding(
      data: data, scale: Tensor([Float]([0.5, 0.25]), shape: [2, 1]), offset: nil)
    #expect(
      try weight.decoded() == Tensor([Float]([0.5, -1, 1.5, -31.75, 0, 31.75]), shape: [2, 3]))
    #expect(weight.byteCount == 6 + 8)
  }

  @Test func fourBitsInBlocksOfTwoWithOffsets() throws {
    let data = Tensor(codes: [15, 0, 7, 8, 1, 2, 3, 4], dtype: .uint4, shape: [2, 4])
    let scale = Tensor([Float]([1, 2, 0.5, 0.25]), shape: [2, 2])
    let offset = Tensor(codes: [8, 7, 0, 4], dtype: .uint4, shape: [2, 2])
    let weight = try BlockwiseEncoding(data: data, scale: scale, offset: offset)
    // (15−8)·1 (0−8)·1 (7−7)·2 (8−7)·2 | (1−0)/2 (2−0)/2 (3−4)/4 (4−4)/4
    #expect(try weight.decoded().floats() == [7, -8, 0, 2, 0.5, 1, -0.25, 0])
    #expect(weight.byteCount == 4 + 16 + 2)
  }

  @Test func scalesAlongTheLastAxis() throws {
    let data = Tensor([Int8]([1, 2, 3, 4, 5, 6]), shape: [2, 3])
    let weight = try BlockwiseEncoding(
      data: data, scale: Tensor([Float]([1, 10, 100]), shape: [1, 3]), offset: nil)
    #expect(try weight.decoded().floats() == [1, 20, 300, 4, 50, 600])
  }

  @Test func signedFourBitCodes() throws {
    let data = Tensor(codes: [5, 1, 3, 6, 0xFA], dtype: .int4, shape: [5])
    // The low half of a byte is the earlier element; −6 is 1010.
    #expect(data.withBytes { Array($0) } == [0x15, 0x63, 0x0A])
    let weight = try BlockwiseEncoding(
      data: data, scale: Tensor([Float](repeating: 2, count: 1), shape: [1]), offset: nil)
    #expect(try weight.decoded().floats() == [10, 2, 6, 12, -12])
  }

  @Test func aHalfScaleGivesHalves() throws {
    // 0.1 as half is 0.0999755859375; 127 times it is 12.696899…, between the halves 12.6953125 and 12.703125.
    let scale = Tensor([Float(0.1)], shape: [1]).cast(to: .float16)
    let weight = try BlockwiseEncoding(
      data: Tensor([Int8(127)], shape: [1]), scale: scale, offset: nil)
    let value = try weight.decoded()
    #expect(value.dtype == .float16)
    #expect(value.doubles() == [12.6953125])
  }

  @Test func aHalfOffsetRoundsTheDifferenceFirst() throws {
    // 100 − 0.03 = 99.97 rounds to the half 100 (halves near 100 are 1/16 apart), then times 2.
    let half = Tensor([Float(2)], shape: [1]).cast(to: .float16)
    let offset = Tensor([Float(0.03)], shape: [1]).cast(to: .float16)
    let weight = try BlockwiseEncoding(
      data: Tensor([Int8(100)], shape: [1]), scale: half, offset: offset)
    #expect(try weight.decoded().doubles() == [200])
  }

  @Test func affineWithVectorScaleAndScalarZeroPoint() throws {
    let weight = try AffineEncoding(
      data: Tensor([UInt8]([128, 130, 126, 128, 255, 0]), shape: [3, 2]),
      zeroPoint: Tensor(scalar: UInt8(128)),
      scale: Tensor([Float]([1, 10]), shape: [2]), axis: -1)
    #expect(weight.axis == 1)
    #expect(try weight.decoded() == Tensor([Float]([0, 20, -2, 0, 127, -1280]), shape: [3, 2]))
  }

  @Test func affineWithAFloatZeroPoint() throws {
    let weight = try AffineEncoding(
      data: Tensor([Int8]([1, 2]), shape: [2]), zeroPoint: Tensor(scalar: Float(0.5)),
      scale: Tensor(scalar: Float(4)), axis: 0)
    #expect(try weight.decoded().floats() == [2, 6])
  }

  @Test func refusals() {
    let data = Tensor(zeros: .int8, [4, 6])
    let scale = Tensor(zeros: .float32, [4, 1])
    #expect(
      throws: EncodingError.dtype(part: "data", found: .int32, allowed: BlockwiseEncoding.dataTypes)
    ) {
      try BlockwiseEncoding(data: Tensor(zeros: .int32, [4, 6]), scale: scale, offset: nil)
    }
    #expect(throws: EncodingError.rank(part: "scale", found: 1, expected: "2, as data")) {
      try BlockwiseEncoding(data: data, scale: Tensor(zeros: .float32, [4]), offset: nil)
    }
    #expect(throws: EncodingError.blocks(part: "data", axis: 1, extent: 6, blocks: 4)) {
      try BlockwiseEncoding(data: data, scale: Tensor(zeros: .float32, [4, 4]), offset: nil)
    }
    #expect(
      throws: EncodingError.shape(part: "offset", found: [1, 1], expected: "[4, 1], as scale")
    ) {
      try BlockwiseEncoding(data: data, scale: scale, offset: Tensor(zeros: .int8, [1, 1]))
    }
    #expect(
      throws: EncodingError.dtype(
        part: "offset", found: .uint8, allowed: [.int8, .float16, .float32])
    ) {
      try BlockwiseEncoding(data: data, scale: scale, offset: Tensor(zeros: .uint8, [4, 1]))
    }
    #expect(throws: EncodingError.axis(part: "axis", found: 2, rank: 2)) {
      try AffineEncoding(
        data: data, zeroPoint: Tensor(scalar: Int8(0)), scale: Tensor(scalar: Float(1)), axis: 2)
    }
    #expect(
      throws: EncodingError.count(
        part: "scale", found: 4, expected: 6, because: "axis 1 of quantized_data has that extent")
    ) {
      try AffineEncoding(
        data: data, zeroPoint: Tensor(scalar: Int8(0)), scale: Tensor(zeros: .float32, [4]), axis: 1
      )
    }
  }
}
