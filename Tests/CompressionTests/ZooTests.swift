// SPDX-License-Identifier: Apache-2.0
// Whole packages: repeats coremltools' compression of the zoo's models.
//
// If WANE_COMPRESSED is a folder, the results are saved there, for tools that read packages with coremltools.

import Compression
import Encodings
import Foundation
import MIL
import ModelPackages
import Operators
import Options
import Tensors
import TestSupport
import Testing
import WeightStorage

@Suite("Zoo", .enabled(if: Zoo.isPresent, Comment(rawValue: Zoo.absence))) struct ZooTests {
  /// A package of `mnist_cnn/compressed`, the original package, and the compression steps.
  struct Recipe: Sendable, CustomStringConvertible {
    let name: String
    let base: String
    let steps: [Step]
    /// Whether all values must be equal. Otherwise the error must not be larger.
    let isExact: Bool
    var description: String { name }
  }

  struct Step: Sendable {
    let name: String
    let options: [String: OptionValue]
    init(_ name: String, _ options: [String: OptionValue]) {
      self.name = name
      self.options = options.merging(["weight_threshold": .integer(512)]) { a, _ in a }
    }
  }

  static let iOS16 = "mnist_cnn_fp32_iOS16_batch"
  static let iOS18 = "mnist_cnn_fp32_iOS18_batch"
  static let half = Step("prune", ["target_sparsity": .number(0.5)])
  static let four = Step("palettize", ["nbits": .integer(4)])

  static let recipes: [Recipe] = [
    Recipe(name: "int8_sym_perchannel", base: iOS16, steps: [Step("quantize", [:])], isExact: true),
    Recipe(
      name: "int8_asym_perchannel", base: iOS16,
      steps: [Step("quantize", ["mode": .string("linear")])], isExact: true),
    Recipe(
      name: "int8_sym_pertensor", base: iOS16,
      steps: [Step("quantize", ["granularity": .string("per_tensor")])], isExact: true),
    Recipe(
      name: "int4_sym_perblock32_iOS18", base: iOS18,
      steps: [Step("quantize", ["dtype": .string("int4"), "granularity": .string("per_block")])],
      isExact: true),
    Recipe(
      name: "pal4_uniform", base: iOS16,
      steps: [Step("palettize", ["nbits": .integer(4), "mode": .string("uniform")])], isExact: true),
    Recipe(
      name: "pal_unique_after_uniform6", base: iOS16,
      steps: [
        Step("palettize", ["nbits": .integer(6), "mode": .string("uniform")]),
        Step("decompress", [:]), Step("palettize", ["mode": .string("unique")]),
      ], isExact: true),
    Recipe(name: "pal4_kmeans", base: iOS16, steps: [four], isExact: false),
    Recipe(
      name: "pal4_grouped16_iOS18", base: iOS18,
      steps: [
        Step(
          "palettize",
          [
            "nbits": .integer(4), "granularity": .string("per_grouped_channel"),
            "group_size": .integer(16),
          ])
      ], isExact: false),
    Recipe(
      name: "pal4_clusterdim2_iOS18", base: iOS18,
      steps: [Step("palettize", ["nbits": .integer(4), "cluster_dim": .integer(2)])], isExact: false
    ),
    Recipe(name: "prune_thr1e-3", base: iOS16, steps: [threshold(1e-3)], isExact: true),
    Recipe(name: "prune_thr3e-2", base: iOS16, steps: [threshold(3e-2)], isExact: true),
    Recipe(name: "prune_mag50", base: iOS16, steps: [half], isExact: true),
    Recipe(
      name: "prune_mag75_block4", base: iOS16,
      steps: [
        Step(
          "prune",
          ["target_sparsity": .number(0.75), "block_size": .integer(4), "dim": .integer(0)])
      ], isExact: true),
    Recipe(
      name: "prune_nm2of4", base: iOS16,
      steps: [
        Step("prune", ["n_m_ratio": .list([.integer(2), .integer(4)]), "dim": .integer(1)])
      ], isExact: true),
    Recipe(name: "joint_prune50_pal4_iOS18", base: iOS18, steps: [half, four], isExact: false),
    Recipe(
      name: "joint_pal4_int8lut_iOS18", base: iOS18,
      steps: [four, Step("quantize", ["granularity": .string("per_tensor")])], isExact: false),
  ]

  static func threshold(_ value: Double) -> Step {
    Step("prune", ["threshold": .number(value), "minimum_sparsity_percentile": .number(0)])
  }

  func load(_ path: String) throws -> ModelPackage {
    try ModelPackage.load(try #require(Zoo.folder) + "/" + path + ".mlpackage")
  }

  func apply(_ steps: [Step], to program: Program) throws -> Program {
    try steps.reduce(program) { program, step in
      if step.name == "decompress" { return try Compressor(Catalog.weightTable).decompress(program).program }
      let recipe = Compression.Recipe(try Techniques.standard.make(step: step.name, step.options))
      return try Compressor(Catalog.weightTable).compress(program, recipe).program
    }
  }

  func squaredError(_ a: Tensor, _ b: Tensor) -> Double {
    zip(a.doubles(), b.doubles()).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }
  }

  @Test(arguments: recipes) func asCoremltools(recipe: Recipe) throws {
    let base = try load("mnist_cnn/\(recipe.base)")
    let ours = try base.withProgram(try apply(recipe.steps, to: base.program))
    let theirs = try load("mnist_cnn/compressed/mnist_\(recipe.name)")
    if let folder = ProcessInfo.processInfo.environment["WANE_COMPRESSED"] {
      try ours.save(to: "\(folder)/mnist_\(recipe.name).mlpackage", overwrite: true)
    }
    #expect(ours.specificationVersion == theirs.specificationVersion)
    let dense = Dictionary(uniqueKeysWithValues: try base.program.weights(Catalog.weightTable).map { ($0.name, $0) })
    let reference = Dictionary(
      uniqueKeysWithValues: try theirs.program.weights(Catalog.weightTable).map { ($0.name, $0) })
    let entries = try ours.program.weights(Catalog.weightTable)
    #expect(entries.count == reference.count && entries.contains { $0.scheme != [] })
    for entry in entries {
      let other = try #require(reference[entry.name])
      #expect(
        entry.scheme == other.scheme && entry.bytes == other.bytes
          && entry.valueName == other.valueName, "\(entry.name)")
      let (mine, wanted) = (try entry.weight.decoded(), try other.weight.decoded())
      if recipe.isExact {
        #expect(mine.floats() == wanted.floats(), "\(entry.name)")
      } else {
        let original = try #require(dense[entry.name]).weight.decoded()
        #expect(
          squaredError(mine, original) <= squaredError(wanted, original) * 1.0001, "\(entry.name)")
      }
    }
  }

  /// The decoded values equal those of coremltools' own decompression.
  @Test func everyPackageDecompresses() throws {
    let paths = Zoo.packages().filter { $0.contains("/compressed/") }
    #expect(paths.count >= Self.recipes.count)
    for path in paths {
      let package = try ModelPackage.load(path)
      let plain = try Compressor(Catalog.weightTable).decompress(package.program)
      #expect(!plain.report.entries.isEmpty, "\(path)")
      #expect(try plain.program.weights(Catalog.weightTable).allSatisfy { $0.scheme == [] }, "\(path)")
      #expect(
        !plain.program.functions.contains {
          $0.block.operations.contains { $0.type.hasPrefix("constexpr_") }
        }, "\(path)")
    }
  }

  @Test func aSentenceEncoderInFourBits() throws {
    let base = try load("minilm_l6/minilm_l6_fp16_iOS16_len128")
    let clock = ContinuousClock()
    var report = CompressionReport()
    let time = try clock.measure {
      report = try Compressor(Catalog.weightTable).compress(
        base.program,
        Compression.Recipe(try Techniques.standard.make(step: "palettize", ["nbits": .integer(4)]))
      ).report
    }
    print(
      "MiniLM at 4 bits: \(time), \(report.compressed) weights, \(report.bytesBefore) → \(report.bytesAfter) bytes"
    )
    #expect(report.compressed > 30 && report.bytesAfter * 39 / 10 < report.bytesBefore)
  }
}
