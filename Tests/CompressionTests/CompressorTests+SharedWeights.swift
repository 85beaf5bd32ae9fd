// SPDX-License-Identifier: Apache-2.0
// Weights that several operators read, with equal or conflicting settings and axes.

import Compression
import Encodings
import MIL
import Options
import Rules
import Synchronization
import Operators
import Tensors
import Testing

extension CompressorTests {
  @Test func agreeingConsumersShareOneWeight() throws {
    let result = try compress(Small.tied(), "quantize")
    #expect(result.report.compressed == 1)
    #expect(result.program.operation("embedded")?.bindings("x") == [.name("table_quantized")])
    #expect(result.program.operation("logits")?.bindings("y") == [.name("table_quantized")])
  }

  @Test func disagreeingAxes() throws {
    let report = try compress(Small.tied(transposed: false), "quantize").report
    #expect(
      report.entries.map(\.reason) == [
        "its consumers embedded, logits disagree on the channel axes; tied = \"split\" stores it once for each"
      ])
    // A scale for the whole tensor does not depend on axes, but coremltools still skips the weight.
    let perTensor: [String: OptionValue] = ["granularity": .string("per_tensor")]
    #expect(
      try compress(Small.tied(transposed: false), "quantize", perTensor).report.compressed == 1)
    #expect(
      try compress(
        Small.tied(transposed: false), "quantize",
        perTensor.merging(["compatible": .bool(true)]) { $1 }
      ).report.compressed == 0)
  }

  @Test func disagreeingSettings() throws {
    let fields: [String: OptionValue] = ["op_types": .dictionary(["gather": .bool(false)])]
    let error = #expect(throws: CompressionError.self) {
      try compress(Small.tied(), "quantize", fields)
    }
    #expect(
      error.map {
        "\($0)".hasPrefix("table is shared by embedded (left alone) and logits (quantize {})")
      } == true)
    let first = try compress(
      Small.tied(), "quantize", fields.merging(["tied": .string("first")]) { $1 })
    #expect(first.report.compressed == 0)
    let split = try compress(
      Small.tied(), "quantize", fields.merging(["tied": .string("split")]) { $1 })
    #expect(split.report.entries.map(\.action) == ["skipped", "quantized"])
    #expect(split.program.operation("embedded")?.bindings("x") == [.name("table")])
    #expect(split.program.operation("logits")?.bindings("y") == [.name("table_quantized")])
    #expect(split.program.operation("table")?.type == "const")
    // A rule for the name of the weight resolves the conflict.
    let named = fields.merging(["op_names": .dictionary(["table": .dictionary([:])])]) { $1 }
    #expect(try compress(Small.tied(), "quantize", named).report.compressed == 1)
  }

  @Test func splittingByAxes() throws {
    func split(_ step: String, _ fields: [String: OptionValue], _ program: Program) throws -> CompressionResult {
      try compress(program, step, fields.merging(["tied": .string("split")]) { $1 })
    }
    let result = try split("quantize", [:], Small.tied(transposed: false))
    #expect(result.report.entries.map(\.action) == ["quantized", "quantized"])
    #expect(result.report.bytesBefore == 64 * 64 * 4 && result.report.bytesAfter == 2 * (64 * 64 + 64 * 4))
    func scale(_ reader: String, _ parameter: String) throws -> Shape {
      let name = try #require(result.program.operation(reader)?.bindings(parameter)?.first?.name)
      guard case .constant(let constant)? = result.program.operation(name)?.bindings("scale")?.first else { return [] }
      return constant.tensor?.shape ?? []
    }
    #expect(try scale("embedded", "x") == [64, 1] && scale("logits", "y") == [1, 64])
    // One copy is sufficient if the consumers agree or no axis is needed.
    #expect(try split("quantize", [:], Small.tied()).report.entries.count == 1)
    let perTensor: [String: OptionValue] = ["granularity": .string("per_tensor")]
    #expect(try split("quantize", perTensor, Small.tied(transposed: false)).report.entries.map(\.action) == ["quantized"])
    let threshold: [String: OptionValue] = ["weight_threshold": .integer(100_000)]
    #expect(try split("quantize", threshold, Small.tied(transposed: false)).report.entries.map(\.action) == ["skipped"])
    let groups: [String: OptionValue] = ["nbits": .integer(2), "granularity": .string("per_grouped_channel")]
    #expect(try split("palettize", groups, Small.tied(transposed: false)).report.compressed == 2)
    // The copies can be compressed further independently.
    let pruned = try compress(Small.tied(transposed: false), "prune", ["target_sparsity": .number(0.5)]).program
    let both = try split("quantize", [:], pruned)
    #expect(both.report.entries.map(\.scheme) == ["sparse+quantized", "sparse+quantized"])
    #expect(try both.program.weights(Catalog.weightTable).count == 2)
  }

  /// An operator that reads a weight through both parameters.
  @Test func splittingWithinOneOperator() throws {
    let program = Small.program(
      [Small.const("w", [64, 64]), Small.operation("matmul", "square", ["x": "w", "y": "w"])], outputs: ["square"])
    #expect(try compress(program, "quantize").report.compressed == 0)
    let result = try compress(program, "quantize", ["tied": .string("split")])
    #expect(result.report.compressed == 2)
    let square = try #require(result.program.operation("square"))
    #expect(square.bindings("x") == [.name("w_quantized")] && square.bindings("y") == [.name("w_quantized_1")])
    #expect(try result.program.weights(Catalog.weightTable).count == 2 && result.program.operation("w") == nil)
  }
}
