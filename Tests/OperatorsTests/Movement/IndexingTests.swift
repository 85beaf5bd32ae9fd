// SPDX-License-Identifier: Apache-2.0
// Gathers and scatters: shapes, negative indices, indices out of range.

import MIL
import Operators
import Tensors
import Testing

@Suite("Indexing") struct IndexingTests {
  private let x = Tensor([Float]([1, 2, 3, 4, 5, 6]), shape: [2, 3])

  @Test func gather() throws {
    #expect(try output("gather", ["x": x, "indices": [1, 0, 1]]) == Tensor([Float]([4, 5, 6, 1, 2, 3, 4, 5, 6]), shape: [3, 3]))
    #expect(try output("gather", ["x": x, "indices": 2, "axis": -1]) == Tensor([Float]([3, 6])))
    #expect(try output("gather", ["x": Tensor([Float]([7, 8])), "indices": 1]) == Tensor(scalar: Float(8)))
    #expect(try output("gather", ["x": x, "indices": Tensor([Int32]([]))]).shape == [0, 3])
    let rows = Tensor([Int32]([2, 0, 1, 1]), shape: [2, 2])
    #expect(
      try output("gather", opset: .iOS16, ["x": x, "indices": rows, "axis": 1, "batch_dims": 1])
        == Tensor([Float]([3, 1, 5, 5]), shape: [2, 2]))
  }

  @Test func negativeIndicesCountFromTheEnd() throws {
    #expect(try output("gather", ["x": x, "indices": [-1, -3], "axis": 1]) == Tensor([Float]([3, 1, 6, 4]), shape: [2, 2]))
    #expect(
      try output("scatter", ["data": x, "indices": [-1], "updates": Tensor([Float]([9, 9, 9]), shape: [1, 3]), "mode": "update"]).floats()
        == [1, 2, 3, 9, 9, 9])
  }

  @Test func indicesOutOfRange() throws {
    // Without validation the nearest valid index is read, never memory out of bounds.
    #expect(
      try output("gather", opset: .iOS17, ["x": x, "indices": [5, -7], "axis": 1]) == Tensor([Float]([3, 1, 6, 4]), shape: [2, 2]))
    let sentence = "gather 'y': index 3 at position 1 of indices is out of range, expected 0 to 2"
    #expect(fault { try output("gather", opset: .iOS17, ["x": x, "indices": [0, 3], "axis": 1, "validate_indices": true]) } == sentence)
    #expect(
      fault { try output("gather", opset: .iOS17, ["x": x, "indices": [-1], "validate_indices": true]) }
        == "gather 'y': index -1 at position 0 of indices is out of range, expected 0 to 1")
    let columns = Tensor([Int32]([0, 0, 9]), shape: [1, 3])
    #expect(
      fault { try output("gather_along_axis", opset: .iOS17, ["x": x, "indices": columns, "validate_indices": true]) }
        == "gather_along_axis 'y': index 9 at position 2 of indices is out of range, expected 0 to 1")
    let pair = Tensor([Int32]([1, 4]), shape: [1, 2])
    #expect(
      fault { try output("gather_nd", opset: .iOS17, ["x": x, "indices": pair, "validate_indices": true]) }
        == "gather_nd 'y': index 4 at position 1 of indices is out of range, expected 0 to 2")
    #expect(
      fault {
        try output("scatter_nd", opset: .iOS17, ["data": x, "indices": pair, "updates": Tensor([Float]([1])), "validate_indices": true])
      } == "scatter_nd 'y': index 4 at position 1 of indices is out of range, expected 0 to 2")
    #expect(
      fault { try output("gather", ["x": Tensor(zeros: .float32, [0, 2]), "indices": [0]]) }
        == "gather 'y': the indexed axis of x has no elements")
  }

  /// Updates at invalid indices are ignored. Before iOS17 negative indices count from the end; since then they are
  /// invalid.
  @Test func updatesOutOfRange() throws {
    let rows = Tensor([Float]([10, 20, 30, 40, 50, 60]), shape: [2, 3])
    #expect(try output("scatter", ["data": x, "indices": [7, -1], "updates": rows]).floats() == [1, 2, 3, 44, 55, 66])
    #expect(try output("scatter", opset: .iOS17, ["data": x, "indices": [0, -1], "updates": rows]).floats() == [11, 22, 33, 4, 5, 6])
    #expect(
      try output(
        "scatter_along_axis", opset: .iOS17,
        ["data": x, "indices": Tensor([Int32]([1, 2, -1]), shape: [1, 3]), "updates": Tensor([Float]([10, 20, 30]), shape: [1, 3])]
      ).floats() == [1, 2, 3, 14, 5, 6])
    let pairs = Tensor([Int32]([0, 3, 1, -1]), shape: [2, 2])
    let updates = Tensor([Float]([10, 20]))
    #expect(try output("scatter_nd", ["data": x, "indices": pairs, "updates": updates]).floats() == [1, 2, 3, 4, 5, 26])
    #expect(try output("scatter_nd", opset: .iOS17, ["data": x, "indices": pairs, "updates": updates]) == x)
  }

  @Test func optionsOfLaterOpsets() {
    #expect(fault { try output("gather", ["x": x, "indices": Tensor([Int16]([0]))]) } == "gather 'y': indices must be int32, found int16")
    #expect(
      fault { try output("gather", opset: .iOS16, ["x": x, "indices": Tensor([Int8]([0]))]) }
        == "gather 'y': indices must be int16, int32, uint16, found int8")
    #expect(fault { try output("gather", opset: .iOS17, ["x": Tensor([true]), "indices": [0]]) }.hasPrefix("gather 'y': x must be"))
  }

  @Test func gatherTypes() throws {
    #expect(
      try inferred("gather", ["x": tensorType(.float32, 4, nil), "indices": tensorType(.int32, nil, 2)]) == ["tensor<fp32, [?, 2, ?]>"])
    #expect(
      try inferred("gather_nd", ["x": tensorType(.float32, 4, nil, 6), "indices": tensorType(.int32, nil, 2)]) == ["tensor<fp32, [?, 6]>"])
    #expect(
      fault { try inferred("gather_nd", ["x": x, "indices": tensorType(.int32, 5, 3)]) }
        == "gather_nd 'y': indices contains tuples of 3 indices, but x has 2 axes to index")
    #expect(
      fault { try inferred("gather_along_axis", ["x": x, "indices": tensorType(.int32, 3, 3), "axis": 1]) }
        == "gather_along_axis 'y': indices are tensor<int32, [3, 3]>, expected the extents of x, tensor<fp32, [2, 3]>, except along axis 1")
    #expect(
      fault { try inferred("gather", opset: .iOS16, ["x": x, "indices": tensorType(.int32, 3, 1), "axis": 1, "batch_dims": 1]) }
        == "gather 'y': x is tensor<fp32, [2, 3]> and indices are tensor<int32, [3, 1]>, which differ in batch axis 0")
    #expect(
      fault { try inferred("gather", opset: .iOS16, ["x": x, "indices": tensorType(.int32, 2), "axis": 0, "batch_dims": 1]) }
        == "gather 'y': batch_dims is 1, expected at most the axis 0 and the indices' rank 1")
  }

  @Test func tuples() throws {
    let places = Tensor([Int32]([1, 0]), shape: [2, 1])
    #expect(try output("gather_nd", ["x": x, "indices": places]).floats() == [4, 5, 6, 1, 2, 3])
    #expect(try output("gather_nd", opset: .iOS16, ["x": x, "indices": places, "batch_dims": 1]) == Tensor([Float]([2, 4])))
    #expect(try output("gather_nd", ["x": x, "indices": Tensor([Int32]([1, 2]))]) == Tensor(scalar: Float(6)))
  }

  @Test(arguments: [("update", 9), ("add", 13), ("sub", -5), ("mul", 36), ("div", 0), ("max", 9), ("min", 4)])
  func scatterModes(mode: String, expected: Int) throws {
    let data = Tensor([Int32]([4, 5, 6]))
    let result = try output("scatter", ["data": data, "indices": [0], "updates": [9], "mode": mode])
    #expect(result.integers() == [expected, 5, 6])
    let element = try output("scatter_along_axis", ["data": data, "indices": [0], "updates": [9], "mode": mode])
    #expect(element == result)
    #expect(
      try output("scatter_nd", ["data": data, "indices": Tensor([Int32]([0]), shape: [1, 1]), "updates": [9], "mode": mode]) == result)
  }

  @Test func scatter() throws {
    let updates = Tensor([Float]([5, 6, 7, 8, 9, 10]), shape: [2, 3])
    #expect(try output("scatter", ["data": x, "indices": [1, 0], "updates": updates]).floats() == [9, 11, 13, 9, 11, 13])
    #expect(
      try output("scatter", ["data": Tensor([Int32]([8])), "indices": [0], "updates": [0], "mode": "div"]).integers() == [8],
      "division by zero leaves an integer alone")
    #expect(try output("scatter", ["data": x, "indices": Tensor([Int32]([])), "updates": Tensor(zeros: .float32, [0, 3])]) == x)
    #expect(
      fault { try output("scatter", ["data": x, "indices": [0], "updates": updates]) }
        == "scatter 'y': updates are tensor<fp32, [2, 3]>, expected tensor<fp32, [1, 3]>")
    #expect(
      fault { try output("scatter", ["data": x, "indices": [0, 1], "updates": updates, "mode": "xor"]) }
        == "scatter 'y': mode is \"xor\", expected one of update, add, sub, mul, div, max, min")
  }

  @Test func scatterInPlace() throws {
    let call = try makeCall(
      "scatter", ["data": tensorType(.float32, 3), "indices": tensorType(.int32, 1), "updates": tensorType(.float32, 1)])
    let step = try Running(
      call, ["data": counting([3]), "indices": Tensor([Int32]([1])), "updates": Tensor([Float]([5]))], inPlace: "data")
    try step.run()
    try step.run()
    #expect(step.outputs[0].floats() == [0, 11, 2])
    #expect(try Catalog.find(call.operation).overwrites == "data")
  }
}
