// SPDX-License-Identifier: Apache-2.0
// Losses on small matrices, compared with torch 2.7 and by hand.

import Foundation
import MIL
import Operators
import Options
import Runtime
import Tensors
import Testing
import Training

struct LossTests {
  private let scores = Tensor([Float(1), 2, 0.5, 0, -1, 3], shape: [2, 3])
  private let classes = Tensor([Int32(1), 2])

  /// The loss of the output `y`, which is the input or its softmax.
  private func loss(
    _ name: String, with options: [String: OptionValue] = [:], _ x: Tensor, labels: Tensor? = nil, reference: Tensor? = nil,
    softmax: Bool = false
  ) throws -> Double {
    var inputs = [NamedType("x", .tensor(.float32, x.shape))]
    var feeds = ["x": x]
    if let labels {
      inputs.append(NamedType("labels", .tensor(labels.dtype, labels.shape)))
      feeds["labels"] = labels
    }
    if let reference {
      inputs.append(NamedType("reference", .tensor(.float32, reference.shape)))
      feeds["reference"] = reference
    }
    var function = Function(inputs: inputs, opset: .iOS18, block: Block())
    if softmax {
      let emitter = try Emitter(function)
      let y = try emitter.value("x").apply("softmax", ["axis": -1], name: "y")
      function.block = Block(operations: emitter.operations, outputs: [y.name ?? ""])
    }
    let emitter = try Emitter(function)
    let context = LossContext(
      emitter: emitter, function: function, output: try emitter.value(softmax ? "y" : "x"),
      labels: try labels.map { _ in try emitter.value("labels") },
      reference: try reference.map { _ in try emitter.value("reference") })
    let value = try Losses.make(name, options).emit(context)
    function.block = Block(operations: emitter.operations, outputs: [try #require(value.name)])
    let results = try Executor(program: Program(functions: [function])).run(feeds)
    guard case .tensor(let tensor)? = results.values.first else { return .nan }
    #expect(tensor.count == 1)
    return tensor.doubles()[0]
  }

  private func expect(_ found: Double, _ wanted: Double, _ tolerance: Double = 2e-6) {
    #expect(abs(found - wanted) < tolerance, "\(found)")
  }

  @Test func crossEntropyOfLogits() throws {
    expect(try loss("cross_entropy", scores, labels: classes), 0.2651263475)
    expect(try loss("cross_entropy", with: ["label_smoothing": .number(0.1)], scores, labels: classes), 0.4234597087)
    // If the output is a softmax, the loss is computed from its logits.
    expect(try loss("cross_entropy", scores, labels: classes, softmax: true), 0.2651263475)
    // Class probabilities as labels.
    expect(try loss("cross_entropy", scores, labels: Tensor([Float(0), 1, 0, 0, 0, 1], shape: [2, 3])), 0.2651263475)
  }

  @Test func crossEntropyOfProbabilities() throws {
    // −(ln 0.5 + ln 0.25) / 2
    let p = Tensor([Float(0.5), 0.5, 0.75, 0.25], shape: [2, 2])
    expect(try loss("cross_entropy", with: ["from": .string("probabilities")], p, labels: Tensor([Int32(0), 1])), 1.0397208)
  }

  @Test func crossEntropyOfImages() throws {
    // The same rows as pixels: [1, 3, 1, 2], labels [1, 1, 2].
    let image = Tensor([Float(1), 0, 2, -1, 0.5, 3], shape: [1, 3, 1, 2])
    expect(try loss("cross_entropy", image, labels: Tensor([Int32(1), 2], shape: [1, 1, 2])), 0.2651263475)
    // A network whose scores have the shape [N, 3, 1, 1].
    expect(try loss("cross_entropy", scores.reshaped([2, 3, 1, 1]), labels: classes), 0.2651263475)
  }

  @Test func regression() throws {
    let (a, b) = (Tensor([Float(1), 2, -3, 0], shape: [2, 2]), Tensor([Float(0), 4, -3, 1], shape: [2, 2]))
    expect(try loss("mse", a, labels: b), 1.5)  // (1 + 4 + 0 + 1) / 4
    expect(try loss("mae", a, labels: b), 1)  // (1 + 2 + 0 + 1) / 4
    // 1 − (8 / √(5 · 16) + 9 / √(9 · 10)) / 2
    expect(try loss("cosine", a, labels: b), 1 - (8 / 80.0.squareRoot() + 9 / 90.0.squareRoot()) / 2)
  }

  @Test func distillation() throws {
    let teacher = Tensor([Float(0.5), 1, 0, 1, 0, 2], shape: [2, 3])
    expect(try loss("kl", with: ["temperature": .number(2)], scores, reference: teacher), 0.2545957863)
    // The same if both outputs are probabilities.
    let soft: [Float] = [0.5, 1, 0, 1, 0, 2]
    let rows = [soft[0..<3], soft[3..<6]].flatMap { row -> [Float] in
      let exps = row.map { Float(Foundation.exp(Double($0))) }
      let sum = exps.reduce(0, +)
      return exps.map { $0 / sum }
    }
    expect(try loss("kl", with: ["temperature": .number(2)], scores, reference: Tensor(rows, shape: [2, 3]), softmax: true), 0.2545957863)
    let mixed = try loss("kl", with: ["temperature": .number(2), "alpha": .number(0.25)], scores, labels: classes, reference: teacher)
    expect(mixed, 0.25 * 0.2545957863 + 0.75 * 0.2651263475)
  }

  @Test func saysWhatIsMissing() {
    #expect(throws: TrainingError.self) { try loss("mse", scores) }
    #expect(throws: TrainingError.self) { try loss("kl", scores) }
    #expect(throws: TrainingError.self) { try loss("cross_entropy", scores, labels: Tensor([Int32(1), 2, 0])) }
    #expect(throws: TrainingError.self) { try Losses.make("crossentropy", [:]) }
  }
}
