// SPDX-License-Identifier: Apache-2.0
// Reads recipes from values, including invalid ones.

import Compression
import Operators
import Options
import Rules
import Testing
import WeightStorage

@Suite("Recipe") struct RecipeTests {
  let never: PatternCompiler = { _ in { _ in false } }

  func recipe(_ step: String?, _ fields: [String: OptionValue]) throws -> Recipe {
    try Recipe(step: step, .dictionary(fields), Catalog.weightTable, compilePattern: { text in { $0.contains(text) } })
  }

  func palettization(_ setting: Rules<any Technique>.Setting?) -> Palettization? {
    setting?.configurations.first as? Palettization
  }

  @Test func defaultsAreThoseOfCoremltools() throws {
    func text(_ step: String) -> [String] {
      Techniques.standard.options(step: step).map { "\($0.name)=\($0.defaultText ?? "null")" }
    }
    #expect(
      text("quantize") == [
        "mode=\"linear_symmetric\"", "dtype=\"int8\"", "granularity=\"per_channel\"",
        "block_size=32", "algorithm=\"nearest\"", "ranges=\"best\"",
        "hessian_dampening=0.01", "use_activation_order_heuristic=true", "processing_group_size=128",
        "weight_threshold=2048",
      ])
    #expect(
      text("palettize") == [
        "mode=\"kmeans\"", "nbits=null", "lut_function=null", "granularity=\"per_tensor\"",
        "group_size=32", "channel_axis=null", "cluster_dim=1",
        "enable_per_channel_scale=false", "num_kmeans_workers=1", "algorithm=\"kmeans\"",
        "importance=\"second_moments\"", "hessian_dampening=0.01", "use_activation_order_heuristic=true", "processing_group_size=128",
        "weight_threshold=2048",
      ])
    #expect(
      text("prune") == [
        "target_sparsity=null", "block_size=null", "n_m_ratio=null", "dim=null", "algorithm=\"magnitude\"",
        "hessian_dampening=0.01", "use_activation_order_heuristic=false", "processing_group_size=128",
        "weight_threshold=2048", "threshold=1e-12",
        "minimum_sparsity_percentile=0.5",
      ])
    #expect(Techniques.standard.names == ["quantize", "palettize", "prune"])
  }

  @Test func entriesStartFromTheTop() throws {
    let fields: [String: OptionValue] = [
      "nbits": .integer(4), "weight_threshold": .integer(100),
      "op_types": .dictionary(["conv": .dictionary(["nbits": .integer(6)]), "linear": .bool(false)]
      ),
      "op_names": .dictionary(["w": .dictionary(["mode": .string("unique")])]),
      "op_patterns": .list([.list([.string("^enc"), .dictionary(["nbits": .integer(2)])])]),
      "tied": .string("first"), "joint": .bool(false),
    ]
    let recipe = try recipe("palettize", fields)
    #expect(palettization(recipe.rules.global)?.nbits == 4)
    #expect(
      palettization(recipe[type: "conv"])?.nbits == 6
        && palettization(recipe[type: "conv"])?.weightThreshold == 100)
    #expect(recipe[type: "linear"]?.configurations.isEmpty == true)
    #expect(
      palettization(recipe.rules.names["w"])?.mode == .unique
        && palettization(recipe.rules.names["w"])?.nbits == nil)
    #expect(palettization(recipe.rules.patterns.first?.setting)?.nbits == 2)
    #expect(recipe.tied == .first && !recipe.joint)
  }

  @Test func anotherWayToPruneStartsAnew() throws {
    let fields: [String: OptionValue] = [
      "target_sparsity": .number(0.5), "block_size": .integer(4), "weight_threshold": .integer(9),
      "op_types": .dictionary([
        "conv": .dictionary(["n_m_ratio": .list([.integer(2), .integer(4)])])
      ]),
    ]
    let conv = try recipe("prune", fields)[type: "conv"]?.configurations.first as? MagnitudePruning
    #expect(
      conv?.nmRatio == [2, 4] && conv?.targetSparsity == nil && conv?.blockSize == nil
        && conv?.weightThreshold == 9)
  }

  @Test func optionsForSomeOnly() throws {
    let recipe = try recipe(
      "palettize", ["op_types": .dictionary(["conv": .dictionary(["nbits": .integer(2)])])])
    #expect(recipe.rules.global == nil && palettization(recipe[type: "conv"])?.nbits == 2)
  }

  @Test func coremltoolsShape() throws {
    let fields: [String: OptionValue] = [
      "config_type": .string("OpThresholdPrunerConfig"),
      "global_config": .dictionary(["threshold": .number(0.01)]),
      "op_type_configs": .dictionary([
        "conv": .dictionary([
          "config_type": .string("OpMagnitudePrunerConfig"),
          "n_m_ratio": .list([.integer(3), .integer(4)]),
        ]), "linear": .null,
      ]),
    ]
    let recipe = try recipe(nil, fields)
    #expect((recipe.rules.global?.configurations.first as? ThresholdPruning)?.threshold == 0.01)
    #expect((recipe[type: "conv"]?.configurations.first as? MagnitudePruning)?.nmRatio == [3, 4])
    #expect(recipe[type: "linear"]?.configurations.isEmpty == true)
    let again = try Recipe(step: nil, recipe.configuration, Catalog.weightTable, compilePattern: never)
    #expect(again.configuration == recipe.configuration)
  }

  @Test(
    arguments: [
      (
        "palettize", ["nbit": .integer(4)], "palettize: unknown option 'nbit'; did you mean 'nbits'?"
      ),
      (
        "palettize", ["nbits": .integer(5)],
        "palettize: option 'nbits' must be one of 1, 2, 3, 4, 6, 8, found 5"
      ),
      (
        "palettize", ["nbits": .string("4")],
        "palettize: option 'nbits' must be one of 1, 2, 3, 4, 6, 8, found a string"
      ),
      ("palettize", [:], "palettize: mode kmeans needs nbits"),
      (
        "palettize", ["mode": .string("unique"), "nbits": .integer(4)],
        "palettize: nbits cannot be set in mode unique"
      ),
      ("palettize", ["mode": .string("custom")], "palettize: mode custom needs lut_function"),
      (
        "palettize",
        ["nbits": .integer(2), "cluster_dim": .integer(2), "mode": .string("uniform")],
        "palettize: mode uniform makes no tables of vectors"
      ),
      (
        "quantize", ["dtype": .string("int16")],
        "quantize: option 'dtype' must be one of \"int8\", \"uint8\", \"int4\", \"uint4\", found \"int16\""
      ),
      (
        "quantize", ["block_size": .integer(-1)],
        "quantize: option 'block_size' must be an integer of at least 0"
      ),
      (
        "quantize", ["op_types": .dictionary(["conv": .integer(3)])],
        "recipe: op_types.conv must be a table of options, or false"
      ),
      (
        "quantize", ["op_types": .dictionary(["const": .bool(false)])],
        "recipe: constants have no type of operator"
      ),
      // Options without effect.
      ("quantize", ["block_size": .integer(32)], "quantize: block_size goes with granularity = \"per_block\""),
      (
        "quantize", ["block_size": .integer(8), "granularity": .string("per_tensor"), "op_names": .dictionary(["a": .bool(false)])],
        "quantize: block_size goes with granularity"
      ),
      (
        "quantize", ["op_types": .dictionary(["conv": .dictionary(["block_size": .integer(8)])])],
        "quantize, op_types.conv: block_size goes with granularity"
      ),
      (
        "palettize", ["nbits": .integer(4), "group_size": .integer(8)],
        "palettize: group_size goes with granularity = \"per_grouped_channel\""
      ),
      ("palettize", ["nbits": .integer(4), "channel_axis": .integer(1)], "palettize: channel_axis goes with granularity"),
      (
        "quantize", ["op_types": .dictionary(["conv": .dictionary(["granularity": .string("per_channel"), "block_size": .integer(8)])])],
        "quantize, op_types.conv: block_size goes with granularity"
      ),
      // Configuration classes of a different step, and configurations without options.
      (
        "quantize", ["config_type": .string("OpPalettizerConfig")],
        "recipe: config_type is an OpPalettizerConfig, which belongs to palettize, not to quantize"
      ),
      (
        "quantize", ["config_type": .string("OpQuantizerConfig"), "global_config": .dictionary([:])],
        "there is no technique 'OpQuantizerConfig'"
      ),
      ("quantize", ["config_type": .string("OpLinearQuantizerConfig")], "recipe: config_type is the only field"),
      (
        "palettize", ["op_name_configs": .dictionary(["a": .dictionary(["config_type": .string("OpLinearQuantizerConfig")])])],
        "recipe: op_name_configs.a is an OpLinearQuantizerConfig, which belongs to quantize"
      ),
      ("prune", [:], "prune: one of target_sparsity, n_m_ratio and threshold is needed"),
      (
        "prune", ["target_sparsity": .number(1.5)],
        "prune: option 'target_sparsity' must be a number from 0.0 to 1.0, found 1.5"
      ),
      (
        "prune", ["target_sparsity": .number(0.5), "threshold": .number(1)],
        "prune: the options target_sparsity, threshold exclude each other"
      ),
      (
        "prune", ["target_sparsity": .number(0.5), "dim": .integer(1)],
        "prune: dim goes with block_size or n_m_ratio"
      ),
      (
        "prune", ["n_m_ratio": .list([.integer(4), .integer(2)])],
        "prune: n_m_ratio is {n, m} with n ≤ m"
      ),
      (
        "prune",
        [
          "target_sparsity": .number(0.5),
          "op_types": .dictionary(["matmul": .dictionary(["block_size": .integer(4)])]),
        ],
        "prune: block and n:m sparsity do not support operators of type matmul"
      ),
      ("quantise", [:], "there is no technique 'quantise'; did you mean 'quantize'?"),
      (
        "quantize", ["tied": .string("both")],
        "recipe: option 'tied' must be one of \"error\", \"first\", \"split\", found \"both\""
      ),
      (
        "quantize",
        ["config_type": .string("OpPalettizerConfig"), "global_config": .dictionary([:])],
        "recipe: config_type is an OpPalettizerConfig, which belongs to palettize"
      ),
      ("quantize", ["config_type": .integer(3)], "recipe: config_type must be given"),
    ] as [(String, [String: OptionValue], String)])
  func refusals(step: String, fields: [String: OptionValue], sentence: String) {
    let error = #expect(throws: (any Error).self) { try recipe(step, fields) }
    #expect(
      error.map { "\($0)".hasPrefix(sentence) } == true, "\(error.map { "\($0)" } ?? "nothing")")
  }

  /// coremltools' configurations name every option, also those that their granularity does not read.
  @Test func idleOptionsMayHaveTheirDefaultsBesideTheDecidingOption() throws {
    _ = try recipe("quantize", ["granularity": .string("per_channel"), "block_size": .integer(32)])
    _ = try recipe("palettize", ["nbits": .integer(4), "granularity": .string("per_tensor"), "group_size": .integer(32)])
    #expect(throws: OptionError.self) { try recipe("quantize", ["granularity": .string("per_channel"), "block_size": .integer(8)]) }
  }

  @Test func integersAreNumbersToo() throws {
    #expect(
      (try recipe("prune", ["threshold": .integer(1)]).rules.global?.configurations.first as? ThresholdPruning)?
        .threshold == 1)
    #expect(palettization(try recipe("palettize", ["nbits": .number(4)]).rules.global)?.nbits == 4)
  }
}

extension Recipe {
  fileprivate subscript(type name: String) -> Rules<any Technique>.Setting? { rules.types.first { $0.name == name }?.setting }
}
