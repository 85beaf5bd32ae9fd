// SPDX-License-Identifier: Apache-2.0
// Splits batches into sizes that a model supports.

import Evaluation
import Tensors
import Testing

@Suite struct BatchRuleTests {
  func sizes(_ rule: BatchRule, _ count: Int) -> [[Int]] { rule.pieces(of: count).map { [$0.samples.count, $0.size] } }

  @Test func literals() {
    #expect(sizes(.any, 5) == [[5, 5]])
    #expect(sizes(.fixed(1), 3) == [[1, 1], [1, 1], [1, 1]])
    #expect(sizes(.fixed(4), 6) == [[4, 4], [2, 4]])
    #expect(sizes(.range(2...3), 7) == [[3, 3], [3, 3], [1, 2]])
    #expect(sizes(.oneOf([8, 1, 4]), 14) == [[8, 8], [4, 4], [1, 1], [1, 1]])
    #expect(sizes(.oneOf([4]), 6) == [[4, 4], [2, 4]])
    #expect(sizes(.unbatched, 2) == [[1, 1], [1, 1]])
    #expect(sizes(.fixed(4), 0).isEmpty)
  }

  @Test(arguments: [BatchRule.any, .fixed(1), .fixed(4), .range(2...3), .oneOf([1, 5]), .unbatched], 1...11)
  func piecesCoverTheBatchOnce(_ rule: BatchRule, _ count: Int) {
    let pieces = rule.pieces(of: count)
    #expect(pieces.flatMap { Array($0.samples) } == Array(0..<count))
    #expect(pieces.allSatisfy { $0.size >= $0.samples.count })
    #expect(pieces.dropLast().allSatisfy { $0.size == $0.samples.count }, "only the last piece is filled up")
  }

  @Test(arguments: [BatchRule.any, .fixed(1), .fixed(4), .range(2...3), .oneOf([1, 5])])
  func everyRuleGivesTheSameOutputs(_ rule: BatchRule) throws {
    let model = Scaler(2, rule)
    let outputs = try model.predictBatch(["x": counting(7)], count: 7)
    #expect(outputs["y"] == Tensor((0..<14).map { Float($0 * 2) }, shape: [7, 2]))
    #expect(model.calls == rule.pieces(of: 7).map(\.size))
  }

  @Test func modelsWithoutABatchAxis() throws {
    let model = Scaler(3, .unbatched)
    let outputs = try model.predictBatch(["x": counting(3)], count: 3)
    #expect(outputs["y"] == Tensor((0..<6).map { Float($0 * 3) }, shape: [3, 2]))
    #expect(model.calls == [2, 2, 2], "the sample's own axis, not the batch")
  }

  @Test func outputsMustKeepTheBatch() {
    let model = ClosurePredictor(inputNames: ["x"]) { _ in ["y": Tensor([1, 2, 3] as [Float])] }
    #expect(failure { _ = try model.predictBatch(["x": counting(2)], count: 2) } == .outputRows(output: "y", shape: [3], samples: 2))
  }

  @Test func joiningPacksSubByteRows() throws {
    let a = Tensor(codes: [1, 2, 3], dtype: .uint4, shape: [1, 3])
    let b = Tensor(codes: [4, 5, 6], dtype: .uint4, shape: [1, 3])
    #expect(try Tensor.joined(rowsOf: [a, b]) == Tensor(codes: [1, 2, 3, 4, 5, 6], dtype: .uint4, shape: [2, 3]))
    #expect(
      failure { _ = try Tensor.joined(rowsOf: [a, counting(1, 3)]) }
        == .unlikeParts(first: "uint4[1, 3]", other: "float32[1, 3]"))
    #expect(counting(4).gatheringRows([3, 0]).floats() == [6, 7, 0, 1])
  }
}
