// SPDX-License-Identifier: Apache-2.0
// A small network, and separable samples for training it.

import Evaluation
import MIL
import Models
import Options
import Tensors
import Testing
import Training
import Workflows

enum Small {
  /// linear 12→64, relu, linear 64→3, softmax, with any batch size.
  static func model(seed: UInt64 = 1, dropout: Double? = nil) throws -> Model {
    let fresh = try FreshModel(["x": .array(.float32, [12])], batch: nil, opset: .iOS18, seed: seed)
    var value = try fresh.writer.value("x")
    let layers: [(String, [String: OptionValue])] =
      [("linear", ["out_features": .integer(64)]), ("relu", [:])] + (dropout.map { [("dropout", ["p": .number($0)])] } ?? [])
      + [("linear", ["out_features": .integer(3)]), ("softmax", [:])]
    for (name, options) in layers {
      value = try #require(Layers.all.first { $0.name == name }).init(options).emit(value, into: fresh.writer)
    }
    return try fresh.model(outputs: [("p", value)])
  }

  /// Samples of three classes: the class is the third of the inputs with a mean of 1.5 instead of 0.
  static func samples(_ count: Int, seed: UInt64) throws -> Dataset {
    var random = SplitMix64(seed: seed)
    var (numbers, labels): ([Float], [Int32]) = ([], [])
    for _ in 0..<count {
      let label = Int(random.next() % 3)
      labels.append(Int32(label))
      for i in 0..<12 { numbers.append(Float(random.normal()) + (i / 4 == label ? 1.5 : 0)) }
    }
    return try Dataset(inputs: ["x": Tensor(numbers, shape: [count, 12])], labels: Tensor(labels), options: .init(batchSize: 16))
  }

  static func run(_ model: Model? = nil, change: (inout TrainingSetup) -> Void = { _ in }) throws -> TrainingRun {
    var setup = TrainingSetup()
    setup.optimizer = ("adam", [:])
    setup.rate = 1e-2
    setup.seed = 3
    setup.configuration = ["optimizer": .string("adam"), "lr": .number(1e-2), "seed": .integer(3)]
    change(&setup)
    return try TrainingRun(model ?? Self.model(), setup, compilePattern: { text in { $0.contains(text) } })
  }

  static var client: CompressionClient { CompressionClient(compilePattern: { text in { $0.contains(text) } }) }

  static func outputs(_ model: Model) throws -> Tensor {
    try #require(try model.predict(["x": samples(8, seed: 99).inputs["x"] ?? Tensor([Float(0)])])["p"])
  }
}
