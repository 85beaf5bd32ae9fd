// SPDX-License-Identifier: Apache-2.0
// Confusion matrices, counted by hand.

import Evaluation
import Tensors
import Testing
import TextLayout

@Suite struct ConfusionTests {
  /// Labels and predictions of two batches; the last score of the third sample is no number.
  private static func matrix(classNames: [String]? = nil) throws -> ConfusionMatrix {
    let scores: [Float] = [9, 1, 0, /**/ 0, 9, 1, /**/ 1, 2, .nan, /**/ 0, 1, 9, /**/ 5, 1, 1, /**/ 3, 4, 0]
    let data = try Dataset(
      inputs: ["x": Tensor(scores, shape: [6, 3])], labels: Tensor([0, 0, 1, 2, 0, -1] as [Int32]), classNames: classNames,
      options: .init(batchSize: 4))
    let identity = ClosurePredictor(inputNames: ["x"]) { $0 }
    let result = try Evaluator(metrics: [.confusion]).evaluate(identity, on: data)
    let value = try #require(result["confusion"])
    #expect(value.count == 5 && value.value == 0.4)
    return try #require(value.confusion)
  }

  @Test func counts() throws {
    let matrix = try Self.matrix()
    #expect(matrix.tensor == Tensor([2, 1, 0, 0, 0, 0, 0, 0, 1] as [Int32], shape: [3, 3]))
    #expect(matrix.unpredicted == [1: 1] && matrix.count == 5 && matrix.errors == 2)
    #expect(matrix.recall(0) == 2 / 3.0 && matrix.recall(1) == 0 && matrix.recall(2) == 1)
    #expect(matrix.precision(0) == 1 && matrix.precision(1) == 0 && matrix.precision(2) == 1)
    #expect(matrix.confusions.map { [$0.label, $0.prediction, $0.count] } == [[0, 1, 1]])
  }

  @Test func tables() throws {
    let text = try Self.matrix(classNames: ["cat", "dog", "cow"]).table.text()
    #expect(text.contains("dog") && text.contains("recall") && text.contains("precision") && text.contains("0.6667"), "\(text)")
    let chart = try SVGChart.draw(Self.matrix(classNames: ["cat", "dog", "cow"]).chart())
    #expect(chart.contains("cow") && chart.contains("5 samples, 2 errors"))
  }

  /// Many classes are a list of the most frequent confusions.
  @Test func manyClasses() throws {
    let predictions = (0..<60).map { Int32($0 % 30) }
    let labels = (0..<60).map { Int32($0 < 45 ? $0 % 30 : 0) }
    let data = try Dataset(inputs: ["x": Tensor(predictions)], labels: Tensor(labels))
    let identity = ClosurePredictor(inputNames: ["x"]) { $0 }
    let matrix = try #require(try Evaluator(metrics: [.confusion]).evaluate(identity, on: data)["confusion"]?.confusion)
    #expect(matrix.classCount == 30 && matrix.errors == 15)
    let lines = matrix.table.text().split(separator: "\n")
    #expect(lines.count == 17 && lines[0].contains("predicted as"))
  }
}
