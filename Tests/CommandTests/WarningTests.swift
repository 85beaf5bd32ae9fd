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
