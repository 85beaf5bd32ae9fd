// SPDX-License-Identifier: Apache-2.0
// pad in its three modes.

import MIL
import Operators
import Tensors
import Testing

@Suite("Padding") struct PaddingTests {
  private let x = Tensor([Float]([1, 2, 3, 4, 5, 6]), shape: [2, 3])

  @Test func constant() throws {
    #expect(
      try output("pad", ["x": x, "pad": [1, 0, 0, 2]]) == Tensor([Float]([0, 0, 0, 0, 0, 1, 2, 3, 0, 0, 4, 5, 6, 0, 0]), shape: [3, 5]))
    #expect(try output("pad", ["x": x, "pad": [1, 1], "constant_val": Float(9)]).floats() == [9, 1, 2, 3, 9, 9, 4, 5, 6, 9])
    #expect(
      try output("pad", ["x": Tensor(zeros: .float32, [0, 2]), "pad": [1, 1, 0, 0], "constant_val": Float(3)])
        == Tensor([Float]([3, 3, 3, 3]), shape: [2, 2]))
    #expect(
      try output("pad", ["x": x.cast(to: .float16), "pad": [0, 1], "constant_val": Tensor(scalar: Float(2)).cast(to: .float16)]).dtype
        == .float16)
  }

  @Test func reflect() throws {
    #expect(
      try output("pad", ["x": x, "pad": [2, 2], "mode": "reflect"])
        == Tensor([Float]([3, 2, 1, 2, 3, 2, 1, 6, 5, 4, 5, 6, 5, 4]), shape: [2, 7]))
    #expect(
      try output("pad", ["x": x, "pad": [1, 0, 0, 1], "mode": "reflect"])
        == Tensor([Float]([4, 5, 6, 5, 1, 2, 3, 2, 4, 5, 6, 5]), shape: [3, 4]))
    #expect(
      fault { try output("pad", ["x": x, "pad": [0, 3], "mode": "reflect"]) } == "pad 'y': reflects 3 elements of axis 1, which has 3")
  }

  @Test func replicate() throws {
    #expect(
      try output("pad", ["x": x, "pad": [1, 1, 2, 0], "mode": "replicate"])
        == Tensor([Float]([1, 1, 1, 2, 3, 1, 1, 1, 2, 3, 4, 4, 4, 5, 6, 4, 4, 4, 5, 6]), shape: [4, 5]))
    #expect(
      fault { try output("pad", ["x": Tensor(zeros: .float32, [0]), "pad": [1, 0], "mode": "replicate"]) }
        == "pad 'y': axis 0 is empty: it has no edge to replicate")
  }

  @Test func types() throws {
    #expect(try inferred("pad", ["x": tensorType(.float32, nil, 3), "pad": [1, 2]]) == ["tensor<fp32, [?, 6]>"])
    #expect(try inferred("pad", ["x": tensorType(.float32, 2, 3), "pad": tensorType(.int32, 4)]) == ["tensor<fp32, [?, ?]>"])
    #expect(
      fault { try inferred("pad", ["x": tensorType(.float32, 2, 3), "pad": tensorType(.int32, 2)]) }
        == "pad 'y': pad, not being constant, must have 4 elements, found tensor<int32, [2]>")
    #expect(fault { try output("pad", ["x": x, "pad": [1, -1]]) } == "pad 'y': pad is [1, -1], expected no negative widths")
    #expect(
      fault { try output("pad", ["x": x, "pad": [1, 1, 1]]) } == "pad 'y': pad has 3 elements, expected two for each padded axis of 2")
    #expect(
      fault { try output("pad", ["x": x, "pad": [1, 1], "mode": "wrap"]) }
        == "pad 'y': mode is \"wrap\", expected \"constant\", \"reflect\", \"replicate\"")
    #expect(fault { try output("pad", ["x": Tensor([Int32]([1])), "pad": [1, 1]]) } == "pad 'y': x must be fp16, fp32, found int32")
  }
}
