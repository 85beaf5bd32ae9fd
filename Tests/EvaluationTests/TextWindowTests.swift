// SPDX-License-Identifier: Apache-2.0
// Windows of token ids, and parts of data sets.

import Evaluation
import Tensors
import Testing

@Suite struct TextWindowTests {
  private func rows(_ tensor: Tensor?) -> [[Int]] {
    guard let tensor, let width = tensor.shape.last else { return [] }
    let values = tensor.floats().map { Int($0) }
    return stride(from: 0, to: values.count, by: width).map { Array(values[$0..<($0 + width)]) }
  }

  @Test func everyIDIsALabelOnce() throws {
    let data = try Dataset(windowsOf: [[1, 2, 3, 4, 5, 6, 7]], .init(length: 3, pad: 0))
    #expect(try rows(data.inputs["input_ids"]) == [[1, 2, 3], [4, 5, 6]])
    #expect(try rows(data.labels) == [[2, 3, 4], [5, 6, 7]])
    for (length, step) in [(4, 4), (4, 2), (4, 1), (5, 3), (100, 7)] {
      let text = (10..<43).map { UInt32($0) }
      let data = try Dataset(windowsOf: [text], .init(length: length, stride: step, pad: 0))
      let found: [Int] = try rows(data.labels).joined().filter { $0 >= 0 }
      #expect(found == Array(11..<43), "\(length), \(step)")
      for (ids, labels) in try zip(rows(data.inputs["input_ids"]), rows(data.labels)) {
        for (id, label) in zip(ids, labels) where label >= 0 { #expect(label == id + 1) }
      }
    }
  }

  @Test func shortWindowsAreFilledOrLeftOut() throws {
    let filled = try Dataset(windowsOf: [[1, 2, 3, 4, 5], [6], [7, 8]], .init(length: 4, pad: 9, inputName: "ids"))
    #expect(try rows(filled.inputs["ids"]) == [[1, 2, 3, 4], [7, 8, 9, 9]])
    #expect(try rows(filled.labels) == [[2, 3, 4, 5], [8, -1, -1, -1]])
    let whole = try Dataset(windowsOf: [[1, 2, 3, 4, 5, 6], [7, 8]], .init(length: 4, pad: nil))
    #expect(try rows(whole.inputs["input_ids"]) == [[1, 2, 3, 4]])
    #expect(throws: EvaluationError.self) { try Dataset(windowsOf: [[1, 2, 3]], .init(length: 4, pad: nil)) }
    #expect(throws: EvaluationError.self) { try Dataset(windowsOf: [[], [1]], .init(length: 4, pad: 0)) }
    #expect(throws: EvaluationError.self) { try Dataset(windowsOf: [[1, 2, 3]], .init(length: 2, stride: 3, pad: 0)) }
    #expect(throws: EvaluationError.self) { try Dataset(windowsOf: [[1, 2, 3]], .init(length: 0, pad: 0)) }
  }

  @Test func partsMakeTheWhole() throws {
    let data = try Dataset(
      inputs: ["x": counting(10)], labels: Tensor((0..<10).map { Int32($0) }, shape: [10]), options: .init(batchSize: 4))
    let (first, second) = try data.split(0.7, seed: 3)
    #expect((first.count, second.count) == (7, 3))
    #expect(Set(first.order).union(second.order) == Set(0..<10))
    #expect(first.order != Array(0..<7))
    #expect(try data.split(0.5, seed: nil).0.order == [0, 1, 2, 3, 4])
    let joined = try second.joined(with: first.taking(2))
    #expect(joined.count == 5)
    let wanted: [Int] = second.order + first.order.prefix(2)
    let labels = wanted.map { Float($0) }
    var values: [Float] = []
    for sample in wanted { values += [Float(2 * sample), Float(2 * sample + 1)] }
    #expect(try joined.labels?.floats() == labels)
    #expect(try joined.inputs["x"]?.floats() == values)
    #expect(joined.batchSize == 4)
    let own = second.order.map { Float($0) }
    #expect(try second.arrays["labels"]?.floats() == own)
  }

  @Test func partsThatDoNotFitAreErrors() throws {
    let data = try Dataset(inputs: ["x": counting(4)])
    for count in [0, 5] { #expect(throws: EvaluationError.self) { try data.taking(count) } }
    for share in [0, 1, -0.5, 0.01, .nan] { #expect(throws: EvaluationError.self) { try data.split(share, seed: nil) } }
    #expect(throws: EvaluationError.self) { try data.joined(with: Dataset(inputs: ["y": counting(4)])) }
    #expect(throws: EvaluationError.self) { try data.joined(with: Dataset(inputs: ["x": counting(4, 3)])) }
    #expect(throws: EvaluationError.self) { try data.joined(with: Dataset(inputs: ["x": counting(4)], labels: Tensor(zeros: .int32, [4]))) }
    #expect(throws: EvaluationError.self) {
      try Dataset(inputs: ["x": counting(1)], labels: Tensor(zeros: .int32, [1]), classNames: ["a"]).joined(
        with: Dataset(inputs: ["x": counting(1)], labels: Tensor(zeros: .int32, [1]), classNames: ["b"]))
    }
  }
}
