// SPDX-License-Identifier: Apache-2.0
// resample, affine, crop_resize.

import MIL
import Operators
import Tensors
import Testing

@Suite("Image sampling") struct ImageSamplingTests {
  /// 11 22
  /// 33 44
  private let square = Tensor([Float]([11, 22, 33, 44]), shape: [1, 1, 2, 2])
  /// 1 2 3 4 / 5 6 7 8 / 9 10 11 12 / 13 14 15 16
  private let grid = counting([1, 1, 4, 4], from: 1)

  private func resampled(
    _ points: [Float], _ sampling: String, _ padding: String, _ coordinates: String, aligned: Bool
  ) throws -> [Float] {
    try output(
      "resample",
      [
        "x": square, "coordinates": Tensor(points, shape: [1, 1, points.count / 2, 2]), "sampling_mode": sampling,
        "padding_mode": padding, "padding_value": Float(6), "coordinates_mode": coordinates, "align_corners": aligned,
      ]
    ).floats()
  }

  @Test func pixelsAreReadBetweenAndBeyond() throws {
    // (0.5, 0.5) is the mean of all; (-0.5, 0) half of 11 and half of the padding; (2, 0) wholly outside.
    #expect(
      try resampled([0.5, 0.5, -0.5, 0, 2, 0], "bilinear", "constant", "unnormalized", aligned: false) == [27.5, 8.5, 6])
    #expect(try resampled([-9, 0.5, 9, 9], "bilinear", "border", "unnormalized", aligned: false) == [22, 44])
    // x = 1.5 reflected at the center of pixel 1 is 0.5, at its outer edge 1.5: beyond the last center, so 1.
    #expect(try resampled([1.5, 0], "bilinear", "reflection", "unnormalized", aligned: false) == [16.5])
    #expect(try resampled([1.75, 0], "bilinear", "symmetric", "unnormalized", aligned: false) == [22])
    #expect(try resampled([0.4, 0.6, 7, 0], "nearest", "constant", "unnormalized", aligned: false) == [33, 6])
    #expect(try resampled([.nan, 0], "bilinear", "border", "unnormalized", aligned: false) == [11])
    #expect(try resampled([.infinity, 0, .nan, 0], "bilinear", "constant", "unnormalized", aligned: false) == [6, 6])
  }

  @Test func coordinatesAreNormalized() throws {
    // Aligned, -1 and 1 are the corner pixels; otherwise their outer edges, and 0.5 of the way in is a center.
    #expect(try resampled([-1, -1, 1, 1, 0, 0], "bilinear", "border", "normalized_minus_one_to_one", aligned: true) == [11, 44, 27.5])
    #expect(try resampled([0.5, -0.5], "bilinear", "constant", "normalized_minus_one_to_one", aligned: false) == [22])
    #expect(try resampled([1, 0, 0.5, 1], "bilinear", "border", "normalized_zero_to_one", aligned: true) == [22, 38.5])
    #expect(try resampled([0.75, 0.25], "bilinear", "constant", "normalized_zero_to_one", aligned: false) == [22])
  }

  @Test func integersAreCoordinates() throws {
    let points = Tensor(integers: [1, 0, 0, 1], dtype: .uint8, shape: [1, 1, 2, 2])
    #expect(
      try output(
        "resample", opset: .iOS17,
        [
          "x": square, "coordinates": points, "sampling_mode": "nearest", "padding_mode": "border", "padding_value": Float(0),
          "coordinates_mode": "unnormalized", "align_corners": true,
        ]
      ).floats() == [22, 33])
  }

  private func mapped(_ matrix: [Float], _ height: Int, _ width: Int, aligned: Bool) throws -> [Float] {
    try output(
      "affine",
      [
        "x": square, "transform_matrix": Tensor(matrix, shape: [1, 6]), "output_height": height, "output_width": width,
        "sampling_mode": "bilinear", "padding_mode": "constant", "padding_value": Float(0),
        "coordinates_mode": "normalized_minus_one_to_one", "align_corners": aligned,
      ]
    ).floats()
  }

  @Test func imagesAreMapped() throws {
    #expect(try mapped([1, 0, 0, 0, 1, 0], 2, 2, aligned: true) == [11, 22, 33, 44])
    #expect(try mapped([1, 0, 0, 0, 1, 0], 2, 2, aligned: false) == [11, 22, 33, 44])
    // x and y swapped; reflected horizontally; one column is the middle.
    #expect(try mapped([0, 1, 0, 1, 0, 0], 2, 2, aligned: true) == [11, 33, 22, 44])
    #expect(try mapped([-1, 0, 0, 0, 1, 0], 2, 2, aligned: true) == [22, 11, 44, 33])
    #expect(try mapped([1, 0, 0, 0, 1, 0], 2, 1, aligned: true) == [16.5, 38.5])
    #expect(
      fault {
        try inferred(
          "affine",
          [
            "x": square, "transform_matrix": counting([1, 6]), "output_height": 1, "output_width": 1, "sampling_mode": "nearest",
            "padding_mode": "constant", "padding_value": Float(0), "coordinates_mode": "normalized_minus_one_to_one",
            "align_corners": true,
          ])
      } == "affine 'y': sampling_mode must be bilinear, found nearest")
  }

  private func cropped(
    _ box: [Float], _ size: Int, _ mode: String, order: String = "CORNERS_HEIGHT_FIRST", normalized: Bool = false
  ) throws -> [Float] {
    try output(
      "crop_resize", opset: .iOS16,
      [
        "x": grid, "roi": Tensor(box, shape: [1, 1, box.count, 1, 1]), "target_height": size, "target_width": size,
        "sampling_mode": mode, "box_coordinate_mode": order, "normalized_coordinates": normalized, "pad_value": Float(-1),
      ]
    ).floats()
  }

  @Test func boxesAreCutOut() throws {
    #expect(try cropped([1, 1, 2, 2], 2, "ALIGN_CORNERS") == [6, 7, 10, 11])
    #expect(try cropped([2, 2, 1, 1], 2, "ALIGN_CORNERS") == [11, 10, 7, 6])
    // One point: the middle of the box, or its start.
    #expect(try cropped([1, 1, 2, 2], 1, "ALIGN_CORNERS") == [8.5])
    #expect(try cropped([1, 1, 2, 2], 1, "STRICT_ALIGN_CORNERS") == [6])
    // Points 0 and 2 of [0, 3]: four pixels in two steps of two; offset corners: 0.75 and 2.25.
    #expect(try cropped([0, 0, 3, 3], 2, "DEFAULT") == [1, 3, 9, 11])
    #expect(try cropped([0, 0, 3, 3], 2, "OFFSET_CORNERS") == [4.75, 6.25, 10.75, 12.25])
    #expect(try cropped([0, 0, 3, 3], 2, "UNALIGN_CORNERS") == [3.5, 5.5, 11.5, 13.5])
    // Image 0, the upper left third.
    #expect(try cropped([0, 0, 0, 1, 1], 2, "ALIGN_CORNERS", normalized: true) == [1, 4, 13, 16])
    #expect(try cropped([1, 2, 0, 0], 1, "ALIGN_CORNERS", order: "CENTER_SIZE_HEIGHT_FIRST") == [7])
    #expect(try cropped([1, 2, 0, 0], 1, "ALIGN_CORNERS", order: "CENTER_SIZE_WIDTH_FIRST") == [10])
    #expect(try cropped([2, 0, 3, 1], 2, "ALIGN_CORNERS", order: "CORNERS_WIDTH_FIRST") == [3, 4, 7, 8])
    // Beyond the last pixel there is only padding.
    #expect(try cropped([3, 3, 3.5, 3.5], 2, "ALIGN_CORNERS") == [16, -1, -1, -1])
  }

  @Test func boxesNameTheirImages() throws {
    let images = counting([2, 1, 1, 2])
    let boxes = Tensor([Float]([0, 0, 0, 1, 0, 1, 0, 1]), shape: [2, 4])
    #expect(
      try output(
        "crop_resize", opset: .iOS17,
        [
          "x": images, "boxes": boxes, "box_indices": [1, 0], "target_width": 2, "sampling_mode": "ALIGN_CORNERS",
        ]
      ).floats() == [2, 3, 1, 1])
    #expect(
      fault { try output("crop_resize", opset: .iOS17, ["x": images, "boxes": boxes, "box_indices": [2, 0]]) }
        == "crop_resize 'y': box 0 has image index 2.0, expected 0 to 1")
    #expect(
      fault { try inferred("crop_resize", opset: .iOS17, ["x": grid, "boxes": boxes]) }
        == "crop_resize 'y': there are 2 boxes for 1 images; box_indices must specify the image of each box")
    // With four numbers, each box applies to every image. With five, each box names its image.
    let roi = tensorType(.float32, 3, 1, 4, 1, 1)
    #expect(try inferred("crop_resize", ["x": images, "roi": roi]) == ["tensor<fp32, [3, 2, 1, 1, 1]>"])
    #expect(
      try inferred("crop_resize", ["x": images, "roi": tensorType(.float32, 3, 1, 5, 1, 1)]) == ["tensor<fp32, [3, 1, 1, 1, 1]>"])
  }

  /// 2 → 3: the original points 0, 2/3, 4/3; nearest 0, 1, 1, floor 0, 0, 1. 3 → 6: each one twice.
  @Test func nearestOrBelow() throws {
    let pair = counting([1, 1, 1, 2])
    func resized(_ x: Tensor, _ width: Int) throws -> [Float] {
      try output(
        "resize", opset: .iOS17,
        [
          "x": x, "shape": [width], "resized_dims": Tensor(integers: [1], dtype: .uint32, shape: []),
          "interpolation_mode": "NEAREST_NEIGHBOR",
        ]
      ).floats()
    }
    #expect(try resized(pair, 3) == [0, 1, 1])
    let integers = try output(
      "resize", opset: .iOS17,
      [
        "x": Tensor(integers: [-1, 7], dtype: .int32, shape: [1, 1, 1, 2]), "shape": [3],
        "resized_dims": Tensor(integers: [1], dtype: .uint32, shape: []), "interpolation_mode": "NEAREST_NEIGHBOR",
      ])
    #expect(integers.dtype == .int32 && integers.integers() == [-1, 7, 7])
    #expect(try resized(counting([1, 1, 1, 3]), 6) == [0, 0, 1, 1, 2, 2])
    #expect(
      try output("resize_nearest_neighbor", ["x": pair, "target_size_height": 1, "target_size_width": 3]).floats() == [0, 0, 1])
    // Three pixels times 1.12 are three.
    #expect(
      try output("upsample_nearest_neighbor", ["x": counting([1, 1, 1, 3]), "scale_factor_width": Float(1.12)]).floats() == [0, 1, 2])
  }
}
