// SPDX-License-Identifier: Apache-2.0
// slice_by_index, slice_by_size, slice_update, crop, band_part.

import MIL
import Operators
import Tensors
import Testing

@Suite("Slicing") struct SlicingTests {
  private let grid = counting([3, 4])

  @Test func byIndex() throws {
    #expect(try output("slice_by_index", ["x": grid, "begin": [1, 0], "end": [3, 2]]) == Tensor([Float]([4, 5, 8, 9]), shape: [2, 2]))
    #expect(
      try output("slice_by_index", ["x": grid, "begin": [-1, -1], "end": [-4, -9], "stride": [-2, -3]])
        == Tensor([Float]([11, 8, 3, 0]), shape: [2, 2]))
    #expect(
      try output("slice_by_index", ["x": grid, "begin": [0, 0], "end": [3, 0], "stride": [1, -1], "begin_mask": [false, true]]).floats()
        == [3, 2, 1, 7, 6, 5, 11, 10, 9])
    #expect(
      try output(
        "slice_by_index",
        [
          "x": grid, "begin": [2, 0], "end": [0, 0], "begin_mask": [false, true], "end_mask": [false, true], "squeeze_mask": [true, false],
        ]) == Tensor([Float]([8, 9, 10, 11])))
    #expect(
      try output("slice_by_index", ["x": grid, "begin": [-1, 1], "end": [0, 0], "squeeze_mask": [true, true]]) == Tensor(scalar: Float(9)))
    #expect(try output("slice_by_index", ["x": grid, "begin": [2, 0], "end": [1, 4]]).shape == [0, 4])
  }

  @Test func extentsOfSlices() throws {
    let x = tensorType(.float32, nil, 4)
    #expect(
      try inferred("slice_by_index", ["x": x, "begin": [0, 1], "end": [0, 3], "begin_mask": [true, false], "end_mask": [true, false]]) == [
        "tensor<fp32, [?, 2]>"
      ])
    #expect(
      try inferred("slice_by_index", ["x": x, "begin": [-1, 0], "end": [0, 4], "end_mask": [true, false]]) == ["tensor<fp32, [1, 4]>"])
    #expect(try inferred("slice_by_index", ["x": x, "begin": [0, 0], "end": [1, 4]]) == ["tensor<fp32, [1, 4]>"])
    #expect(
      try inferred("slice_by_index", ["x": tensorType(.float32, 3, 4), "begin": tensorType(.int32, 2), "end": [3, 3]]) == [
        "tensor<fp32, [?, ?]>"
      ])
    #expect(
      try inferred(
        "slice_by_index",
        [
          "x": tensorType(.float32, 3, 4), "begin": tensorType(.int32, 2), "end": [0, 0], "begin_mask": [false, true],
          "end_mask": [false, true], "squeeze_mask": [true, false],
        ]) == ["tensor<fp32, [4]>"])
  }

  /// An index of a squeezed axis, or a begin index, that is only known at run time.
  @Test func placesKnownWhenRunning() throws {
    let x = Tensor([Float]([0, 1, 2, 3, 4, 5]), shape: [3, 2])
    let begin = Tensor([Int32]([1, 0]))
    let call = try makeCall(
      "slice_by_index",
      [
        "x": tensorType(.float32, 3, 2), "begin": tensorType(.int32, 2), "end": tensorType(.int32, 2),
        "end_mask": [false, true], "begin_mask": [false, true], "squeeze_mask": [true, false],
      ])
    let result = try Running(call, ["x": x, "begin": begin, "end": Tensor([Int32]([0, 0]))])
    try result.run()
    #expect(result.outputs[0] == Tensor([Float]([2, 3])))
    result.set("begin", Tensor([Int32]([-1, 0])))
    try result.run()
    #expect(result.outputs[0] == Tensor([Float]([4, 5])))
    result.set("begin", Tensor([Int32]([3, 0])))
    #expect(fault { try result.run() } == "slice_by_index 'y': index 3 is outside axis 0, which has 3 elements")

    let bySize = try makeCall("slice_by_size", ["x": tensorType(.float32, 3, 2), "begin": tensorType(.int32, 2), "size": [2, 1]])
    let part = try Running(bySize, ["x": x, "begin": Tensor([Int32]([1, -1])), "size": Tensor([Int32]([2, 1]))])
    try part.run()
    #expect(part.outputs[0] == Tensor([Float]([3, 5]), shape: [2, 1]))
    part.set("begin", Tensor([Int32]([2, 0])))
    #expect(fault { try part.run() } == "slice_by_size 'y': begin 2 and size 2 exceed axis 0, which has 3 elements")
  }

  @Test func faults() {
    #expect(
      fault { try output("slice_by_index", ["x": grid, "begin": [0], "end": [1, 1]]) }
        == "slice_by_index 'y': begin has 1 elements, but x has rank 2")
    #expect(
      fault { try output("slice_by_index", ["x": grid, "begin": [0, 0], "end": [1, 1], "stride": [1, 0]]) }
        == "slice_by_index 'y': stride is [1, 0], expected nonzero steps")
    #expect(
      fault { try output("slice_by_index", ["x": grid, "begin": [3, 0], "end": [4, 1], "squeeze_mask": [true, false]]) }
        == "slice_by_index 'y': index 3 is outside axis 0, which has 3 elements")
    #expect(
      fault { try output("slice_by_size", ["x": grid, "begin": [0, 2], "size": [1, 3]]) }
        == "slice_by_size 'y': begin 2 and size 3 exceed axis 1, which has 4 elements")
    #expect(
      fault { try output("slice_by_size", ["x": grid, "begin": [0, 5], "size": [1, -1]]) }
        == "slice_by_size 'y': begin 5 and size -1 exceed axis 1, which has 4 elements")
  }

  @Test func bySize() throws {
    #expect(try output("slice_by_size", ["x": grid, "begin": [1, -2], "size": [2, 1]]) == Tensor([Float]([6, 10]), shape: [2, 1]))
    #expect(try output("slice_by_size", ["x": grid, "begin": [2, 1], "size": [-1, -1]]) == Tensor([Float]([9, 10, 11]), shape: [1, 3]))
    #expect(try output("slice_by_size", ["x": grid, "begin": [3, 0], "size": [0, 4]]).shape == [0, 4])
    #expect(
      try inferred("slice_by_size", ["x": tensorType(.float32, nil, 4), "begin": [0, 1], "size": [-1, -1]]) == ["tensor<fp32, [?, 3]>"])
  }

  @Test func update() throws {
    let update = Tensor([Float]([-1, -2]), shape: [1, 2])
    let whole = try output(
      "slice_update", opset: .iOS18, ["x": grid, "update": update, "begin": [1, 1], "end": [2, 4], "stride": [1, 2]])
    #expect(whole.floats() == [0, 1, 2, 3, 4, -1, 6, -2, 8, 9, 10, 11])
    #expect(
      fault { try output("slice_update", opset: .iOS18, ["x": grid, "update": update, "begin": [1, 1], "end": [2, 4]]) }
        == "slice_update 'y': update is tensor<fp32, [1, 2]>, expected tensor<fp32, [1, 3]>")
    #expect(
      fault {
        try output(
          "slice_update", opset: .iOS18, ["x": counting([2]), "update": Float(1), "begin": [0], "end": [1], "squeeze_mask": [true]])
      }
        == "slice_update 'y': update must not be a scalar")
  }

  @Test func updateInPlace() throws {
    let call = try makeCall(
      "slice_update", opset: .iOS18,
      [
        "x": tensorType(.float32, 4), "update": tensorType(.float32, 1), "begin": tensorType(.int32, 1), "end": tensorType(.int32, 1),
      ])
    let step = try Running(
      call, ["x": counting([4]), "update": Tensor([Float]([9])), "begin": Tensor([Int32]([2])), "end": Tensor([Int32]([3]))], inPlace: "x")
    try step.run()
    #expect(step.outputs[0].floats() == [0, 1, 9, 3])
    step.set("begin", Tensor([Int32]([0])))
    #expect(fault { try step.run() } == "slice_update 'y': selects 3 elements along axis 0, expected 1")
    step.set("end", Tensor([Int32]([1])))
    try step.run()
    #expect(step.outputs[0].floats() == [9, 1, 9, 3])
  }

  @Test func crop() throws {
    let cropped = try output("crop", ["x": counting([1, 3, 4]), "crop_height": [1, 0], "crop_width": [1, 2]])
    #expect(cropped == Tensor([Float]([5, 9]), shape: [1, 2, 1]))
    #expect(
      fault { try output("crop", ["x": grid, "crop_height": [0, 0], "crop_width": [0, 0]]) }
        == "crop 'y': x has rank 2, expected at least 3")
    #expect(
      fault { try output("crop", ["x": counting([1, 3, 4]), "crop_height": [2, 2], "crop_width": [0, 0]]) }
        == "crop 'y': crop_height [2, 2] removes more than the 3 elements of the axis")
  }

  @Test func bands() throws {
    let x = Tensor((1...9).map { Int32($0) }, shape: [3, 3])
    #expect(try output("band_part", ["x": x, "lower": 0]).integers() == [1, 2, 3, 0, 5, 6, 0, 0, 9])
    #expect(try output("band_part", ["x": x, "upper": 0]).integers() == [1, 0, 0, 4, 5, 0, 7, 8, 9])
    #expect(try output("band_part", ["x": x, "lower": 1, "upper": 0]).integers() == [1, 0, 0, 4, 5, 0, 0, 8, 9])
    #expect(try output("band_part", ["x": x]) == x)
  }
}
