// SPDX-License-Identifier: Apache-2.0
// Chains of storage formats.

import Encodings
import Tensors
import Testing

@Suite("EncodedWeight") struct EncodedWeightTests {
  let mask = Tensor(codes: [1, 0, 1, 1, 0, 1], dtype: .uint1, shape: [2, 3])
  let lut = Tensor([Float]([-1, 0.5, 2, 8]), shape: [1, 1, 4, 1])

  @Test func aQuantizedTable() throws {
    let table = EncodedWeight.blockwise(
      data: .dense(Tensor([Int8]([-4, 2, 8, 32]), shape: [1, 1, 4, 1])),
      scale: Tensor([Float(0.25)], shape: [1, 1, 1, 1]), offset: nil)
    #expect(try table.decoded() == lut)
    let indices = Tensor(codes: [3, 2, 1, 0, 0, 3], dtype: .uint2, shape: [2, 3])
    let weight = EncodedWeight.palette(indices: indices, lut: table, vectorAxis: nil)
    #expect(try weight.decoded() == Tensor([Float]([8, 2, 0.5, -1, -1, 8]), shape: [2, 3]))
    #expect(weight.scheme.description == "palettized+quantized")
    #expect(weight.byteCount == 2 + 4 + 4)
    #expect(weight.dtype == .float32 && weight.shape == [2, 3])
  }

  @Test func sparseAndPalettized() throws {
    let indices = EncodedValues.plain(
      mask: mask, nonzero: Tensor(codes: [3, 2, 1, 0], dtype: .uint2, shape: [4]))
    let weight = EncodedWeight.sparse(.palette(indices, lut: .dense(lut), vectorAxis: nil))
    #expect(try weight.decoded() == Tensor([Float]([8, 0, 2, 0.5, 0, -1]), shape: [2, 3]))
    #expect(weight.scheme.description == "sparse+palettized")
    #expect(weight.byteCount == 1 + 1 + 16)
    #expect(abs(weight.bitsPerWeight - 24) < 1e-12)
  }

  @Test func sparseAndQuantized() throws {
    let codes = EncodedValues.plain(mask: mask, nonzero: Tensor([Int8]([3, 2, 1, -4])))
    let weight = EncodedWeight.sparse(
      .blockwise(codes, scale: Tensor([Float]([1, 0.5]), shape: [2, 1]), offset: nil))
    #expect(try weight.decoded() == Tensor([Float]([3, 0, 2, 0.5, 0, -2]), shape: [2, 3]))
    #expect(weight.scheme.description == "sparse+quantized")
  }

  @Test func aScaledPaletteIsNotQuantized() throws {
    let indices = Tensor(codes: [3, 2, 1, 0, 0, 3], dtype: .uint2, shape: [2, 3])
    let weight = EncodedWeight.blockwise(
      data: .palette(indices: indices, lut: .dense(lut), vectorAxis: nil),
      scale: Tensor([Float]([1, 10]), shape: [2, 1]), offset: nil)
    #expect(try weight.decoded() == Tensor([Float]([8, 2, 0.5, -10, -10, 80]), shape: [2, 3]))
    #expect(weight.scheme.description == "palettized")
  }

  @Test func schemes() {
    #expect(EncodedWeight.dense(lut).scheme.description == "dense")
    #expect(
      EncodedWeight.sparse(.plain(mask: mask, nonzero: Tensor([Float]([1, 2, 3, 4])))).scheme
        .description == "sparse")
    #expect(EncodedWeight.cast(Tensor(zeros: .float16, [3])).dtype == .float32)
  }
}
