// SPDX-License-Identifier: Apache-2.0
// Recipes as YAML and JSON: what coremltools' files say, and what is refused.

import Compression
import MIL
import Testing
import WeightStorage

@Suite("RecipeText") struct RecipeTextTests {
  @Test func coremltoolsFilesAreReadAsTheyAre() throws {
    let yaml = """
      # all of a model but its head
      config_type: OpPalettizerConfig
      global_config: {nbits: 4, mode: kmeans, weight_threshold: 512}
      op_type_configs:
        linear:
          nbits: 6
          granularity: "per_grouped_channel"
          enable_per_channel_scale: yes
      op_name_configs:
        head_weight: null
        other: ~
      """
    let json = """
      {"config_type": "OpPalettizerConfig",
       "global_config": {"nbits": 4, "mode": "kmeans", "weight_threshold": 512},
       "op_type_configs": {"linear": {"nbits": 6, "granularity": "per_grouped_channel", "enable_per_channel_scale": true}},
       "op_name_configs": {"head_weight": null, "other": null}}
      """
    let expected: RecipeValue = .dictionary([
      "config_type": .string("OpPalettizerConfig"),
      "global_config": .dictionary([
        "nbits": .integer(4), "mode": .string("kmeans"), "weight_threshold": .integer(512),
      ]),
      "op_type_configs": .dictionary([
        "linear": .dictionary([
          "nbits": .integer(6), "granularity": .string("per_grouped_channel"),
          "enable_per_channel_scale": .bool(true),
        ])
      ]),
      "op_name_configs": .dictionary(["head_weight": .null, "other": .null]),
    ])
    #expect(try RecipeText.read(yaml) == expected)
    #expect(try RecipeText.read(json) == expected)
    #expect(try RecipeStep(expected) == .compress(technique: "palettize", expected))
  }

  @Test(
    arguments: [
      ("4", .integer(4)), ("0.5", .number(0.5)), ("1e-12", .number(1e-12)), ("'4'", .string("4")),
      ("int4", .string("int4")), ("[2, 4]", .list([.integer(2), .integer(4)])), ("-.inf", .number(-.infinity)), ("''", .string("")),
    ] as [(String, RecipeValue)])
  func plainWords(text: String, value: RecipeValue) throws {
    #expect(try RecipeText.read("x: \(text)") == .dictionary(["x": value]))
  }

  /// Values of every kind, words that look like something else among them.
  @Test func writingReadsBack() throws {
    let words = ["true", "no", "null", "~", "4", "1e5", "0x1f", "", " a", "a: b", "#c", "^enc%d", "ü\n", "- x", "'", "1_000"]
    for word in words {
      #expect(try RecipeText.read(RecipeText.write(.list([.string(word)]))) == .list([.string(word)]), "\(word)")
    }
    let value: RecipeValue = .dictionary([
      "numbers": .list([.number(1e-12), .number(0.1), .number(2), .number(1e300), .number(-0.0), .integer(-7)]),
      "steps": .list([.dictionary(["a": .null, "b": .bool(false)]), .dictionary([:]), .list([])]),
      "key: odd": .string("x"),
    ])
    #expect(try RecipeText.read(RecipeText.write(value)) == value)
    #expect(RecipeText.write(.dictionary(["threshold": .number(1e-12)])) == "threshold: 1.0e-12\n")
  }

  @Test func stepsGoThroughText() throws {
    let steps: [RecipeStep] = [
      .retarget(.iOS18),
      .compress(
        technique: "prune",
        .dictionary([
          "config_type": .string("OpMagnitudePrunerConfig"), "global_config": .dictionary(["target_sparsity": .number(0.5)]),
        ])),
      .decompress,
    ]
    #expect(try RecipeStep.steps(RecipeText.read(RecipeText.write(RecipeStep.value(steps)))) == steps)
    #expect(try RecipeStep.steps(RecipeText.read(RecipeText.write(RecipeStep.value([steps[1]])))) == [steps[1]])
  }

  @Test(
    arguments: [
      ("a: [1, 2", "it is not YAML"), ("a: 1\na: 2", "it is not YAML"), ("a: *nothing", "it is not YAML"),
      ("? [a]\n: 1", "a key is no plain word"),
      (String(repeating: "[", count: 40) + String(repeating: "]", count: 40), "nested more than 32 deep"),
    ])
  func refusals(text: String, problem: String) {
    #expect { _ = try RecipeText.read(text) } throws: { "\($0)".contains(problem) }
  }

  /// Ten lists, each of ten times the one before: ten thousand million values in 600 bytes.
  @Test func aliasesCannotBlowUp() {
    var text = "a0: &a0 [1, 1, 1, 1, 1, 1, 1, 1, 1, 1]\n"
    for i in 1..<10 {
      text += "a\(i): &a\(i) [\(Array(repeating: "*a\(i - 1)", count: 10).joined(separator: ", "))]\n"
    }
    #expect { _ = try RecipeText.read(text) } throws: { "\($0)".contains("more than 100000 values") }
  }

  @Test(
    arguments: [
      ("- 3", "a step must be a table"), ("nbits: 4", "config_type must be given"), ("step: melt", "there is no step"),
      ("step: retarget", "retarget needs a target"), ("config_type: OpMelterConfig", "there is no technique 'OpMelterConfig'"),
    ])
  func stepsThatAreNone(text: String, problem: String) {
    #expect { _ = try RecipeStep.steps(RecipeText.read(text)) } throws: { "\($0)".contains(problem) }
  }
}
