// SPDX-License-Identifier: Apache-2.0
// Recipes in Lua: reading, writing, storing in the model, and applying again.

import Foundation
import LuaHost
import MIL
import ModelPackages
import Testing

@Suite struct RecipeTests {
  @Test func aModelRemembersItsRecipe() throws {
    try Script.run(
      Script.digits + """
        local small = model:compress{
          { "prune", target_sparsity = 0.5, weight_threshold = 0, where = function(w) return w.op_type == "linear" end },
          { "palettize", nbits = 4, weight_threshold = 0, op_patterns = { { "^const", false } } } }
        local path = scratch .. ".mlpackage"
        small:save(path)
        local again = wane.load(path)
        os.execute("rm -r '" .. path .. "'")
        assert(again.history[1] == "prune{ target_sparsity = 0.5, weight_threshold = 0, where = function }", again.history[1])
        local recipe = wane.recipe(again)
        assert(#recipe == 2 and recipe:to_yaml() == again.metadata["wane.recipe"])
        local twin = model:compress(recipe)
        -- The function is words in one history, names in the other.
        local rows = wane.diff(small, twin)
        assert(#rows > 0)
        for _, row in ipairs(rows) do assert(row.part == "metadata", row.name) end
        assert(#wane.diff(small, again) == 0 and tostring(wane.diff(small, again)) == "no difference")
        assert(#wane.recipe(model) == 0)
        """)
  }

  @Test func textPathAndTableSayTheSame() throws {
    try Script.run(
      Script.digits + """
        local yaml = "config_type: OpLinearQuantizerConfig\\nglobal_config: {dtype: int4, weight_threshold: 0}\\n"
        local file = io.open(scratch, "w"); file:write(yaml); file:close()
        local a, b = model:quantize(yaml), model:quantize(scratch)
        os.remove(scratch)
        local c = model:quantize{ dtype = "int4", weight_threshold = 0 }
        local d = model:compress(wane.recipe{ config_type = "OpLinearQuantizerConfig", global_config = { dtype = "int4", weight_threshold = 0 } })
        assert(c.report.compressed == 4)
        for _, other in ipairs{ a, b, d } do
          for _, row in ipairs(wane.diff(c, other)) do assert(row.name == "wane.history", row.name) end
          assert(other.report.compressed == 4 and other.weights.f1_weight.scheme == "quantized")
        end
        assert(model:quantize{ op_type_configs = { conv = { weight_threshold = 0 } } }.report.compressed == 2)
        assert(tostring(wane.recipe(yaml)) == 'quantize{ config_type = "OpLinearQuantizerConfig", global_config = { dtype = "int4", weight_threshold = 0 } }')
        """)
  }

  @Test func aListIsRefusedBeforeItsFirstStep() throws {
    try Script.run(
      Script.digits + """
        local called = 0
        local ok, message = pcall(model.compress, model, {
          { "palettize", mode = "custom", lut_function = function() called = called + 1 end }, { "palettize", nbits = 2 } })
        assert(not ok and called <= 1)
        ok, message = pcall(model.compress, model, { { "palettize", nbits = 4 }, { "palettize", nbits = 2 } })
        assert(not ok and tostring(message):find("f1_weight is already palettized", 1, true), tostring(message))
        local reports = model:compress({ { "prune", target_sparsity = 0.5 }, { "palettize", nbits = 4 }, { "quantize", granularity = "per_tensor" } }, { dry_run = true })
        assert(#reports == 3 and reports[3].bytes_before == reports[2].bytes_after and reports[3].dry_run)
        local made = model:compress{ { "prune", target_sparsity = 0.5 }, { "palettize", nbits = 4 }, { "quantize", granularity = "per_tensor" } }
        assert(made.report.bytes_after == reports[3].bytes_after, made.report.bytes_after)
        for _, steps in ipairs{
          { { "palettize", nbits = 4 }, { "prune", target_sparsity = 0.5 } },
          { { "quantize" }, { "palettize", nbits = 3 }, { "prune", threshold = 0.05, minimum_sparsity_percentile = 0 } },
          { { "palettize", nbits = 2 }, { "prune", target_sparsity = 0.5 }, { "quantize", granularity = "per_tensor" } } } do
          local foretold = model:compress(steps, { dry_run = true })
          local report = model:compress(steps).report
          assert(report.bytes_after == foretold[#steps].bytes_after, report.bytes_after)
          assert(foretold[1].dry_run and #foretold == #steps)
        end
        """)
  }

  @Test func differencesNameWhatDiffers() throws {
    try Script.run(
      Script.digits + """
        local q = model:quantize{ weight_threshold = 10000 }
        local rows = wane.diff(model, q)
        local parts = {}
        for _, row in ipairs(rows) do parts[row.part .. " " .. row.name] = row end
        assert(#rows == 4 and parts["weight f1_weight"].second:find("quantized", 1, true))
        assert(parts["weight const_2"].second:find("SNR", 1, true) and parts["metadata wane.history"].first == "")
        local back = wane.diff(q, q:decompress())
        assert(back[3].second:find("same values", 1, true), tostring(back))
        """)
  }

