// SPDX-License-Identifier: Apache-2.0
// reshape, reshape_like, expand_dims, squeeze, flatten2d, transpose.

import MIL
import Operators
import Tensors
import Testing

@Suite("Reshaping") struct ReshapingTests {
  @Test func reshape() throws {
    #expect(try output("reshape", ["x": counting([2, 6]), "shape": [3, 4]]) == counting([3, 4]))
    #expect(try output("reshape", ["x": counting([2, 6]), "shape": [3, -1]]).shape == [3, 4])
    #expect(try output("reshape", ["x": counting([2, 6]), "shape": [0, -1]]).shape == [2, 6])
    #expect(try output("reshape", ["x": Tensor(scalar: Float(5)), "shape": [1, 1]]).shape == [1, 1])
    #expect(try output("reshape", ["x": counting([1, 1]), "shape": Tensor([Int32]([]))]).shape == [])
  }

  @Test func emptyTensors() throws {
    // A zero copies the extent, so an empty tensor can keep its empty axis, or lose it with -1.
    let empty = Tensor(zeros: .float32, [0, 4])
    #expect(try output("reshape", ["x": empty, "shape": [0, 9]]).shape == [0, 9])
    #expect(try output("reshape", ["x": empty, "shape": [7, -1]]).shape == [7, 0])
    #expect(
      fault { try output("reshape", ["x": empty, "shape": [4, 0]]) }
        == "reshape 'y': x is tensor<fp32, [0, 4]> with 0 elements, which shape [4, 0] cannot hold")
  }

  @Test func zerosInherit() throws {
    // iOS17 aligns axes at the right and uses 1 for missing axes; earlier opsets require equal ranks.
    #expect(try output("reshape", opset: .iOS17, ["x": counting([2, 50]), "shape": [1, 0, -1, 0]]).shape == [1, 1, 2, 50])
    #expect(
      fault { try output("reshape", opset: .iOS16, ["x": counting([2, 50]), "shape": [1, 0, -1, 0]]) }
        == "reshape 'y': shape [1, 0, -1, 0] copies extents of x with 0, expected the same rank as x, tensor<fp32, [2, 50]>")
    #expect(try output("reshape", ["x": Tensor(zeros: .int32, [0, 3]), "shape": [0, -1]]).shape == [0, 0])
  }

  @Test func unknownExtents() throws {
    #expect(
      try inferred("reshape", opset: .iOS17, ["x": tensorType(.float32, nil, 6), "shape": [0, 2, -1]]) == ["tensor<fp32, [1, 2, ?]>"])
    #expect(try inferred("reshape", ["x": tensorType(.float32, nil, 6), "shape": [0, 6]]) == ["tensor<fp32, [?, 6]>"])
    #expect(try inferred("reshape", ["x": tensorType(.float32, 4), "shape": tensorType(.int32, 2)]) == ["tensor<fp32, [?, ?]>"])
  }

  @Test func reshapeFaults() {
    #expect(
      fault { try output("reshape", ["x": counting([2, 6]), "shape": [5, 2]]) }
        == "reshape 'y': x is tensor<fp32, [2, 6]> with 12 elements, which shape [5, 2] cannot hold")
    #expect(
      fault { try output("reshape", ["x": counting([2, 6]), "shape": [5, -1]]) }
        == "reshape 'y': x is tensor<fp32, [2, 6]> with 12 elements, which shape [5, -1] cannot hold")
    #expect(
      fault { try output("reshape", ["x": counting([2, 6]), "shape": [-1, -1]]) }
        == "reshape 'y': shape is [-1, -1], expected extents of at least 0 and at most one -1")
    #expect(
      fault { try output("reshape", ["x": Tensor([Int8]([1])), "shape": [1]]) }.hasPrefix(
        "reshape 'y': x must be bool, fp16, fp32, int32, found int8"))
  }

  @Test func reshapeLike() throws {
    let inputs: KeyValuePairs<String, any Bindable> = [
      "x": counting([180]), "ref_tensors": [counting([2, 3, 4]), counting([1, 5, 6])],
      "begins": [Tensor(scalar: Int32(0)), Tensor(scalar: Int32(1))], "ends": [Tensor(scalar: Int32(2)), Tensor(scalar: Int32(0))],
      "end_masks": [Tensor(scalar: false), Tensor(scalar: true)],
    ]
    #expect(try output("reshape_like", opset: .iOS16, inputs) == counting([2, 3, 5, 6]))
  }

  @Test func expandAndSqueeze() throws {
    let x = counting([2, 3])
    #expect(try output("expand_dims", ["x": x, "axes": [0]]).shape == [1, 2, 3])
    #expect(try output("expand_dims", ["x": x, "axes": [-2, -1]]).shape == [2, 3, 1, 1])
    #expect(try output("expand_dims", ["x": x, "axes": [0, 2, -1]]).shape == [1, 2, 1, 3, 1])
    #expect(fault { try output("expand_dims", ["x": x, "axes": [4]]) } == "expand_dims 'y': axes is 4, expected -3 to 2")
    #expect(fault { try output("expand_dims", ["x": x, "axes": [1, 1]]) } == "expand_dims 'y': axes names an axis twice: [1, 1]")
    let y = counting([1, 2, 1, 3])
    #expect(try output("squeeze", ["x": y]).shape == [2, 3])
    #expect(try output("squeeze", ["x": y, "axes": [-2]]).shape == [1, 2, 3])
    #expect(try output("squeeze", ["x": y, "axes": [0, 1]]).shape == [2, 1, 3], "an axis of another extent stays")
    #expect(try output("squeeze", ["x": counting([1])]).shape == [])
    #expect(fault { try output("squeeze", ["x": y, "axes": [4]]) } == "squeeze 'y': axes is 4, expected -4 to 3")
    #expect(try inferred("squeeze", ["x": tensorType(.float32, nil, 1, 3)]) == ["tensor<fp32, [?, 3]>"])
  }

  @Test func flatten() throws {
    #expect(try output("flatten2d", ["x": counting([2, 3, 4])]) == counting([2, 12]))
    #expect(try output("flatten2d", ["x": counting([2, 3, 4]), "axis": -1]).shape == [6, 4])
    #expect(try output("flatten2d", ["x": counting([2, 3, 4]), "axis": 0]).shape == [1, 24])
    #expect(try inferred("flatten2d", ["x": tensorType(.float32, nil, 3, 4)]) == ["tensor<fp32, [?, 12]>"])
    #expect(fault { try output("flatten2d", ["x": counting([2]), "axis": 3]) } == "flatten2d 'y': axis is 3, expected -1 to 1")
  }

  @Test func transpose() throws {
    #expect(try output("transpose", ["x": counting([2, 3]), "perm": [1, 0]]) == Tensor([Float]([0, 3, 1, 4, 2, 5]), shape: [3, 2]))
    #expect(try output("transpose", ["x": counting([2, 3]), "perm": [-1, 0]]).shape == [3, 2])
    #expect(
      fault { try output("transpose", ["x": counting([2, 3]), "perm": [0, 0]]) }
        == "transpose 'y': perm is [0, 0], expected each of the 2 axes once")
    #expect(
      fault { try inferred("transpose", ["x": counting([2, 3]), "perm": tensorType(.int32, 2)]) }
        == "transpose 'y': perm must be a constant, but it depends on the program's inputs")
  }
}
