// SPDX-License-Identifier: Apache-2.0
// reverse, reverse_sequence, sliding_windows.

import MIL
import Operators
import Tensors
import Testing

@Suite("Reversing") struct ReversingTests {
  @Test func reverse() throws {
    let x = counting([2, 3])
    #expect(try output("reverse", ["x": x]).floats() == [5, 4, 3, 2, 1, 0])
    #expect(try output("reverse", ["x": x, "axes": [-1]]).floats() == [2, 1, 0, 5, 4, 3])
    #expect(try output("reverse", ["x": x, "axes": Tensor([Int32]([]))]) == x)
    #expect(fault { try output("reverse", ["x": x, "axes": [2]]) } == "reverse 'y': axes is 2, expected -2 to 1")
  }

  @Test func sequences() throws {
    let x = Tensor(
      [Float]([1, 2, 3, 4, 5, 0, 0, 0, 1, 2, 0, 0, 0, 0, 0, 0, 1, 2, 3, 4, 0, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8]), shape: [4, 8])
    let reversed = try output("reverse_sequence", ["x": x, "lengths": [7, 2, 3, 5], "seq_axis": 1, "batch_axis": 0])
    #expect(reversed.floats() == [0, 0, 5, 4, 3, 2, 1, 0, 2, 1, 0, 0, 0, 0, 0, 0, 3, 2, 1, 4, 0, 0, 0, 0, 5, 4, 3, 2, 1, 6, 7, 8])
    #expect(
      fault { try output("reverse_sequence", ["x": x, "lengths": [9, 0, 0, 0], "seq_axis": 1]) }
        == "reverse_sequence 'y': a length is 9, expected 0 to 8")
    #expect(
      fault { try output("reverse_sequence", ["x": x, "lengths": [1], "seq_axis": 1]) }
        == "reverse_sequence 'y': lengths is tensor<int32, [1]>, expected one for each of the 4 indices of axis 0")
    #expect(
      fault { try output("reverse_sequence", ["x": x, "lengths": [1, 1, 1, 1]]) }
        == "reverse_sequence 'y': seq_axis and batch_axis are both 0, expected different axes")
  }

  @Test func lengthsKnownWhenRunning() throws {
    let call = try makeCall("reverse_sequence", ["x": tensorType(.float32, 1, 3), "lengths": tensorType(.int32, 1), "seq_axis": 1])
    let step = try Running(call, ["x": counting([1, 3]), "lengths": Tensor([Int32]([2]))])
    try step.run()
    #expect(step.outputs[0].floats() == [1, 0, 2])
    step.set("lengths", Tensor([Int32]([-1])))
    #expect(fault { try step.run() } == "reverse_sequence 'y': length 0 is -1, expected 0 to 3")
  }

  @Test func windows() throws {
    #expect(
      try output("sliding_windows", ["x": counting([4]), "axis": 0, "size": 2]) == Tensor([Float]([0, 1, 1, 2, 2, 3]), shape: [3, 2]))
    #expect(
      try output("sliding_windows", ["x": counting([5]), "axis": -1, "size": 2, "stride": 2])
        == Tensor([Float]([0, 1, 2, 3]), shape: [2, 2]))
    #expect(try inferred("sliding_windows", ["x": tensorType(.float32, 2, nil), "axis": 1, "size": 3]) == ["tensor<fp32, [2, ?, 3]>"])
    #expect(
      fault { try output("sliding_windows", ["x": counting([2]), "axis": 0, "size": 3]) }
        == "sliding_windows 'y': size is 3, but axis 0 has 2 elements")
    #expect(
      fault { try output("sliding_windows", ["x": counting([2]), "axis": 0, "size": 1, "stride": 0]) }
        == "sliding_windows 'y': stride is 0, expected at least 1")
  }
}
