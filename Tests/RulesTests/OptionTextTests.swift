// SPDX-License-Identifier: Apache-2.0
// Options as YAML and JSON: coremltools' files, and errors.

import Options
import Rules
import Testing

@Suite("OptionText") struct OptionTextTests {
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
    let expected: OptionValue = .dictionary([
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
    #expect(try OptionText.read(yaml) == expected)
    #expect(try OptionText.read(json) == expected)
  }

  @Test(
    arguments: [
      ("4", .integer(4)), ("0.5", .number(0.5)), ("1e-12", .number(1e-12)), ("'4'", .string("4")),
      ("int4", .string("int4")), ("[2, 4]", .list([.integer(2), .integer(4)])), ("-.inf", .number(-.infinity)), ("''", .string("")),
    ] as [(String, OptionValue)])
  func plainWords(text: String, value: OptionValue) throws {
    #expect(try OptionText.read("x: \(text)") == .dictionary(["x": value]))
  }

  /// Values of every type, including strings that look like other types.
  @Test func writingReadsBack() throws {
    let words = ["true", "no", "null", "~", "4", "1e5", "0x1f", "", " a", "a: b", "#c", "^enc%d", "ü\n", "- x", "'", "1_000"]
    for word in words {
      #expect(try OptionText.read(OptionText.write(.list([.string(word)]))) == .list([.string(word)]), "\(word)")
    }
    let value: OptionValue = .dictionary([
      "numbers": .list([.number(1e-12), .number(0.1), .number(2), .number(1e300), .number(-0.0), .integer(-7)]),
      "steps": .list([.dictionary(["a": .null, "b": .bool(false)]), .dictionary([:]), .list([])]),
      "key: odd": .string("x"),
    ])
    #expect(try OptionText.read(OptionText.write(value)) == value)
    #expect(OptionText.write(.dictionary(["threshold": .number(1e-12)])) == "threshold: 1.0e-12\n")
  }

  @Test(
    arguments: [
      ("a: [1, 2", "it is not YAML"), ("a: 1\na: 2", "it is not YAML"), ("a: *nothing", "it is not YAML"),
      ("? [a]\n: 1", "a key is not a plain scalar"),
      (String(repeating: "[", count: 40) + String(repeating: "]", count: 40), "nested more than 32 deep"),
    ])
  func refusals(text: String, problem: String) {
    #expect { _ = try OptionText.read(text) } throws: { "\($0)".contains(problem) }
  }

  /// Ten nested lists of ten aliases each: ten billion values in 600 bytes.
  @Test func aliasesCannotBlowUp() {
    var text = "a0: &a0 [1, 1, 1, 1, 1, 1, 1, 1, 1, 1]\n"
    for i in 1..<10 {
      text += "a\(i): &a\(i) [\(Array(repeating: "*a\(i - 1)", count: 10).joined(separator: ", "))]\n"
    }
    #expect { _ = try OptionText.read(text) } throws: { "\($0)".contains("more than 100000 values") }
  }
}
