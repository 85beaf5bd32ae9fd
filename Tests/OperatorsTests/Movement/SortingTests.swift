// SPDX-License-Identifier: Apache-2.0
// Cumulative sums, sorting and top-k by hand: ties, NaN, options, opsets.

import MIL
import Operators
import Tensors
import Testing

@Suite("Sorting") struct SortingTests {
  @Test func runningSums() throws {
    let x = Tensor([Float(1), 2, 3, 4], shape: [2, 2])
    #expect(try output("cumsum", ["x": x]).floats() == [1, 2, 4, 6])
    #expect(try output("cumsum", ["x": x, "axis": 1]).floats() == [1, 3, 3, 7])
    #expect(try output("cumsum", ["x": x, "axis": -1, "exclusive": true]).floats() == [0, 1, 0, 3])
    #expect(try output("cumsum", ["x": x, "axis": 1, "reverse": true]).floats() == [3, 2, 7, 4])
    #expect(try output("cumsum", ["x": x, "axis": 1, "reverse": true, "exclusive": true]).floats() == [2, 0, 4, 0])
    #expect(try output("cumsum", ["x": Tensor([Int32.max, 1])]).integers() == [Int(Int32.max), Int(Int32.min)])
    #expect(fault { try output("cumsum", ["x": x, "axis": 2]) } == "cumsum 'y': axis is 2, expected -2 to 1")
  }

  @Test func order() throws {
    let x = Tensor([Float(2), -1, .nan, 2, 0])
    #expect(try output("argsort", ["x": x, "ascending": true]).integers() == [1, 4, 0, 3, 2])
    #expect(try output("argsort", ["x": x]).integers() == [0, 3, 4, 1, 2])
    let zeros = Tensor([Float(0), -0.0, 0])
    #expect(try output("argsort", ["x": zeros, "ascending": true]).integers() == [0, 1, 2])
    #expect(try output("argsort", ["x": Tensor([Int32.min, .max, -1])]).integers() == [1, 2, 0])
    let columns = Tensor([Float(3), 1, 2, 5], shape: [2, 2])
    #expect(try output("argsort", ["x": columns, "axis": 0, "ascending": true]).integers() == [1, 0, 0, 1])
  }

  @Test func topElements() throws {
    let x = Tensor([Float(1), 9, 3, 9], shape: [1, 4])
    let best = try outputs("topk", ["x": x, "k": 3])
    #expect(best[0].floats() == [9, 9, 3] && best[1].integers() == [1, 3, 2] && best[1].dtype == .int32)
    let least = try outputs("topk", ["x": x, "k": 1, "ascending": true])
    #expect(least[0].floats() == [1] && least[0].shape == [1, 1] && least[1].integers() == [0])
    #expect(try outputs("topk", opset: .iOS16, ["x": x, "return_indices": false]).count == 1)
    #expect(try outputs("topk", opset: .iOS16, ["x": x, "k": 2, "sort": false])[1].integers() == [1, 3])
    let short = try outputs("topk", opset: .iOS17, ["x": x, "k": -1, "output_indices_dtype": "uint16"])
    #expect(short[0].floats() == [9, 9, 3, 1] && short[1].dtype == .uint16 && short[1].integers() == [1, 3, 2, 0])
    let bytes = try outputs("topk", opset: .iOS17, ["x": Tensor([UInt8(3), 200, 100]), "k": Tensor(scalar: Int8(2))])
    #expect(bytes[0].dtype == .uint8 && bytes[0].integers() == [200, 100])
    #expect(try outputs("topk", ["x": x, "k": 0])[0].shape == [1, 0])
  }

  /// Top-k for small and large k uses different algorithms, whose results must be consistent.
  @Test func longLines() throws {
    var random = SplitMix64(seed: 11)
    let x = Tensor((0..<5_000).map { _ in Float(Int(random.uniform() * 700)) })
    let values = x.floats()
    let expected = values.indices.sorted { (values[$0], $1) > (values[$1], $0) }
    #expect(try output("argsort", ["x": x]).integers() == expected)
    for k in [1, 7, 64, 65, 600, 4_999] {
      #expect(try outputs("topk", ["x": x, "k": k])[1].integers() == Array(expected.prefix(k)), "\(k)")
    }
  }

  @Test func faults() {
    let x = Tensor([Float(1), 2])
    #expect(fault { try outputs("topk", ["x": x, "k": 3]) } == "topk 'y': k is 3 but axis 0 of x has only 2 elements")
    #expect(fault { try outputs("topk", ["x": x, "k": -1]) } == "topk 'y': k must not be negative, found -1")
    #expect(fault { try outputs("topk", ["x": x, "sort": false]) } == "topk 'y': sort needs iOS16, the program is iOS15")
    #expect(fault { try outputs("topk", ["x": Tensor([Int8(1)])]) } == "topk 'y': x must be fp16, fp32, int32, found int8")
    #expect(
      fault {
        try outputs("topk", opset: .iOS17, ["x": x, "return_indices": false, "output_indices_dtype": "int32"])
      } == "topk 'y': output_indices_dtype requires return_indices = true")
  }

  @Test func unknownExtents() throws {
    let x = tensorType(.float32, nil, nil)
    #expect(try inferred("topk", ["x": x, "k": 5, "axis": 0]) == ["tensor<fp32, [5, ?]>", "tensor<int32, [5, ?]>"])
    #expect(try inferred("argsort", ["x": x]) == ["tensor<int32, [?, ?]>"])
  }
}
