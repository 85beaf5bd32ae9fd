// SPDX-License-Identifier: Apache-2.0
// Adding a technique requires one file and one list entry: a technique defined here is read, applied, reported and
// named like the others.

import Compression
import Encodings
import MIL
import Operators
import Options
import Rules
import Tensors
import Testing
import WeightStorage

/// Stores 32-bit weights as 16-bit floats.
private struct Halving: DeclaredTechnique {
  var largest: Double = 65504
  var weightThreshold: Int = 2048

  init() {}

  static let step = TechniqueStep("halve", "Store 32-bit weights as 16-bit floats.", example: "model:halve{ largest = 100 }")
  static let configType = "OpHalverConfig"
  static let summary = "Store 32-bit weights in half the bytes."
  static let source = "constexpr_cast of MIL"
  static let action = "halved"
  static let suffixes = ["_halved"]
  static let dependsOnValues = true

  static var options: [Option<Self>] {
    [
      .number("largest", \.largest, in: 0...65504, "weights with larger numbers are left alone"),
      .weightThreshold(\.weightThreshold),
    ]
  }

  var needsAxes: Bool { false }

  func joint(with present: EncodingScheme) -> JointRule { .refused(reason: "only plain weights are halved") }

  func compress(_ weight: EncodedWeight, _ context: WeightContext) throws -> EncodedWeight {
    guard case .dense(let tensor) = weight, tensor.dtype == .float32 else { throw SkipReason.elementType(weight.dtype) }
    guard tensor.floats().allSatisfy({ Double(abs($0)) <= largest }) else { throw SkipReason.notFinite(count: 1) }
    return .cast(tensor.cast(to: .float16))
  }
}

@Suite("A technique of one's own") struct OwnTechniqueTests {
  /// The list with the additional entry.
  private let techniques = Techniques.standard.adding(TechniqueKind(Halving.self))

  @Test func isKnown() throws {
    #expect(techniques.names == ["quantize", "palettize", "prune", "halve"] && Techniques.standard.names.count == 3)
    #expect(techniques.steps.last == Halving.step && techniques.suffixes.contains("_halved"))
    #expect(techniques.dependsOnValues(step: "halve") && techniques.dependsOnValues(step: "prune"))
    #expect(!techniques.dependsOnValues(step: "quantize") && !techniques.dependsOnValues(step: "palettize"))
    #expect(techniques.options(step: "halve").map(\.name) == ["largest", "weight_threshold"])
    let made = try techniques.make(step: "halve", ["largest": .number(10)])
    #expect(made.changedOptions == ["largest": .number(10)])
    #expect(try techniques.type(configType: "OpHalverConfig").name == "halve")
    #expect(throws: OptionError.self) { try techniques.make(step: "halve", ["largets": .number(10)]) }
    #expect(throws: CompressionError.self) { try Techniques.standard.make(step: "halve", [:]) }
  }

  @Test(arguments: [Opset.iOS16, .iOS18]) func isAppliedReportedAndNamed(opset: Opset) throws {
    let compressor = Compressor(Catalog.weightTable, techniques: techniques)
    let base = Small.layers(opset)
    let recipe = try Recipe(step: "halve", .dictionary([:]), Catalog.weightTable, techniques: techniques) { _ in { _ in false } }
    let result = try compressor.compress(base, recipe)
    #expect(result.report.entries.map(\.action) == ["halved", "skipped", "halved"])
    #expect(result.report.entries[0].bytesAfter * 2 == result.report.entries[0].bytesBefore)
    let a = try #require(result.program.operation("a_halved"))
    #expect(a.type == "constexpr_cast" && result.program.operation("first")?.bindings("weight") == [.name("a_halved")])
    // The weight keeps its name if the technique is registered.
    #expect(try result.program.weights(Catalog.weightTable, techniques).map(\.name) == ["a", "a_bias", "b"])
    #expect(try result.program.weights(Catalog.weightTable).map(\.name) == ["a_halved", "a_bias", "b_halved"])
    #expect(result.report.entries[0].reason == "global")
    // A step behind it goes by that name too.
    var rules = Rules<any Technique>()
    rules.names = ["a": .apply([try techniques.make(step: "quantize", [:])])]
    let both = try compressor.compress(result.program, Recipe(rules, step: "quantize"))
    #expect(both.report.entries.map { "\($0.name) \($0.action)" } == ["a quantized", "a_bias skipped", "b skipped"])
    #expect(both.program.operation("a_halved_quantized") != nil)
  }
}
