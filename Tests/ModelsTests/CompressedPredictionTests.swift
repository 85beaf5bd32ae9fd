// SPDX-License-Identifier: Apache-2.0
// For every technique and every operator that reads weights, the predictions of the compressed program equal those of
// the decompressed program.

import Compression
import Encodings
import MIL
import ModelPackages
import Operators
import Options
import Rules
import Runtime
import Tensors
import TestSupport
import Testing
import WeightStorage

@Suite struct CompressedPredictionTests {
  static let columns = 64, rows = 48

  /// A program with a weight of shape [48, 64], read by `linear`, `matmul`, `gather`, or as [48, 64, 1, 1] by `conv`;
  /// `branch` is a linear layer inside `cond`.
  private func program(_ reader: String, _ dtype: DType, batch: Int) throws -> Program {
    var random = SplitMix64(seed: 2)
    let shape = [Self.rows, Self.columns] + (reader == "conv" ? [1, 1] : [])
    let weight = Tensor((0..<Self.rows * Self.columns).map { _ in Float(random.normal()) * 0.1 }, shape: shape).cast(to: dtype)
    let type = dtype == .float16 ? "fp16" : "fp32"
    let (input, line) =
      switch reader {
      case "linear": ("\(type), [\(batch), 64]", "linear(x = x, weight = w)")
      case "matmul": ("\(type), [\(batch), 64]", "matmul(x = x, y = w, transpose_y = true)")
      case "conv": ("\(type), [1, 64, \(batch), 1]", "conv(x = x, weight = w)")
      default: ("int32, [\(batch)]", "gather(x = w, indices = x, axis = 0)")
      }
    var made = try Program(
      text: "func main<iOS18>(x: tensor<\(input)>) {\n  w = identity(x = tensor<\(type), []>(0))\n  y = \(line)\n} -> (y)"
    ) {
      operation, types in
      if operation.type == "identity" { return [.tensor(dtype, shape)] }
      let op = try Catalog.find(operation)
      return try op.infer(Call(operation, opset: .iOS18) { name in types[name].map { Operand(name: name, type: $0) } })
    }
    for i in made.functions[0].block.operations.indices where made.functions[0].block.operations[i].type == "identity" {
      made.functions[0].block.operations[i] = .const("w", Constant(weight))
    }
    return made
  }

  static let steps: [(String, [String: OptionValue])] = [
    ("quantize", ["dtype": .string("int8")]), ("quantize", ["dtype": .string("uint8"), "mode": .string("linear")]),
    ("quantize", ["dtype": .string("int8"), "granularity": .string("per_tensor")]),
    ("quantize", ["dtype": .string("int4"), "granularity": .string("per_channel")]),
    ("quantize", ["dtype": .string("int4"), "granularity": .string("per_block"), "block_size": .integer(32)]),
    ("quantize", ["dtype": .string("uint4"), "mode": .string("linear"), "granularity": .string("per_block"), "block_size": .integer(32)]),
    ("quantize", ["dtype": .string("int4"), "granularity": .string("per_block"), "block_size": .integer(8)]),
    ("palettize", ["nbits": .integer(1)]), ("palettize", ["nbits": .integer(3)]), ("palettize", ["nbits": .integer(4)]),
    ("palettize", ["nbits": .integer(6)]), ("palettize", ["nbits": .integer(8)]),
    ("palettize", ["nbits": .integer(4), "granularity": .string("per_grouped_channel"), "group_size": .integer(16)]),
    ("palettize", ["nbits": .integer(4), "enable_per_channel_scale": .bool(true)]),
    ("palettize", ["nbits": .integer(4), "cluster_dim": .integer(2)]),
    ("prune", ["target_sparsity": .number(0.5)]), ("prune", ["target_sparsity": .number(0.9)]),
  ]

  @Test(arguments: 0..<steps.count, ["linear", "matmul", "conv", "gather"])
  func agreesWithDecompressed(number: Int, reader: String) throws {
    let (step, options) = Self.steps[number]
    let all = options.merging(["weight_threshold": .integer(16)]) { $1 }
    for dtype in [DType.float16, .float32] {
      for (extra, fields) in [("", [:]), ("palettize", ["nbits": .integer(4)]), ("quantize", ["dtype": .string("int8")])]
        as [(String, [String: OptionValue])]
      where extra.isEmpty || step == "prune" {
        for batch in [1, 2, 7, 33] {
          let source = try program(reader, dtype, batch: batch)
          var stored = try compressed(source, step, all)
          if !extra.isEmpty { stored = try compressed(stored, extra, fields.merging(["weight_threshold": .integer(16)]) { $1 }) }
          let site = try #require(try Compressor(Catalog.weightTable).decompress(stored).program.weightSites(Catalog.weightTable).first)
          let weight = try site.weight.decoded().floats()
          let input = try #require(source.functions[0].inputs[0].type.tensorType?.shape)
          for policy in [WeightPolicy.auto, .dense, .packed] {
            let executor = try Executor(program: stored, options: RuntimeOptions(weights: policy, keepsComputedResults: true))
            for activations in reader == "gather" ? [.ordinary] : Activations.allCases {
              let words: Comment = "\(step) \(extra) \(options), \(dtype.name), batch \(batch), \(activations), \(policy)"
              let vector = Tensor(activations.vector(Self.columns)).cast(to: dtype).floats(),
                indices = (0..<batch).map { $0 * 5 % Self.rows }
              let x =
                reader == "gather"
                ? Tensor(indices.map { Int32($0) }, shape: input)
                : Tensor((0..<batch).flatMap { _ in vector }, shape: [batch, 64]).arranged(as: input)
              guard case .tensor(let tensor)? = try executor.run(["x": x])["y"] else {
                Issue.record(words)
                continue
              }
              let found = tensor.floats()
              if reader == "gather" {
                #expect(found == indices.flatMap { weight[$0 * Self.columns..<($0 + 1) * Self.columns] }, words)
                continue
              }
              let products = (0..<Self.rows).map { DotProduct(weight[$0 * Self.columns..<($0 + 1) * Self.columns], vector) }
              #expect(found.count == batch * Self.rows, words)
              let wrong = found.indices.first { i in
                !products[reader == "conv" ? i / batch : i % Self.rows].agrees(found[i])
              }
              #expect(wrong == nil, words)
            }
          }
        }
      }
    }
  }

  private func compressed(_ program: Program, _ step: String, _ options: [String: OptionValue]) throws -> Program {
    try Compressor(Catalog.weightTable).compress(program, Recipe(try Techniques.standard.make(step: step, options))).program
  }
}

extension Tensor {
  /// Rows `[n, 64]` arranged as `shape`: unchanged, or as the channels of `[1, 64, n, 1]`.
  fileprivate func arranged(as shape: Shape) -> Tensor {
    guard shape.count == 4 else { return self }
    let values = floats(), n = self.shape[0], width = self.shape[1]
    return Tensor((0..<values.count).map { values[$0 % n * width + $0 / n] }, shape: shape)
  }
}
