// SPDX-License-Identifier: Apache-2.0
// Every layer creates a valid program for any batch size, with parameters as specified by its initializer.

import Foundation
import MIL
import Operators
import Options
import Runtime
import Tensors
import Testing
import Training

struct LayerTests {
  struct Case: Sendable, CustomTestStringConvertible {
    let name: String
    var options: [String: OptionValue] = [:]
    let input: Shape
    let output: Shape
    var dtype = DType.float32
    var testDescription: String { "\(name) \(options)" }
  }

  static let cases = [
    Case(name: "linear", options: ["out_features": .integer(5)], input: [3], output: [5]),
    Case(name: "linear", options: ["out_features": .integer(5), "bias": .bool(false)], input: [2, 3], output: [2, 5]),
    Case(name: "conv1d", options: ["out_channels": .integer(4), "kernel_size": .integer(3)], input: [2, 8], output: [4, 6]),
    Case(
      name: "conv2d",
      options: ["out_channels": .integer(4), "kernel_size": .list([.integer(3), .integer(1)]), "padding": .string("same")],
      input: [2, 8, 8], output: [4, 8, 8]),
    Case(
      name: "conv2d",
      options: [
        "out_channels": .integer(4), "kernel_size": .integer(3), "stride": .integer(2), "padding": .integer(1), "groups": .integer(2),
      ],
      input: [2, 8, 8], output: [4, 4, 4]),
    Case(name: "conv3d", options: ["out_channels": .integer(2), "kernel_size": .integer(2)], input: [1, 4, 4, 4], output: [2, 3, 3, 3]),
    Case(
      name: "conv_transpose", options: ["out_channels": .integer(3), "kernel_size": .integer(2), "stride": .integer(2)], input: [2, 4, 4],
      output: [3, 8, 8]),
    Case(name: "batch_norm", input: [3, 4, 4], output: [3, 4, 4]), Case(name: "layer_norm", input: [3, 4], output: [3, 4]),
    Case(
      name: "embedding", options: ["num_embeddings": .integer(7), "embedding_dim": .integer(4)], input: [5], output: [5, 4], dtype: .int32),
    Case(name: "lstm", options: ["hidden_size": .integer(6)], input: [5, 3], output: [5, 6]),
    Case(name: "lstm", options: ["hidden_size": .integer(6), "output_sequence": .bool(false)], input: [5, 3], output: [6]),
    Case(
      name: "lstm", options: ["hidden_size": .integer(6), "bidirectional": .bool(true), "num_layers": .integer(2)], input: [5, 3],
      output: [5, 12]),
    Case(name: "gru", options: ["hidden_size": .integer(6)], input: [5, 3], output: [5, 6]),
    Case(
      name: "gru",
      options: ["hidden_size": .integer(6), "bidirectional": .bool(true), "num_layers": .integer(2), "dropout": .number(0.2)],
      input: [5, 3], output: [5, 12]),
    Case(
      name: "gru", options: ["hidden_size": .integer(6), "bidirectional": .bool(true), "output_sequence": .bool(false)], input: [5, 3],
      output: [12]),
    Case(name: "multi_head_attention", options: ["num_heads": .integer(2)], input: [5, 8], output: [5, 8]),
    Case(
      name: "multi_head_attention",
      options: ["num_heads": .integer(4), "num_key_value_heads": .integer(2), "rope": .bool(true), "is_causal": .bool(true)],
      input: [5, 8],
      output: [5, 8]),
    Case(name: "rms_norm", input: [3, 4], output: [3, 4]), Case(name: "rope", input: [2, 5, 6], output: [2, 5, 6]),
    Case(name: "swiglu", options: ["hidden_features": .integer(6)], input: [5, 4], output: [5, 4]),
    Case(name: "dropout", input: [4], output: [4]), Case(name: "max_pool", input: [2, 8, 8], output: [2, 4, 4]),
    Case(name: "avg_pool", options: ["kernel_size": .integer(3), "stride": .integer(1)], input: [2, 8, 8], output: [2, 6, 6]),
    Case(name: "global_avg_pool", input: [2, 8, 8], output: [2]), Case(name: "flatten", input: [2, 3, 4], output: [24]),
    Case(name: "reshape", options: ["shape": .list([.integer(4), .integer(6)])], input: [24], output: [4, 6]),
    Case(name: "relu", input: [4], output: [4]), Case(name: "gelu", input: [4], output: [4]),
    Case(name: "sigmoid", input: [4], output: [4]),
    Case(name: "tanh", input: [4], output: [4]), Case(name: "silu", input: [4], output: [4]),
    Case(name: "leaky_relu", input: [4], output: [4]),
    Case(name: "softmax", input: [4], output: [4]),
  ]

