// SPDX-License-Identifier: Apache-2.0
// Rules that match nothing, in Lua.

import Foundation
import LuaHost
import Testing

@Suite("Unmatched rules") struct UnmatchedRuleTests {
  @Test(
    arguments: ["model:quantize", "model:palettize", "model:prune", "wane.trainer(model, { lr = 1e-3 }):prune"],
    [
      ("op_names = { f1_wieght = false }", "op_names.f1_wieght matches no weight or operator (did you mean 'f1_weight'?)"),
      ("op_types = { liner = false }", "op_types.liner matches no operator (did you mean 'linear'?); weights are read by conv, linear"),
      ("op_types = { gru = {} }", "op_types.gru matches no operator; weights are read by conv, linear"),
      ("op_patterns = { { '^g%d', false } }", "op_patterns \"^g%d\" matches none of 8 weights, nor any operator"),
    ])
  func isAnErrorThatTellsTheNearestName(_ call: String, _ rule: (String, String)) {
    let options = call.hasSuffix("palettize") ? "nbits = 4, " : call.hasSuffix("model:prune") ? "target_sparsity = 0.5, " : ""
    let sentence = Script.failure(Script.digits + "\(call){ \(options)\(rule.0) }")
    #expect(sentence.contains(rule.1) && sentence.hasSuffix("allow_unmatched = true lets rules match nothing"), "\(sentence)")
    let name = call.split(separator: ":").last ?? ""
    #expect(sentence.hasPrefix("\(name): "), "\(sentence)")
    #expect(Script.failure(Script.digits + "assert(\(call){ \(options)\(rule.0), allow_unmatched = true })") == "no error")
  }

  @Test(
    arguments: [
      "model:quantize{ where = function(w) return w.name == 'g1' end }",
      "model:quantize{ where = function(w) return w.name == 'g1' end, dry_run = true }",
      "model:compress{ { 'prune', target_sparsity = 0.5 }, { 'quantize', where = function(w) return w.name == 'g1' end } }",
    ])
  func whereMustChoose(_ call: String) {
    #expect(
      Script.failure(Script.digits + call).hasPrefix("quantize: where chooses none of 8 weights"), "\(Script.failure(Script.digits + call))"
    )
    let allowed = call.replacingOccurrences(of: "where =", with: "allow_unmatched = true, where =")
    #expect(Script.failure(Script.digits + allowed) == "no error")
  }

  @Test func aListIsRefusedBeforeItsFirstStep() throws {
    try Script.run(
      Script.digits + """
        local called = 0
        local steps = {
          { "prune", target_sparsity = 0.5, where = function(w) called = called + 1 return true end },
          { "quantize", op_names = { g1 = false } } }
        local ok, message = pcall(model.compress, model, steps)
        assert(not ok and tostring(message):find("quantize: op_names.g1 matches no weight", 1, true), tostring(message))
        assert(called == 8, called)
        ok, message = pcall(model.compress, model, steps, { dry_run = true })
        assert(not ok and tostring(message):find("op_names.g1", 1, true))
        assert(model:compress(steps, { allow_unmatched = true }).report.compressed > 0)
        steps[2].allow_unmatched = true
        assert(model:compress(steps).report.compressed > 0)
        """)
  }

  /// The values for `where` of a later step are only known after the earlier steps.
  @Test func whereOfALaterStepIsJudgedByRealValues() throws {
    try Script.run(
      Script.digits + """
        local small = model:compress{
          { "prune", target_sparsity = 0.75, weight_threshold = 0 },
          { "quantize", weight_threshold = 0, where = function(w) return w.sparsity > 0.7 end } }
        assert(small.report.compressed == 4, small.report.compressed)
        """)
  }

  @Test func recipesOfFilesAndModelsGoOn() throws {
    try Script.run(
      Script.digits + """
        local yaml = "config_type: OpLinearQuantizerConfig\\nop_name_configs: {g1: null, f1_weight: {weight_threshold: 0}}\\n"
        assert(model:quantize(yaml).report.compressed == 1)
        assert(model:compress(yaml).report.compressed == 1)
        assert(model:compress(wane.recipe(yaml)).report.compressed == 1)
        -- Unless that is refused.
        local ok, message = pcall(model.compress, model, yaml, { allow_unmatched = false })
        assert(not ok and tostring(message):find("op_names.g1", 1, true), tostring(message))
        -- What a model remembers was written for that model.
        local net = wane.nn.model(wane.nn.linear{ out_features = 64 }, { inputs = { x = { 64 } } })
        local again = net:compress(wane.recipe(model:quantize{ op_names = { f1_weight = false } }))
        assert(again.report.compressed == 1, again.report.compressed)
        -- A table is the script's own.
        ok = pcall(model.compress, model, wane.recipe{ { "quantize", op_names = { g1 = false } } })
        assert(not ok)
        """)
  }

  @Test func checkpointsGoOn() throws {
    try Script.run(
      Script.digits + """
        local t = wane.trainer(model, { lr = 1e-3 }):prune{ op_names = { g1 = false }, allow_unmatched = true }
        t:save_checkpoint(scratch)
        local again = wane.resume(scratch)
        os.remove(scratch)
        assert(#again:report() == #t:report())
        local configured = wane.trainer(model, { lr = 1e-3 }):prune("module_name_configs: {g1: {target_sparsity: 0.5}}")
        assert(#configured:report() == 0)
        """)
  }
}
