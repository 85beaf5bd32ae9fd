// SPDX-License-Identifier: Apache-2.0
// The model of a trainer and the finalized model have the same weights and predictions.

import Encodings
import MIL
import Operators
import Options
import Rules
import Runtime
import Tensors
import TestSupport
import Testing
import Training
import WeightStorage

@Suite struct FinalizedWeightTests {
  private static let columns = 64

  /// linear 64→48, relu, linear 48→32.
  private static func program(_ dtype: DType) throws -> Program {
    let input = NamedType("x", .tensor(TensorType(dtype, [.any, .fixed(columns)])))
    let writer = try NetworkWriter(inputs: [input], opset: .iOS18, seed: 1)
    var value = try writer.value("x")
    let layers: [(String, [String: OptionValue])] = [
      ("linear", ["out_features": .integer(48)]), ("relu", [:]), ("linear", ["out_features": .integer(32)]),
    ]
    for (name, options) in layers {
      value = try #require(Layers.all.first { $0.name == name }).init(options).emit(value, into: writer)
    }
    return Program(functions: [try writer.function(outputs: [("logits", value)])])
  }

  static let methods: [[(String, [String: OptionValue])]] = [
    [("palettize", ["n_bits": .integer(4), "weight_threshold": .integer(20)])],
    [("palettize", ["n_bits": .integer(2), "weight_threshold": .integer(20), "enable_per_channel_scale": .bool(true)])],
    [("palettize", ["n_bits": .integer(8), "weight_threshold": .integer(20)])],
    [("palettize", ["n_bits": .integer(4), "weight_threshold": .integer(20), "lut_dtype": .string("i8")])],
    [("quantize", ["activation_dtype": .string("float32")])],
    [("quantize", ["weight_dtype": .string("qint4"), "activation_dtype": .string("float32"), "algorithm": .string("learnable")])],
    [("quantize", ["quantization_scheme": .string("affine"), "activation_dtype": .string("float32")])],
    [("prune", ["target_sparsity": .number(0.6)])],
    [("prune", [:]), ("palettize", ["n_bits": .integer(2), "weight_threshold": .integer(20)])],
    [("prune", [:]), ("quantize", ["activation_dtype": .string("float32")])],
  ]

  @Test(arguments: 0..<methods.count, [DType.float32, .float16]) func predictsAlike(number: Int, dtype: DType) throws {
    let type = try #require(Optimizers.all.first { $0.name == "adam" })
    let options = TrainerOptions(
      loss: .named(try Losses.make("cross_entropy", [:])), optimizer: try type.init([:]), rate: 1e-2, schedule: try RatePlan(.null))
    let trainer = try Trainer(Self.program(dtype), function: "main", options: options)
    for (name, fields) in Self.methods[number] {
      let method = try #require(TrainingMethods.all.first { $0.name == name })
      try trainer.add(MethodRule(method, fields) { text in { $0.contains(text) } })
    }
    var random = SplitMix64(seed: 3)
    // This includes the state before the first step. Accessing the model changes nothing.
    for steps in [0, 6] {
      for _ in 0..<steps {
        let x = Tensor((0..<8 * Self.columns).map { _ in Float(random.normal()) }, shape: [8, Self.columns])
        _ = try trainer.train(on: TrainingBatch(inputs: ["x": x], labels: Tensor((0..<8).map { _ in Int32(random.next() % 32) })))
      }
      let shown = try trainer.snapshot(), stored = try trainer.finalized().program
      let weights = Dictionary(
        uniqueKeysWithValues: try stored.weightSites(Catalog.weightTable).map { ($0.name, try $0.weight.decoded()) })
      let plain = try shown.weightSites(Catalog.weightTable)
      #expect(plain.count == weights.count && !plain.isEmpty)
      for site in plain { #expect(try site.weight.decoded() == weights[site.name], "\(site.name) after \(steps) steps") }
      for rows in [1, 5] {
        for activations in [Activations.ordinary, .spiky, .tiny] {
          let x = Tensor((0..<rows).flatMap { _ in activations.vector(Self.columns) }, shape: [rows, Self.columns])
          let a = try Self.outputs(shown, x), b = try Self.outputs(stored, x)
          let peak = a.map(abs).max() ?? 0
          #expect(a.count == rows * 32 && b.count == a.count && peak > 0)
          for (a, b) in zip(a, b) { #expect(abs(a - b) <= 4e-6 * peak, "\(activations), \(rows) rows") }
        }
      }
    }
  }

  private static func outputs(_ program: Program, _ x: Tensor) throws -> [Float] {
    let executor = try Executor(program: program, options: RuntimeOptions(keepsComputedResults: true))
    guard case .tensor(let tensor)? = try executor.run(["x": x])["logits"] else { return [] }
    return tensor.floats()
  }
}
