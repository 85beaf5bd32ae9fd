// SPDX-License-Identifier: Apache-2.0
// The list of weights.

import Compression
import Encodings
import MIL
import Operators
import Tensors
import Testing
import WeightStorage

@Suite("Inventory") struct WeightInventoryTests {
  @Test func entriesOfAPlainProgram() throws {
    let weights = try Small.layers().weights(Catalog.weightTable)
    #expect(weights.map(\.name) == ["a", "a_bias", "b"])
    #expect(weights.map(\.parameter) == ["weight", "bias", "weight"])
    #expect(
      weights[2].opType == "linear" && weights[2].opName == "second"
        && weights[2].shape == [64, 48])
    #expect(
      weights[2].bytes == 64 * 48 * 4 && weights[2].bits == 32
        && weights[2].scheme.description == "dense")
  }

  @Test func statistics() throws {
    let values = Tensor([Float]([0, -0.0, 1, 1, -3, 2, 1e-13, 2, 2, 5]), shape: [2, 5])
    let program = Small.program(
      [.const("w", Constant(values)), Small.operation("linear", "y", ["x": "x", "weight": "w"])],
      outputs: ["y"])
    let statistics = try #require(try program.weights(Catalog.weightTable).first).statistics()
    #expect(
      statistics.sparsity == 0.3 && statistics.uniqueValues == 6 && statistics.min == -3
        && statistics.max == 5)
  }

  @Test(arguments: [
    ("conv", "weight", false, 0, 1), ("conv_transpose", "weight", false, 1, 0),
    ("gather", "x", false, 0, 1), ("linear", "weight", false, 0, 1),
    ("matmul", "y", false, 2, 1), ("matmul", "y", true, 1, 2), ("matmul", "x", false, 1, 2),
    ("matmul", "x", true, 2, 1),
  ])
  func channelAxes(type: String, parameter: String, isTransposed: Bool, output: Int, input: Int) {
    let axes = Consumer(
      operatorType: type, operatorName: "o", parameter: parameter, traits: Catalog.weightTable[type], isTransposed: isTransposed
    ).channelAxes(rank: 3)
    #expect(axes == (output, input))
  }

  @Test func transpositionIsReadFromTheProgram() throws {
    for transposed in [false, true] {
      let site = try #require(try Small.tied(transposed: transposed).weightSites(Catalog.weightTable).first)
      #expect(site.consumers.map(\.isTransposed) == [false, transposed])
      #expect(site.channelAxes.output == (transposed ? 0 : nil))
    }
  }

  @Test func everyReaderIsNamed() throws {
    func words(_ entry: WeightEntry) -> [String] {
      entry.readers.map { "\($0.function): \($0.opType) \($0.opName).\($0.parameter)" }
    }
    let tied = try #require(try Small.tied().weights(Catalog.weightTable).first)
    #expect(words(tied) == ["main: gather embedded.x", "main: matmul logits.y"])
    #expect(tied.opType == "gather" && tied.opName == "embedded" && tied.parameter == "x")
    // A function that shares the bytes; one with equal bytes of its own does not.
    for shares in [true, false] {
      var program = Small.layers()
      var second = shares ? program.functions[0] : Small.layers().functions[0]
      second.name = "other"
      program.functions.append(second)
      let weights = try program.weights(Catalog.weightTable)
      #expect(weights.map(\.function) == ["main", "main", "main", "other", "other", "other"])
      let others = shares ? ["main: linear second.weight"] : []
      #expect(words(weights[5]) == ["other: linear second.weight"] + others)
      #expect(words(weights[1]) == ["main: linear first.bias"] + (shares ? ["other: linear first.bias"] : []))
    }
  }

  @Test func shortAndIntegerConstantsAreNoWeights() throws {
    let program = Small.program(
      [
        .const("short", Constant(Tensor([Float](repeating: 1, count: 9)))),
        .const("ids", Constant.int32s(Array(0..<100))),
        Small.operation("add", "y", ["x": "short", "y": "ids"]),
      ], outputs: ["y"])
    #expect(try program.weights(Catalog.weightTable).isEmpty)
  }
}
