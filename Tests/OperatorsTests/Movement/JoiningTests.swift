// SPDX-License-Identifier: Apache-2.0
// concat, stack, split, tile.

import MIL
import Operators
import Tensors
import Testing

@Suite("Joining") struct JoiningTests {
  private let a = Tensor([Float]([1, 2, 3, 4, 5, 6]), shape: [3, 2])
  private let b = Tensor([Float]([7, 8, 9, 10, 11, 12]), shape: [3, 2])

  @Test func concat() throws {
    #expect(try output("concat", ["values": [a, b], "axis": 0]).floats() == [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12])
    #expect(
      try output("concat", ["values": [a, b], "axis": -1]) == Tensor([Float]([1, 2, 7, 8, 3, 4, 9, 10, 5, 6, 11, 12]), shape: [3, 4]))
    let turns = try output("concat", ["values": [a, b], "axis": 0, "interleave": true])
    #expect(turns == Tensor([Float]([1, 2, 7, 8, 3, 4, 9, 10, 5, 6, 11, 12]), shape: [6, 2]))
    let scalars = [Tensor(scalar: Int32(4)), Tensor(scalar: Int32(5))]
    #expect(try output("concat", ["values": scalars, "axis": 0]) == Tensor([Int32]([4, 5])))
    #expect(
      try output("concat", opset: .iOS17, ["values": [Tensor([UInt8]([1])), Tensor([UInt8]([2, 3]))], "axis": 0])
        == Tensor([UInt8]([1, 2, 3])))
  }

  @Test func concatTypes() throws {
    #expect(
      try inferred("concat", ["values": [tensorType(.float32, nil, 2), tensorType(.float32, 3, nil)], "axis": 1]) == [
        "tensor<fp32, [3, ?]>"
      ])
    #expect(
      fault { try output("concat", ["values": [a, counting([2, 2])], "axis": 1]) }
        == "concat 'y': values are tensor<fp32, [3, 2]> and tensor<fp32, [2, 2]>, which differ along axis 0")
    #expect(
      fault { try output("concat", ["values": [a, counting([2])], "axis": 0]) }
        == "concat 'y': values have ranks 2 and 1, expected the same rank")
    #expect(
      fault { try output("concat", ["values": [a, counting([1, 2])], "axis": 0, "interleave": true]) }.contains("which differ along axis 0")
    )
    #expect(
      fault { try output("concat", ["values": [a, Tensor([Int32]([1]))], "axis": 0]) }
        == "concat 'y': values is fp32 but values is int32; they must agree")
    #expect(fault { try output("concat", ["values": [Tensor](), "axis": 0]) } == "concat 'y': the input values is missing")
  }

  @Test func stack() throws {
    #expect(try output("stack", ["values": [a, b], "axis": 0]).shape == [2, 3, 2])
    #expect(
      try output("stack", ["values": [a, b], "axis": -1]) == Tensor([Float]([1, 7, 2, 8, 3, 9, 4, 10, 5, 11, 6, 12]), shape: [3, 2, 2]))
    #expect(try output("stack", ["values": [Tensor(scalar: Float(1)), Tensor(scalar: Float(2))], "axis": 0]) == Tensor([Float]([1, 2])))
    #expect(
      fault { try output("stack", ["values": [a, counting([2, 3])], "axis": 0]) }
        == "stack 'y': values are tensor<fp32, [3, 2]> and tensor<fp32, [2, 3]>, expected the same shape")
    #expect(fault { try output("stack", ["values": [a], "axis": 3]) } == "stack 'y': axis is 3, expected -3 to 2")
  }

  @Test func split() throws {
    let x = counting([2, 4])
    #expect(
      try outputs("split", ["x": x, "num_splits": 2, "axis": 1]) == [
        Tensor([Float]([0, 1, 4, 5]), shape: [2, 2]), Tensor([Float]([2, 3, 6, 7]), shape: [2, 2]),
      ])
    let parts = try outputs("split", ["x": x, "split_sizes": [3, 0, 1], "axis": -1])
    #expect(parts.map(\.shape) == [[2, 3], [2, 0], [2, 1]])
    #expect(parts[2].floats() == [3, 7])
    #expect(
      try inferred("split", ["x": tensorType(.float32, nil, 4), "num_splits": 2, "axis": 0]) == [
        "tensor<fp32, [?, 4]>", "tensor<fp32, [?, 4]>",
      ])
    #expect(
      try inferred("split", ["x": tensorType(.float32, 6), "split_sizes": tensorType(.int32, 2), "axis": 0]) == [
        "tensor<fp32, [?]>", "tensor<fp32, [?]>",
      ])
    #expect(
      fault { try outputs("split", ["x": x, "num_splits": 3, "axis": 1]) }
        == "split 'y': the axis has 4 elements, expected a multiple of num_splits, 3")
    #expect(
      fault { try outputs("split", ["x": x, "split_sizes": [1, 1], "axis": 1]) }
        == "split 'y': split_sizes are [1, 1], which do not add up to 4")
    #expect(
      fault { try outputs("split", ["x": x, "num_splits": 3, "split_sizes": [1, 3], "axis": 1]) }
        == "split 'y': num_splits is 3, but there are 2 split_sizes")
    #expect(fault { try outputs("split", ["x": x, "axis": 1]) } == "split 'y': needs num_splits or split_sizes")
  }

  @Test func tile() throws {
    #expect(
      try output("tile", ["x": Tensor([Float]([1, 2]), shape: [2, 1]), "reps": [2, 3]]).floats() == [1, 1, 1, 2, 2, 2, 1, 1, 1, 2, 2, 2])
    #expect(try inferred("tile", ["x": tensorType(.float32, nil, 2), "reps": [2, 3]]) == ["tensor<fp32, [?, 6]>"])
    #expect(try inferred("tile", ["x": tensorType(.float32, 1, 2), "reps": tensorType(.int32, 2)]) == ["tensor<fp32, [?, ?]>"])
    #expect(fault { try output("tile", ["x": a, "reps": [2]]) } == "tile 'y': reps has 1 elements, but x has rank 2")
    #expect(try output("tile", ["x": a, "reps": [2, 0]]) == Tensor(zeros: .float32, [6, 0]))
    #expect(fault { try output("tile", ["x": a, "reps": [2, -1]]) } == "tile 'y': reps are [2, -1], expected at least 0")
    #expect(fault { try output("tile", ["x": a, "reps": [1 << 30, 1 << 30]]) }.contains("at most 2^40 elements"))
  }
}
