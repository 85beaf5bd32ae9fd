// SPDX-License-Identifier: Apache-2.0
// Programs of torch.export beside PyTorch's outputs. Tests/Fixtures/torch/make.py makes the files.

import Conversion
import DataFiles
import Foundation
import MIL
import ModelPackages
import Runtime
import TestSupport
import Tensors
import Testing

struct ExportedProgramTests {
  private static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .appendingPathComponent(
      "Fixtures/torch")

  private func convert(_ name: String, _ change: (inout ConversionOptions) -> Void = { _ in }) throws -> (ModelPackage, ConversionReport) {
    var options = ConversionOptions.single
    change(&options)
    let (package, report) = try Converter.convert(export: Self.folder.appendingPathComponent("\(name).pt2").path, options)
    return (try #require(package), report)
  }

  private func arrays(_ name: String) throws -> [String: Tensor] { try NPZ.read(Self.folder.appendingPathComponent("\(name).npz").path) }

  private func run(_ package: ModelPackage, _ x: Tensor) throws -> [String: Tensor] {
    try Executor(program: package.program).run(["x": x]).compactMapValues { if case .tensor(let tensor) = $0 { tensor } else { nil } }
  }

  private func expectEqual(_ a: Tensor?, _ b: Tensor?) throws {
    let (x, y) = (try #require(a), try #require(b))
    #expect(x.shape == y.shape)
    let peak = y.floats().map(abs).max() ?? 0
    #expect(zip(x.floats(), y.floats()).allSatisfy { abs($0 - $1) <= 1e-4 * peak })
  }

  /// Views that are written to, an in-place relu, a dictionary of outputs, a flexible batch with the exported size as default.
  @Test func viewsAndNames() throws {
    let (package, _) = try convert("views")
    let reference = try arrays("views")
    let x = try #require(reference["x"])
    let outputs = try run(package, x)
    #expect(outputs.keys.sorted() == ["logits", "sums"])
    try expectEqual(outputs["logits"], reference["out_0"])
    try expectEqual(outputs["sums"], reference["out_1"])
    let feature = try #require(package.interface.functions[0].inputs.first?.array)
    #expect(feature.shape == [2, 2, 5, 5])
    #expect(try run(package, x.rows(0..<1))["logits"]?.shape == [1, 3])
  }

  @Test func batchNormsStayForTraining() throws {
    let (package, _) = try convert("views") { $0.trainable = true }
    #expect(package.program.functions[0].block.operations.contains { $0.type == "batch_norm" })
    let (folded, _) = try convert("views")
    #expect(!folded.program.functions[0].block.operations.contains { $0.type == "batch_norm" })
  }

  @Test func weightsKeepTheirNames() throws {
    let (package, _) = try convert("views")
    let names = Set(package.program.functions[0].block.operations.flatMap { $0.outputs.map(\.name) })
    #expect(names.contains("head_weight"))
  }

  @Test func aBufferBecomesAState() throws {
    let (package, report) = try convert("counter")
    #expect(package.interface.functions[0].states.map(\.name) == ["total"])
    #expect(report.notes.contains { $0.subject == "total" })
    #expect {
      try convert("counter") { $0.target = .iOS17 }
    } throws: { "\($0)".contains("'total'") && "\($0)".contains("iOS18") }
  }

  @Test func withoutStatesABufferKeepsItsContent() throws {
    for target in [Opset.iOS17, .iOS18] {
      let (package, report) = try convert("counter") {
        $0.states = .none
        $0.target = target
      }
      #expect(package.interface.functions[0].states.isEmpty)
      #expect(report.notes.contains { $0.subject == "total" && $0.text.contains("without states") })
      #expect(!package.program.functions[0].block.operations.contains { $0.type == "read_state" || $0.type == "coreml_update_state" })
    }
  }

  @Test func recurrentLayersStayLayers() throws {
    let (package, report) = try convert("recurrent")
    #expect(report.operators["lstm"] == 2)
    let reference = try arrays("recurrent")
    try expectEqual(run(package, try #require(reference["x"]))["output"], reference["out_0"])
  }

  @Test func aRangeMayBeFixed() throws {
    let (package, _) = try convert("views") { $0.inputs["x"] = InputOption.fixed([1, 2, 5, 5]) }
    #expect(package.interface.functions[0].inputs.first?.array?.shape == [1, 2, 5, 5])
  }
}

extension InputOption {
  fileprivate static func fixed(_ shape: [Int]) -> InputOption {
    var option = InputOption()
    option.shape = shape.map { DimensionOption(fixed: $0) }
    return option
  }
}