  /// The order of an operator's parameters is not significant, but their values are.
  @Test func theOrderOfParametersIsNoDifference() throws {
    func write(_ parameters: String, to path: String) throws {
      let program = try Program(
        text: """
          func main<iOS17>(x: tensor<fp32, [1, 2, 6, 6]>) {
            tensor<fp32, [1, 2, 3, 3]> y = max_pool(\(parameters))
          } -> (y)
          """)
      try ModelPackage(program: program).save(to: path)
    }
    let folder = FileManager.default.temporaryDirectory.path + "/wane-\(UUID().uuidString)"
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let window = "kernel_sizes = [2, 2], strides = [2, 2], pad_type = \"valid\""
    try write("x = x, \(window)", to: folder + "/a.mlpackage")
    try write("pad_type = \"valid\", strides = [2, 2], x = x, kernel_sizes = [2, 2]", to: folder + "/b.mlpackage")
    try write("strides = [2, 2], pad_type = \"same\", x = x, kernel_sizes = [2, 2]", to: folder + "/c.mlpackage")
    try Script.run(
      """
      local a, b, c = wane.load "\(folder)/a.mlpackage", wane.load "\(folder)/b.mlpackage", wane.load "\(folder)/c.mlpackage"
      assert(#wane.diff(a, b) == 0, tostring(wane.diff(a, b)))
      local rows = wane.diff(a, c)
      assert(#rows == 1 and rows[1].part == "operator" and rows[1].name == "y", tostring(rows))
      -- Shown as each model has it.
      assert(rows[1].first:find("kernel_sizes = [2, 2], strides = [2, 2], pad_type", 1, true), rows[1].first)
      assert(rows[1].second:find('(strides = [2, 2], pad_type = "same"', 1, true), rows[1].second)
      """)
  }

  /// The same operators, connected differently.
  @Test func whatAnOperatorReadsIsADifference() throws {
    func write(_ last: String, to path: String) throws {
      let program = try Program(
        text: """
          func main<iOS17>(x: tensor<fp32, [2, 3]>, z: tensor<fp32, [2, 3]>) {
            tensor<fp32, [2, 3]> a = relu(x = x)
            tensor<fp32, [2, 3]> b = tanh(x = x)
            tensor<fp32, [2, 3]> y = \(last)
          } -> (y)
          """)
      try ModelPackage(program: program).save(to: path)
    }
    let folder = FileManager.default.temporaryDirectory.path + "/wane-\(UUID().uuidString)"
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    for (name, last) in [
      ("a", "sub(x = a, y = b)"), ("b", "sub(x = b, y = a)"), ("c", "sub(x = a, y = z)"), ("d", "sub(y = b, x = a)"),
    ] {
      try write(last, to: "\(folder)/\(name).mlpackage")
    }
    try Script.run(
      """
      local m = {}
      for _, name in ipairs{ "a", "b", "c", "d" } do m[name] = wane.load("\(folder)/" .. name .. ".mlpackage") end
      assert(#wane.diff(m.a, m.d) == 0, tostring(wane.diff(m.a, m.d)))
      local rows = wane.diff(m.a, m.b)
      assert(#rows == 1 and rows[1].name == "y", tostring(rows))
      assert(rows[1].first:find("sub(x = a, y = b)", 1, true) and rows[1].second:find("sub(x = b, y = a)", 1, true), tostring(rows))
      assert(wane.diff(m.a, m.c)[1].second:find("y = z", 1, true))
      """)
  }

  @Test func aWeightNamesItsReaders() throws {
    try Script.run(
      Script.digits + """
        local readers = model.weights.f1_weight.readers
        assert(#readers == 1 and readers[1].op_type == "linear" and readers[1].parameter == "weight" and readers[1].function_name == "main")
        assert(readers[1].op_name == model.weights.f1_weight.op_name)
        local seen = {}
        model:quantize{ weight_threshold = 0, where = function(w) seen[w.name] = w.readers[1].op_type return true end }
        assert(seen.f1_weight == "linear" and seen.const_2 == "conv")
        """)
  }

  @Test(
    arguments: [
      ("wane.recipe(3)", "a recipe is a path, a text, a table or a Model, not a number"),
      ("wane.recipe('nowhere.yaml')", "nowhere.yaml: there is no such file"),
      ("wane.recipe{ { 'melt' } }", "step 1 does not begin with a technique"),
      ("wane.recipe{ 3 }", "step 1 must be a table"),
      ("wane.recipe{ { 'quantize', where = print } }:to_yaml()", "step 1 has a where function"),
      ("wane.recipe{ { 'retarget', 'iOS99' } }", "retarget needs a target"),
    ])
  func refusals(script: String, problem: String) {
    #expect(Script.failure(script).contains(problem))
  }
}
