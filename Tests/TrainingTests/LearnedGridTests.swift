// SPDX-License-Identifier: Apache-2.0
// Learned scales and zero points: accumulated over batches, clipped and checked as the gradients of weights are.

import MIL
import Operators
import Options
import Tensors
import TestSupport
import Testing
import Training

struct LearnedGridTests {
  private static let observer = OptionValue.string("min_max")

  private static func learnable(_ scheme: String, activations: String, perChannel: Bool = true) -> [(String, [String: OptionValue])] {
    [
      (
        "quantize",
        [
          "algorithm": .string("learnable"), "quantization_scheme": .string(scheme), "activation_dtype": .string(activations),
          "weight_observer": observer, "activation_observer": observer, "weight_per_channel": .bool(perChannel),
        ]
      )
    ]
  }

  /// The two halves of a batch of an even number of samples.
  private static func halves(_ batch: TrainingBatch) throws -> [TrainingBatch] {
    let (x, labels) = (try #require(batch.inputs["x"]), try #require(batch.labels))
    let count = labels.count / 2
    let pixels = x.floats(), size = x.count / labels.count
    let numbers = labels.doubles().map { Int32($0) }
    return [0, count].map { first in
      TrainingBatch(
        inputs: ["x": Tensor(Array(pixels[first * size..<(first + count) * size]), shape: [count] + x.shape.dropFirst())],
        labels: Tensor(Array(numbers[first..<first + count])))
    }
  }

  /// Two halves of a batch make the step that the whole batch makes.
  ///
  /// The gradient of a grid of activations contains 1/√N with N the number of elements, which is half of the whole
  /// batch's; the mean of the halves is therefore √2 times the gradient of the whole.
  @Test(arguments: ["symmetric", "affine"], ["float32", "quint8", "qint8"])
  func accumulates(_ scheme: String, _ activations: String) throws {
    for perChannel in [true, false] {
      let methods = Self.learnable(scheme, activations: activations, perChannel: perChannel)
      let one = try TrainerTests.trainer("sgd", methods: methods)
      let two = try TrainerTests.trainer("sgd", accumulate: 2, methods: methods)
      let batch = TrainerTests.batch(16, seed: 1)
      // In the first step all ranges come to cover the batch; in the second one, grids of activations become learned.
      for _ in 0..<2 { _ = try one.train(on: batch) }
      for _ in 0..<4 { _ = try two.train(on: batch) }
      let start = one.state
      #expect(two.state.filter { start[$0.key] != nil && $0.key != "step" } == start.filter { $0.key != "step" })
      _ = try one.train(on: batch)
      for half in try Self.halves(batch) { _ = try two.train(on: half) }
      #expect(one.step == 3 && two.step == 3)
      let whole = one.state, parts = two.state
      var moved = 0
      for (name, before) in start where ["value", "scale", "zero_point", "grid"].contains(name.split(separator: ".").last ?? "") {
        let (a, b) = (try #require(whole[name]).doubles(), try #require(parts[name]).doubles())
        let factor = name.hasSuffix(".grid") ? 2.0.squareRoot() : 1
        for (i, old) in before.doubles().enumerated() {
          let expected = factor * (a[i] - old)
          #expect(abs(b[i] - old - expected) <= 1e-3 * abs(expected) + 1e-6, "\(name)[\(i)]: \(old) → \(a[i]), \(b[i])")
          if !name.hasSuffix(".value"), expected != 0 { moved += 1 }
        }
      }
      #expect(moved >= 3)
    }
  }

  /// A run that is saved between two batches of a step resumes with the same bits.
  @Test(arguments: 1..<6) func resumesWithinAStep(_ cut: Int) throws {
    func make() throws -> Trainer {
      try TrainerTests.trainer(accumulate: 3, methods: Self.learnable("affine", activations: "quint8"))
    }
    func train(_ trainer: Trainer, _ steps: Range<Int>) throws {
      for step in steps { _ = try trainer.train(on: TrainerTests.batch(8, seed: UInt64(step))) }
    }
    let whole = try make(), first = try make(), second = try make()
    try train(whole, 0..<9)
    try train(first, 0..<cut)
    try second.restore(first.state)
    try train(second, cut..<9)
    #expect(second.step == 3 && second.state == whole.state)
  }

  @Test(arguments: [1, 2]) func clippingBoundsTheMoveOfGrids(_ accumulate: Int) throws {
    let trainer = try TrainerTests.trainer(
      "sgd", rate: 1, accumulate: accumulate, methods: Self.learnable("symmetric", activations: "quint8")
    ) {
      $0.clipNorm = 1e-3
    }
    func step() throws { for _ in 0..<accumulate { _ = try trainer.train(on: TrainerTests.batch(16, seed: 1)) } }
    // Grids of activations are learned from the second step on.
    for _ in 0..<2 { try step() }
    let before = trainer.state
    try step()
    var (weights, grids) = (0.0, 0.0)
    for (name, tensor) in trainer.state {
      let kind = name.split(separator: ".").last ?? ""
      guard ["value", "scale", "zero_point", "grid"].contains(kind) else { continue }
      for (a, b) in try pairs(tensor.doubles(), before[name]?.doubles() ?? []) {
        if kind == "value" { weights += (a - b) * (a - b) } else { grids += (a - b) * (a - b) }
      }
    }
    #expect(grids > 0)
    #expect(abs((weights + grids).squareRoot() - 1e-3) <= 1e-6)
  }

  @Test func clippingBoundsEachNumberOfAGrid() throws {
    let trainer = try TrainerTests.trainer("sgd", rate: 1, methods: Self.learnable("symmetric", activations: "quint8")) {
      $0.clipValue = 1e-5
    }
    for _ in 0..<2 { _ = try trainer.train(on: TrainerTests.batch(16, seed: 1)) }
    let before = trainer.state
    _ = try trainer.train(on: TrainerTests.batch(16, seed: 1))
    var most = 0.0
    for (name, tensor) in trainer.state where ["scale", "zero_point", "grid"].contains(name.split(separator: ".").last ?? "") {
      for (a, b) in try pairs(tensor.doubles(), before[name]?.doubles() ?? []) { most = max(most, abs(a - b)) }
    }
    #expect(most > 0 && most <= 1.1e-5)
  }

  /// The squares of these gradients overflow in 32 bits.
  @Test func clippingOfHugeGradients() throws {
    let trainer = try TrainerTests.trainer("sgd", rate: 1) {
      $0.clipNorm = 1e-3
      $0.loss = .custom { try $0.output.squared().apply("reduce_mean", ["axes": [0, 1], "keep_dims": false]) * 1e25 }
    }
    let before = trainer.state
    _ = try trainer.train(on: TrainerTests.batch(16, seed: 1))
    var sum = 0.0
    for (name, tensor) in trainer.state where name.hasSuffix(".value") {
      for (a, b) in try pairs(tensor.doubles(), before[name]?.doubles() ?? []) { sum += (a - b) * (a - b) }
    }
    #expect(abs(sum.squareRoot() - 1e-3) <= 1e-6)
  }

  /// y = x · w with 64 weights 0.4 above a code and one of −1, so that the gradient of the scale is a sum of 64 equal terms.
  private static func product() throws -> Program {
    let weights = [Float](repeating: 0.4 / 127, count: 64) + [-1]
    let input = NamedType("x", .tensor(TensorType(.float32, [.any, .fixed(65)])))
    let writer = try NetworkWriter(inputs: [input], opset: .iOS18, seed: 1)
    let layer = try #require(Layers.all.first { $0.name == "linear" }).init(["out_features": .integer(1), "bias": .bool(false)])
    let value = try layer.emit(writer.value("x"), into: writer)
    var program = Program(functions: [try writer.function(outputs: [("y", value)])])
    let lifting = ParameterLifting(program.functions[0])
    let weight = try #require(lifting.parameters.first)
    program.functions[0] = lifting.storing([weight.name: Tensor(weights, shape: weight.start.shape)])
    return program
  }

  /// The gradients of the weights are finite, but not that of the scale.
  @Test(arguments: [1, 2]) func aScaleWithoutAFiniteGradientMovesNothing(_ accumulate: Int) throws {
    let trainer = try TrainerTests.trainer(
      of: Self.product(), "sgd", rate: 1e-30, accumulate: accumulate, methods: Self.learnable("symmetric", activations: "float32")
    ) {
      $0.loss = .custom { try $0.output.apply("reduce_sum", ["axes": [0, 1], "keep_dims": false]) * 1e38 }
    }
    func batch(_ x: Float) -> TrainingBatch {
      TrainingBatch(inputs: ["x": Tensor([Float](repeating: x, count: 65), shape: [1, 65])], labels: nil)
    }
    for _ in 0..<accumulate { _ = try trainer.train(on: batch(1e-30)) }
    let before = trainer.state
    let error = #expect(throws: TrainingError.self) { try trainer.train(on: batch(1)) }
    #expect(error.map { "\($0)" }?.contains("scale") == true, "\(error.map { "\($0)" } ?? "")")
    #expect(trainer.state == before)
    // The trainer remains usable.
    for _ in 0..<accumulate { _ = try trainer.train(on: batch(1e-30)) }
    #expect(trainer.step == 2)
  }
}
