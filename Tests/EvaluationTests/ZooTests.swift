// SPDX-License-Identifier: Apache-2.0
// Real test sets and recorded outputs: the accuracy given in their README.

import DataFiles
import Evaluation
import Tensors
import TestSupport
import Testing

@Suite(.enabled(if: Zoo.isPresent, Comment(rawValue: Zoo.absence)))
struct ZooTests {
  @Test func recordedLogits() throws {
    let folder = try #require(Zoo.folder) + "/mnist_cnn/testset"
    let data = try Dataset(arraysAt: folder)
    let labels = try #require(try data.labels)
    let logits = try NPY.read(folder + "/logits_torch.npy")
    #expect(try data.inputs["x"]?.shape[0] == logits.shape[0])
    let answers = try Dataset(inputs: ["logits": logits], labels: labels, options: .init(batchSize: 64))
    let identity = ClosurePredictor(inputNames: ["logits"]) { $0 }
    let result = try Evaluator(metrics: [.accuracy, .top5, .agreement, .kl]).evaluate(identity, on: answers, baseline: identity)
    #expect(result["accuracy"]?.value == 0.9928)
    #expect(try #require(result["accuracy"]?.interval).contains(0.9928))
    #expect(result["top5"].map { $0.value > 0.999 } == true)
    #expect(result["agreement"]?.value == 1 && result["kl"]?.value == 0)
  }
}
