// SPDX-License-Identifier: Apache-2.0
// Warnings of the command on standard error.

import Foundation
import TerminalSupport
import Testing

struct WarningTests {
  private static let examples = URL(fileURLWithPath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent().appendingPathComponent("examples").path

  /// A warning for each rule of a file that matches nothing is printed once, regardless of earlier steps.
  @Test(arguments: ["model:compress(text)", "model:compress(text, { dry_run = true })", "model:compress(wane.recipe(text))"])
  func rulesOfFilesThatMatchNothing(_ call: String) throws {
    let script = """
      model = wane.load("\(Self.examples)/digits_cnn.mlpackage")
      text = [[
      - {config_type: OpMagnitudePrunerConfig, global_config: {target_sparsity: 0.5}, op_type_configs: {gru: null}}
      - {config_type: OpLinearQuantizerConfig, global_config: {}, op_name_configs: {f1_wieght: null, f1_weight: null}}
      ]]
      assert(\(call))
      """
    let result = try WaneCommand.run(["-e", script])
    #expect(
      result.err == """
        warning: prune: op_types.gru matches no operator; weights are read by conv, linear
        warning: quantize: op_names.f1_wieght matches no weight or operator (did you mean 'f1_weight'?)

        """)
    #expect(result.status == 0)
  }

  @Test(arguments: [
    ("WANE_THREADS", "abc", "WANE_THREADS is 'abc', expected a number from 1 to 1024; all processors are used"),
    ("WANE_THREADS", "0", "WANE_THREADS is '0', expected a number from 1 to 1024; all processors are used"),
    ("WANE_THREADS", "4x", "WANE_THREADS is '4x', expected a number from 1 to 1024; all processors are used"),
    ("WANE_THREADS", "2000", "WANE_THREADS is '2000', expected a number from 1 to 1024; all processors are used"),
    ("WANE_THREAD", "2", "the variable WANE_THREAD has no effect; did you mean WANE_THREADS?"),
  ])
  func variablesThatHaveNoEffect(_ name: String, _ value: String, _ sentence: String) throws {
    let result = try WaneCommand.run(["-e", "print(1)"], environment: WaneCommand.environment([name: value]))
    #expect(result == CommandResult(out: "1\n", err: "wane: \(sentence)\n", status: 0))
  }

  @Test(arguments: [("WANE_THREADS", "2"), ("WANE_THREADS", ""), ("WANE_ISA", "portable"), ("WANE_ZOO", "/nowhere")])
  func variablesThatMeanSomething(_ name: String, _ value: String) throws {
    let result = try WaneCommand.run(["-e", "print(1)"], environment: WaneCommand.environment([name: value]))
    #expect(result == CommandResult(out: "1\n", err: "", status: 0))
  }

  /// A step that compresses nothing reports the reason.
  @Test func aStepThatCompressesNothingSaysWhy() throws {
    let load = "model = wane.load('\(Self.examples)/digits_cnn.mlpackage') "
    func remarks(_ code: String) throws -> String { try WaneCommand.run(["-e", load + code]).err }
    #expect(
      try remarks("model:palettize{ nbits = 4, cluster_dim = 5 }")
        == "note: palettize compressed nothing: axis 0: 64 is not divisible by cluster_dim 5 (2 of 8 weights)\n")
    #expect(
      try remarks("model:compress{ { 'quantize', weight_threshold = 1000000 } }").contains("do not exceed weight_threshold 1000000"))
    #expect(try remarks("model:palettize{ nbits = 4 } model:palettize{ nbits = 4, cluster_dim = 5, dry_run = true }") == "")
    #expect(try remarks("model:quantize{ op_types = { conv = false, linear = false } }") == "")
  }

  @Test(arguments: [
    ("local m = model:quantize{ dtype = int4 }", "int4 is a variable without a value, and nil here; write \"int4\""),
    (
      "local m = model:quantize{ granularity = per_tensor, dtype = \"int8\" }",
      "per_tensor is a variable without a value, and nil here; write \"per_tensor\""
    ),
    ("local m = model:palettize{ nbits = 4, mode = uniform }", "uniform is a variable without a value, and nil here; write \"uniform\""),
  ])
  func namesWhereTextsAreMeant(_ code: String, _ remark: String) throws {
    let file = FileManager.default.temporaryDirectory.path + "/wane-\(UUID().uuidString).lua"
    defer { try? FileManager.default.removeItem(atPath: file) }
    func remarks(_ code: String) throws -> String {
      try "model = wane.load('\(Self.examples)/digits_cnn.mlpackage')\n\(code)\n".write(toFile: file, atomically: true, encoding: .utf8)
      return try WaneCommand.run([file]).err
    }
    #expect(try remarks(code) == "wane: \(file):2: \(remark)\n")
    // Variables with a value and table keys cause no warning.
    for own in [
      "int4 = \"int4\" x = { dtype = int4 }", "local function f(int4) return { dtype = int4 } end", "x = { int4 = 1 } y = x.int4",
      "for int8 = 1, 2 do x = { dtype = int8 } end",
    ] {
      #expect(try remarks(own) == "", "\(own)")
    }
  }

  @Test(arguments: [
    ("model:quantize('{op_name_configs: {g1: null}, global_config: {}}')", "quantize: op_names.g1 matches no weight or operator"),
    (
      "wane.trainer(model, { lr = 1 }):prune('{module_name_configs: {g1: null}}')",
      "prune: module_name_configs.g1 matches none of 8 weights, nor any operator"
    ),
  ])
  func textsInTheirPlace(_ call: String, _ warning: String) throws {
    let result = try WaneCommand.run(["-e", "model = wane.load('\(Self.examples)/digits_cnn.mlpackage') assert(\(call))"])
    #expect(result == CommandResult(out: "", err: "warning: \(warning)\n", status: 0))
  }
}
