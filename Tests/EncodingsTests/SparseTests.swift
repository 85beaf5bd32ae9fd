// SPDX-License-Identifier: Apache-2.0
// Decoding of sparse weights and their joint forms.

import Encodings
import Tensors
import TestSupport
import Testing

@Suite("Sparse") struct SparseTests {
  static func mask(_ rows: [[UInt8]]) -> Tensor {
    Tensor(codes: rows.flatMap { $0 }, dtype: .uint1, shape: [rows.count, rows[0].count])
  }

  @Test func valuesUnderTheirMask() throws {
    let weight = try SparseEncoding(
      nonzero: Tensor([Float]([3, 4])), packedMask: Tensor([UInt8]([0b01100])), shape: [5])
    #expect(weight.decoded().floats() == [0, 0, 3, 4, 0])
    #expect(weight.packedMask == Tensor([UInt8]([0b01100])))
  }

  @Test func negativeZeroIsDroppedAndNaNIsKept() {
    let weight = SparseEncoding(
      keepingNonzeroOf: Tensor([Float]([0, -0.0, 2, .nan, -1, 0, 0, 0, 7])))
    #expect(weight.mask.codes() == [0, 0, 1, 1, 1, 0, 0, 0, 1])
    #expect(weight.nonzero.count == 4)
    #expect(weight.byteCount == 16 + 2)
  }

  @Test(arguments: [DType.float16, .float32, .int8, .uint8, .int4, .uint4])
  func roundTrip(dtype: DType) throws {
    var random = SplitMix64(seed: 5)
    let values = (0..<77).map { _ in random.uniform() < 0.6 ? 0 : Int(random.next() % 8) }
    let dense =
      dtype.isFloat
      ? Tensor(values.map { Float($0) }, shape: [7, 11]).cast(to: dtype)
      : Tensor(integers: values, dtype: dtype, shape: [7, 11])
    #expect(SparseEncoding(keepingNonzeroOf: dense).decoded() == dense)
  }

  @Test func indicesUnderAMask() throws {
    let mask = Self.mask([[1, 1, 0, 0], [1, 1, 1, 0], [0, 0, 1, 1], [1, 1, 0, 0]])
    let weight = try SparsePaletteEncoding(
      mask: mask, indices: Tensor(codes: [0, 1, 1, 0, 1, 1, 0, 0, 1], dtype: .uint1, shape: [9]),
      lut: Tensor([Float]([2, 3]), shape: [1, 1, 2, 1]))
    let decoded = try weight.decoded()
    #expect(decoded.nonzero.floats() == [2, 3, 3, 2, 3, 3, 2, 2, 3])
    #expect(decoded.mask == mask)
  }

  @Test func vectorsUnderAMask() throws {
    // One index per pair of columns; the pair (1, 2) is entry 0, (3, 4) entry 1.
    let mask = Self.mask([[1, 0], [0, 1]])
    let weight = try SparsePaletteEncoding(
      mask: mask, indices: Tensor(codes: [1, 0], dtype: .uint1, shape: [2]),
      lut: Tensor([Float]([1, 2, 3, 4]), shape: [1, 1, 2, 2]),
      vectorAxis: 1)
    let decoded = try weight.decoded()
    #expect(decoded.mask == Self.mask([[1, 1, 0, 0], [0, 0, 1, 1]]))
    #expect(decoded.nonzero.floats() == [3, 4, 1, 2])
  }

  @Test func codesUnderAMask() throws {
    let mask = Self.mask([[1, 1, 0, 0], [1, 1, 1, 0], [0, 0, 1, 1], [1, 1, 0, 0]])
    let weight = try SparseBlockwiseEncoding(
      mask: mask, nonzero: Tensor([Int8]([10, 11, 3, 4, 5, 6, 7, 8, 9])),
      scale: Tensor([Float]([0.1, 0.2, 0.3, 0.4]), shape: [1, 4]),
      offset: Tensor([Int8]([1, 2, 3, 4]), shape: [1, 4]))
    let expected: [Float] = [0.9, 1.8, 0.2, 0.4, 0.6, 0.9, 1.2, 0.7, 1.4]
    for (a, b) in try pairs(try weight.decoded().floats(), expected) { #expect(abs(a - b) < 1e-6) }
  }

  @Test func refusals() {
    let mask = Self.mask([[1, 0], [1, 1]])
    #expect(
      throws: EncodingError.count(
        part: "nonzero_data", found: 2, expected: 3, because: "mask has that many ones")
    ) {
      try SparseEncoding(nonzero: Tensor([Float]([1, 2])), mask: mask)
    }
    #expect(throws: EncodingError.padding(part: "mask", unused: 3)) {
      try SparseEncoding(
        nonzero: Tensor([Float]([1])), packedMask: Tensor([UInt8]([0b0010_0001])), shape: [5])
    }
    #expect(
      throws: EncodingError.count(
        part: "mask", found: 2, expected: 1, because: "shape [5] takes that many bytes of bits")
    ) {
      try SparseEncoding(
        nonzero: Tensor([Float]([1])), packedMask: Tensor([UInt8]([1, 0])), shape: [5])
    }
    #expect(throws: EncodingError.dtype(part: "mask", found: .uint8, allowed: [.uint1])) {
      try SparseEncoding(nonzero: Tensor([Float]([1])), mask: Tensor([UInt8]([1, 0])))
    }
    #expect(
      throws: EncodingError.count(
        part: "indices_nonzero_data", found: 1, expected: 3,
        because: "indices_mask has that many ones")
    ) {
      try SparsePaletteEncoding(
        mask: mask, indices: Tensor(codes: [0], dtype: .uint1, shape: [1]),
        lut: Tensor(zeros: .float32, [1, 1, 2, 1]))
    }
    #expect(throws: EncodingError.blocks(part: "data", axis: 0, extent: 2, blocks: 3)) {
      try SparseBlockwiseEncoding(
        mask: mask, nonzero: Tensor([Int8]([1, 2, 3])), scale: Tensor(zeros: .float32, [3, 1]),
        offset: nil)
    }
  }
}
