// SPDX-License-Identifier: Apache-2.0
// Compressed weights: types from types, values from constants.

import MIL
import Operators
import Tensors
import Testing

@Suite("Compressed weights") struct ConstexprTests {
  @Test func affine() throws {
    let data = Tensor([Int8]([10, 20, -10, 0]), shape: [2, 2])
    let scale = Tensor([Float]([0.5, 2])), zero = Tensor([Int8]([0, 10]))
    #expect(
      try output("constexpr_affine_dequantize", opset: .iOS16, ["quantized_data": data, "scale": scale, "zero_point": zero, "axis": 0])
        .floats() == [5, 10, -40, -20])
    #expect(
      fault {
        try inferred(
          "constexpr_affine_dequantize", opset: .iOS16,
          ["quantized_data": data, "scale": Tensor([Float]([1, 2, 3])), "zero_point": zero, "axis": 0])
      } == "constexpr_affine_dequantize 'y': scale is tensor<fp32, [3]>, expected one value, or 2 for axis 0")
  }

  @Test func blockwise() throws {
    let data = Tensor(codes: [1, 0xFE, 3, 4], dtype: .int4, shape: [1, 4])
    let scale = Tensor([Float]([1, 10]), shape: [1, 2])
    #expect(try output("constexpr_blockwise_shift_scale", opset: .iOS18, ["data": data, "scale": scale]).floats() == [1, -2, 30, 40])
    let offset = Tensor(codes: [1, 2], dtype: .int4, shape: [1, 2])
    #expect(
      try output("constexpr_blockwise_shift_scale", opset: .iOS18, ["data": data, "scale": scale, "offset": offset]).floats() == [
        0, -3, 10, 20,
      ])
    #expect(
      try inferred(
        "constexpr_blockwise_shift_scale", opset: .iOS18, ["data": tensorType(.int4, 8, 64), "scale": tensorType(.float16, 8, 2)]) == [
          "tensor<fp16, [8, 64]>"
        ])
    #expect(
      fault {
        try inferred(
          "constexpr_blockwise_shift_scale", opset: .iOS18, ["data": tensorType(.int4, 8, 64), "scale": tensorType(.float16, 8, 3)])
      }
        == "constexpr_blockwise_shift_scale 'y': scale is tensor<fp16, [8, 3]>, expected a divisor of each extent of data, tensor<int4, [8, 64]>"
    )
    #expect(
      fault {
        try inferred(
          "constexpr_blockwise_shift_scale", opset: .iOS18,
          ["data": tensorType(.int4, 8), "scale": tensorType(.float16, 8), "offset": tensorType(.uint4, 8)])
      } == "constexpr_blockwise_shift_scale 'y': offset is uint4, expected a float type or that of the data, int4")
  }

  @Test func palettes() throws {
    let packed = try output(
      "constexpr_lut_to_dense", opset: .iOS16,
      [
        "indices": Tensor([UInt8]([108, 3])), "lut": Tensor([Float]([10, 11, 12, 13])), "shape": Tensor([UInt32]([5])),
      ])
    #expect(packed.floats() == [10, 13, 12, 11, 13])
    let indices = Tensor(codes: [0, 1, 1, 0], dtype: .uint1, shape: [2, 2])
    let vectors = Tensor([Float]([1, 2, 3, 4]), shape: [1, 1, 2, 2])
    #expect(
      try output("constexpr_lut_to_dense", opset: .iOS18, ["indices": indices, "lut": vectors, "vector_axis": 0])
        == Tensor([Float]([1, 3, 2, 4, 3, 1, 4, 2]), shape: [4, 2]))
    #expect(
      fault { try inferred("constexpr_lut_to_dense", opset: .iOS18, ["indices": indices, "lut": vectors]) }
        == "constexpr_lut_to_dense 'y': the entries of lut are vectors: vector_axis is missing")
    #expect(
      fault {
        try inferred("constexpr_lut_to_dense", opset: .iOS18, ["indices": tensorType(.uint2, 4), "lut": tensorType(.float16, 1, 2, 1)])
      } == "constexpr_lut_to_dense 'y': lut has 2 entries, expected 4 for uint2 indices")
    #expect(
      fault {
        try inferred(
          "constexpr_lut_to_dense", opset: .iOS16,
          ["indices": Tensor([UInt8]([1])), "lut": tensorType(.float16, 4), "shape": Tensor([UInt32]([5]))])
      } == "constexpr_lut_to_dense 'y': indices is tensor<uint8, [1]>, expected 2 bytes")
    #expect(
      fault {
        try inferred(
          "constexpr_lut_to_dense", opset: .iOS16,
          ["indices": Tensor([UInt8]([1])), "lut": tensorType(.float16, 4), "shape": Tensor([UInt32]([.max, .max]))])
      }.contains("at most 2^40 elements"))
  }

  @Test func sparse() throws {
    let values = Tensor([Float]([7, 8]))
    #expect(
      try output(
        "constexpr_sparse_to_dense", opset: .iOS16,
        ["nonzero_data": values, "mask": Tensor([UInt8]([0b10100])), "shape": Tensor([UInt32]([5]))]
      ).floats() == [0, 0, 7, 0, 8])
    let mask = Tensor(codes: [0, 1, 1, 0], dtype: .uint1, shape: [2, 2])
    #expect(
      try output("constexpr_sparse_to_dense", opset: .iOS18, ["nonzero_data": values, "mask": mask])
        == Tensor([Float]([0, 7, 8, 0]), shape: [2, 2]))
    #expect(
      fault { try output("constexpr_sparse_to_dense", opset: .iOS18, ["nonzero_data": Tensor([Float]([7])), "mask": mask]) }.hasPrefix(
        "constexpr_sparse_to_dense 'y': "))
  }

  @Test func jointForms() throws {
    let mask = Tensor(codes: [1, 0, 1, 1], dtype: .uint1, shape: [4])
    let looked = try outputs(
      "constexpr_lut_to_sparse", opset: .iOS18,
      [
        "indices_mask": mask, "indices_nonzero_data": Tensor(codes: [1, 0, 1], dtype: .uint1, shape: [3]),
        "lut": Tensor([Float]([5, 6]), shape: [1, 2, 1]),
      ])
    #expect(looked == [mask, Tensor([Float]([6, 5, 6]))])
    let scaled = try outputs(
      "constexpr_sparse_blockwise_shift_scale", opset: .iOS18,
      [
        "data_mask": mask, "nonzero_data": Tensor([Int8]([1, 2, 3])), "scale": Tensor([Float]([2, 10]), shape: [2]),
      ])
    #expect(scaled == [mask, Tensor([Float]([2, 20, 30]))])
    #expect(
      try inferred(
        "constexpr_lut_to_sparse", opset: .iOS18,
        [
          "indices_mask": tensorType(.uint1, 4, 4), "indices_nonzero_data": tensorType(.uint2, 7), "lut": tensorType(.float16, 1, 1, 4, 2),
          "vector_axis": 1,
        ]) == ["tensor<uint1, [4, 8]>", "tensor<fp16, [14]>"])
    #expect(
      try inferred(
        "constexpr_sparse_blockwise_shift_scale", opset: .iOS18,
        ["data_mask": tensorType(.uint1, 4, 4), "nonzero_data": tensorType(.int8, 7), "scale": tensorType(.float16, 4, 1)]) == [
          "tensor<uint1, [4, 4]>", "tensor<fp16, [7]>",
        ])
  }

  @Test func cast() throws {
    let half = Tensor([Float]([1.5, -2])).cast(to: .float16)
    #expect(try output("constexpr_cast", opset: .iOS16, ["source_val": half, "output_dtype": "fp32"]) == Tensor([Float]([1.5, -2])))
    #expect(
      fault { try inferred("constexpr_cast", opset: .iOS16, ["source_val": half, "output_dtype": "fp16"]) }
        == "constexpr_cast 'y': output_dtype is \"fp16\", expected \"fp32\"")
  }
}
