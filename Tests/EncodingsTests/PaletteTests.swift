// SPDX-License-Identifier: Apache-2.0
// Decoding of lookup tables.

import Encodings
import Tensors
import Testing

@Suite("Palette") struct PaletteTests {
  @Test func vectorsInTwoTables() throws {
    // Six rows of two indices; rows 0…2 use the first table, rows 3…5 the second.
    let indices = Tensor(
      codes: [2, 3, 3, 0, 1, 0, 3, 0, 2, 1, 0, 3], dtype: .uint2, shape: [6, 2])
    let lut = Tensor([Float]([1, 5, 9, 13, 2, 10, 18, 26]), shape: [2, 1, 4, 1])
    let weight = try PaletteEncoding(indices: indices, lut: lut)
    #expect(
      try weight.decoded()
        == Tensor([Float]([9, 13, 13, 1, 5, 1, 26, 2, 18, 10, 2, 26]), shape: [6, 2]))
    #expect(weight.byteCount == 3 + 32)
  }

  @Test(arguments: [0, 1, -1])
  func vectorsLieAlongTheirAxis(axis: Int) throws {
    let indices = Tensor(codes: [0, 1, 1, 0], dtype: .uint1, shape: [2, 2])
    let lut = Tensor([Float]([1, 2, 3, 4]), shape: [1, 1, 2, 2])
    let weight = try PaletteEncoding(indices: indices, lut: lut, vectorAxis: axis)
    let expected: [Float] = axis == 0 ? [1, 3, 2, 4, 3, 1, 4, 2] : [1, 2, 3, 4, 3, 4, 1, 2]
    #expect(try weight.decoded() == Tensor(expected, shape: axis == 0 ? [4, 2] : [2, 4]))
    #expect(weight.shape == (axis == 0 ? [4, 2] : [2, 4]))
  }

  @Test func iOS16PackedIndices() throws {
    // 1…7, 0 at three bits would be 209, 88, 31; at two bits 0, 3, 2, 1, 3 is 108, 3.
    let weight = try PaletteEncoding(
      packed: Tensor([UInt8]([108, 3])), lut: Tensor([Float]([10, 11, 12, 13])), shape: [5])
    #expect(try weight.decoded().floats() == [10, 13, 12, 11, 13])
    #expect(weight.packedIndices == Tensor([UInt8]([108, 3])))
    #expect(
      Tensor(codes: [1, 2, 3, 4, 5, 6, 7, 0], dtype: .uint3, shape: [8]).withBytes { Array($0) }
        == [209, 88, 31])
  }

  @Test(arguments: [1, 2, 3, 4, 6, 8], [1, 2, 7, 16, 33])
  func everyWidthAndCount(bits: Int, count: Int) throws {
    var random = SplitMix64(seed: UInt64(bits * 100 + count))
    let codes = (0..<count).map { _ in UInt8(random.next() & UInt64(1 << bits - 1)) }
    let table = (0..<1 << bits).map { Float($0) - 3.5 }
    let dtype = try #require(DType(indexBits: bits))
    for tableType in [DType.float32, .float16] {
      let lut = Tensor(table, shape: [1, table.count, 1]).cast(to: tableType)
      let weight = try PaletteEncoding(
        indices: Tensor(codes: codes, dtype: dtype, shape: [count]), lut: lut)
      #expect(try weight.decoded().floats() == codes.map { table[Int($0)] })
    }
  }

  @Test func refusals() {
    let indices = Tensor(zeros: .uint4, [64, 32])
    func make(_ lut: Shape, axis: Int? = nil) throws -> PaletteEncoding {
      try PaletteEncoding(indices: indices, lut: Tensor(zeros: .float32, lut), vectorAxis: axis)
    }
    #expect(throws: EncodingError.rank(part: "lut", found: 1, expected: "4, two more than indices")) { try make([16]) }
    #expect(
      throws: EncodingError.shape(
        part: "lut", found: [1, 1, 8, 1], expected: "16 entries, as indices is uint4")
    ) { try make([1, 1, 8, 1]) }
    #expect(throws: EncodingError.blocks(part: "indices", axis: 0, extent: 64, blocks: 3)) {
      try make([3, 1, 16, 1])
    }
    #expect(throws: EncodingError.vectorAxisMissing(vectorSize: 2)) { try make([1, 1, 16, 2]) }
    #expect(throws: EncodingError.axis(part: "vector_axis", found: 2, rank: 2)) {
      try make([1, 1, 16, 2], axis: 2)
    }
    #expect(
      throws: EncodingError.count(
        part: "indices", found: 3, expected: 2, because: "shape [5] at 2 bits takes that many bytes"
      )
    ) {
      try PaletteEncoding(
        packed: Tensor([UInt8]([1, 2, 3])), lut: Tensor([Float]([0, 1, 2, 3])), shape: [5])
    }
    #expect(
      throws: EncodingError.shape(part: "lut", found: [8], expected: "2, 4, 16, 64 or 256 entries")
    ) {
      try PaletteEncoding(
        packed: Tensor([UInt8]([1, 2])), lut: Tensor(zeros: .float32, [8]), shape: [5])
    }
    #expect(throws: EncodingError.extent(part: "shape", found: [Int.max, 8])) {
      try PaletteEncoding(
        packed: Tensor([UInt8]([1])), lut: Tensor(zeros: .float32, [2]), shape: [Int.max, 8])
    }
  }
}
