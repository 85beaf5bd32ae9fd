// SPDX-License-Identifier: Apache-2.0
// Rearranging blocks of pixels to channels and batches, and back.

import MIL
import Operators
import Tensors
import Testing

@Suite("Rearranging") struct RearrangingTests {
  @Test func depthToSpaceAndBack() throws {
    // Two channels at four positions: the position is the major part of the channel index.
    let x = counting([1, 8, 1, 1])
    let pixels = try output("depth_to_space", ["x": x, "block_size": 2])
    #expect(pixels == Tensor([Float]([0, 2, 4, 6, 1, 3, 5, 7]), shape: [1, 2, 2, 2]))
    #expect(try output("space_to_depth", ["x": pixels, "block_size": 2]) == x)
  }

  @Test func pixelShuffleAndBack() throws {
    // The position is the minor part of the channel index.
    let x = counting([1, 8, 1, 1])
    let pixels = try output("pixel_shuffle", ["x": x, "upscale_factor": 2])
    #expect(pixels == Tensor([Float]([0, 1, 2, 3, 4, 5, 6, 7]), shape: [1, 2, 2, 2]))
    let factor = Tensor(scalar: UInt32(2))
    #expect(try output("pixel_unshuffle", opset: .iOS16, ["x": pixels, "downscale_factor": factor]) == x)
  }

  @Test func batches() throws {
    let x = Tensor((1...16).map { Float($0) }, shape: [2, 1, 2, 4])
    let paddings = Tensor([Int32]([0, 0, 2, 0]), shape: [2, 2])
    let batches = try output("space_to_batch", ["x": x, "block_shape": [2, 2], "paddings": paddings])
    #expect(batches.shape == [8, 1, 1, 3])
    #expect(batches.floats() == [0, 1, 3, 0, 9, 11, 0, 2, 4, 0, 10, 12, 0, 5, 7, 0, 13, 15, 0, 6, 8, 0, 14, 16])
    #expect(try output("batch_to_space", ["x": batches, "block_shape": [2, 2], "crops": paddings]) == x)
  }

  @Test func types() throws {
    #expect(try inferred("depth_to_space", ["x": tensorType(.float32, nil, 8, nil, 3), "block_size": 2]) == ["tensor<fp32, [?, 2, ?, 6]>"])
    #expect(try inferred("space_to_depth", ["x": tensorType(.float32, 1, 2, 4, nil), "block_size": 2]) == ["tensor<fp32, [1, 8, 2, ?]>"])
    #expect(
      fault { try output("depth_to_space", ["x": counting([1, 6, 1, 1]), "block_size": 2]) }
        == "depth_to_space 'y': x has 6 channels, expected a multiple of 4 because of block_size")
    #expect(
      fault { try output("space_to_depth", ["x": counting([1, 1, 3, 2]), "block_size": 2]) }
        == "space_to_depth 'y': x has 3 rows, expected a multiple of 2 because of block_size")
    #expect(
      fault { try output("pixel_shuffle", ["x": counting([8, 1, 1]), "upscale_factor": 2]) }
        == "pixel_shuffle 'y': x has rank 3, expected 4")
    #expect(
      fault { try output("pixel_shuffle", ["x": counting([1, 4, 1, 1]), "upscale_factor": 0]) }
        == "pixel_shuffle 'y': upscale_factor is 0, expected at least 1")
    let none = Tensor([Int32]([0, 0, 0, 0]), shape: [2, 2])
    #expect(
      fault { try output("batch_to_space", ["x": counting([3, 1, 1, 1]), "block_shape": [2, 2], "crops": none]) }
        == "batch_to_space 'y': x has 3 batches, expected a multiple of 4")
    #expect(
      fault { try output("space_to_batch", ["x": counting([1, 1, 3, 2]), "block_shape": [2, 2], "paddings": none]) }
        == "space_to_batch 'y': axis 2 has 3 elements with its paddings, expected a multiple of 2")
    #expect(
      fault {
        try output(
          "batch_to_space", ["x": counting([4, 1, 1, 1]), "block_shape": [2, 2], "crops": Tensor([Int32]([2, 1, 0, 0]), shape: [2, 2])])
      }.contains("at most 2^40 elements"))
    #expect(
      fault { try output("space_to_batch", ["x": counting([1, 1, 2, 2]), "block_shape": [2, 2], "paddings": [0, 0, 0, 0]]) }
        == "space_to_batch 'y': paddings is tensor<int32, [4]>, expected shape [2, 2]")
  }
}