  @Test(arguments: cases, [Opset.iOS15, .iOS18]) func writesWhatVerifies(_ example: Case, _ opset: Opset) throws {
    let input = TensorType(example.dtype, [.any] + example.input.map { .fixed($0) })
    let writer = try NetworkWriter(inputs: [NamedType("x", .tensor(input))], opset: opset, seed: 1)
    let type = try #require(Layers.all.first { $0.name == example.name })
    let y = try type.init(example.options).emit(writer.value("x"), into: writer)
    let program = Program(functions: [try writer.function(outputs: [("y", y)])])
    try program.verify()
    try program.checkTypes()
    for batch in [1, 3] {
      let x = Tensor(zeros: example.dtype, [batch] + example.input)
      guard case .tensor(let tensor)? = try Executor(program: program).run(["x": x])["y"] else {
        Issue.record("no tensor")
        return
      }
      #expect(tensor.shape == [batch] + example.output)
    }
    #expect((example.name == "dropout" || example.options["dropout"] != nil) == !writer.dropout.isEmpty)
  }

  /// The last state of each direction is the one at the end of its traversal.
  @Test(arguments: ["lstm", "gru"]) func bothDirectionsEndWhereTheyShould(_ name: String) throws {
    let type = try #require(Layers.all.first { $0.name == name })
    func run(_ x: Tensor, all: Bool) throws -> [Float] {
      let writer = try NetworkWriter(
        inputs: [NamedType("x", .tensor(TensorType(.float32, [.any, .fixed(5), .fixed(3)])))], opset: .iOS18, seed: 4)
      let layer = try type.init(["hidden_size": .integer(6), "bidirectional": .bool(true), "output_sequence": .bool(all)])
      let y = try layer.emit(writer.value("x"), into: writer)
      let program = Program(functions: [try writer.function(outputs: [("y", y)])])
      guard case .tensor(let tensor)? = try Executor(program: program).run(["x": x])["y"] else { return [] }
      return tensor.floats()
    }
    var numbers = (0..<15).map { Float(sin(Double($0))) }
    let x = Tensor(numbers, shape: [1, 5, 3])
    let (sequence, last) = (try run(x, all: true), try run(x, all: false))
    #expect(sequence.count == 60 && last.count == 12)
    for i in 0..<6 {
      #expect(abs(last[i] - sequence[4 * 12 + i]) < 1e-6)
      #expect(abs(last[6 + i] - sequence[6 + i]) < 1e-6)
    }
    // Changing the first step changes all forward states, but only the first backward state.
    numbers[0] += 1
    let other = try run(Tensor(numbers, shape: [1, 5, 3]), all: true)
    for step in 0..<5 {
      let forwards = (0..<6).contains { abs(sequence[step * 12 + $0] - other[step * 12 + $0]) > 1e-6 }
      let backwards = (6..<12).contains { abs(sequence[step * 12 + $0] - other[step * 12 + $0]) > 1e-6 }
      #expect(forwards && backwards == (step == 0))
    }
  }

  @Test func everyLayerIsTried() { #expect(Set(Self.cases.map(\.name)) == Set(Layers.all.map { $0.name })) }

  @Test func initializersHaveTheirSpread() {
    var random = SplitMix64(seed: 1)
    let fan = Fan([200, 100])
    func spread(_ rule: Initializer) -> (deviation: Double, peak: Double) {
      let values = rule.tensor([200, 100], fan: fan, using: &random).doubles()
      return ((values.reduce(0) { $0 + $1 * $1 } / Double(values.count)).squareRoot(), values.map(abs).max() ?? 0)
    }
    // A uniform distribution within ±b has a deviation of b/√3.
    #expect(abs(spread(.default).peak - 0.1) < 1e-3)
    #expect(abs(spread(.default).deviation - 0.1 / 3.0.squareRoot()) < 1e-3)
    #expect(abs(spread(.xavierUniform).peak - (6.0 / 300).squareRoot()) < 1e-3)
    #expect(abs(spread(.kaimingNormal).deviation - (2.0 / 100).squareRoot()) < 3e-3)
    #expect(spread(.zeros).peak == 0)
  }
}
