// SPDX-License-Identifier: Apache-2.0
// Techniques written in Lua.

import LuaAPI
import LuaHost
import Testing

struct OwnTechniqueTests {
  /// Three values a row: zero, and plus or minus the mean magnitude.
  private static let ternary = """
    calls = 0
    ternary = wane.technique{ name = "ternary", doc = "three values a row", options = {
        threshold = { 0.7, "of the mean magnitude", min = 0, max = 2 }, group_size = { 64, "columns that share a scale" },
        rounding = { "up", "the rounding", choices = { "up", "down" } }, exact = false },
      compress = function(w, o, context)
        calls = calls + 1
        if w.min >= 0 then return nil, "it has no negative values" end
        assert(o.group_size == 64 or o.group_size == 8); assert(o.rounding == "up" and o.exact == false)
        assert(context.target and context.name == w.name and context.weight.count == w.count)
        local codes, scale = {}, {}
        for i, row in ipairs(w.rows:to_table()) do
          local mean = 0
          for _, x in ipairs(row) do mean = mean + math.abs(x) / #row end
          codes[i], scale[i] = {}, mean
          for j, x in ipairs(row) do codes[i][j] = math.abs(x) < o.threshold * mean and 0 or x > 0 and 1 or -1 end
        end
        return wane.encode.quantized{ codes = codes, scale = scale, dtype = "int8" }
      end }

    """

  @Test func isAStepLikeAnyOther() throws {
    try Script.run(
      Script.digits + Self.ternary + """
        local small = model:compress{ { "ternary", weight_threshold = 100 } }
        assert(small.weights.f1_weight.scheme == "quantized" and small.weights.f1_weight.unique_values > 3)
        local rows = 0
        for _, entry in ipairs(small.report) do
          if entry.action == "ternary" then
            rows = rows + 1
            assert(entry.snr_db > 0 and entry.bits < 12 and entry.reason == "global")
          end
        end
        assert(rows == small.report.compressed and rows > 2, rows)
        local words = small.history[#small.history]
        assert(words:find("^ternary{ weight_threshold = 100 } %-%- source %x+$") and words:find(ternary.digest:sub(1, 12), 1, true), words)
        local some = model:compress{ { "ternary", weight_threshold = 0, op_types = { conv = false, linear = { threshold = 0.5 } },
          op_names = { f2_weight = false }, where = function(w, context) return context.axis == 0 end } }
        assert(some.weights.f1_weight.scheme == "quantized" and some.weights.f2_weight.scheme == "dense")
        assert(some.weights.const_2.scheme == "dense")
        -- A dry run asks the function for sizes.
        calls = 0
        local plan = model:compress({ { "ternary", weight_threshold = 100 } }, { dry_run = true })[1]
        assert(plan.bytes_after == small.report.bytes_after and calls == 4, calls)
        -- The function runs once for each weight, and a dry run before it only if a later step needs it.
        calls = 0
        model:compress{ { "ternary", weight_threshold = 100 } }
        assert(calls == 4, calls)
        -- Joint with what comes before and after.
        local newer = model:retarget "iOS18"
        local joint = newer:compress{ { "prune", target_sparsity = 0.5, weight_threshold = 100 }, { "ternary", weight_threshold = 100 },
          { "prune", threshold = 1e-9, minimum_sparsity_percentile = 0.1, weight_threshold = 100 } }
        assert(joint.weights.f1_weight.scheme == "sparse+quantized", joint.weights.f1_weight.scheme)
        """)
  }

  @Test func recipesHoldIt() throws {
    try Script.run(
      Script.digits + Self.ternary + """
        local yaml = wane.recipe{ { "ternary", threshold = 0.5, weight_threshold = 100 } }:to_yaml()
        assert(yaml:find("config_type: ternary", 1, true) and yaml:find(ternary.digest, 1, true), yaml)
        local a = model:compress(yaml)
        local b = model:compress{ { "ternary", threshold = 0.5, weight_threshold = 100 } }
        assert(a.weights.f1_weight.values == b.weights.f1_weight.values)
        local path = scratch .. ".mlpackage"
        b:decompress():save(path)
        local again = wane.load(path)
        os.execute("rm -r '" .. path .. "'")
        local recipe = wane.recipe(again)
        assert(#recipe == 2 and tostring(recipe):find("^ternary"), tostring(recipe))
        local c = model:compress(recipe)
        assert(c.weights.f1_weight.values == b.weights.f1_weight.values)
        """)
    let failure = Script.failure(
      Script.digits + "model:compress(\"config_type: ternary\\nglobal_config: {threshold: 0.5}\\n\")")
    #expect(failure.contains("there is no technique 'ternary'"), "\(failure)")
  }

  @Test(arguments: [
    ("model:compress{ { 'ternary', treshold = 1 } }", "ternary: unknown option 'treshold'; did you mean 'threshold'?"),
    ("model:compress{ { 'ternary', threshold = 'x' } }", "ternary: option 'threshold' must be a number, found a string"),
    ("model:compress{ { 'ternary', threshold = 3 } }", "ternary: option 'threshold' must be in [0, 2], found 3"),
    ("model:compress{ { 'ternary', group_size = 2.5 } }", "ternary: option 'group_size' must be an integer"),
    (
      "model:compress{ { 'ternary', rounding = 'sideways' } }", "ternary: option 'rounding' must be one of 'up', 'down', found \"sideways\""
    ),
    ("model:compress{ { 'ternary', op_names = { nope = {} } } }", "nope"),
    ("model:compress{ { 'ternery' } }", "did you mean \"ternary\"?"),
    ("wane.technique{ name = 'prune', compress = function() end }", "'prune' is a built-in step"),
    ("wane.technique{ name = 'a b', compress = function() end }", "must consist of letters"),
    ("wane.technique{ name = 'x', compress = print }", "must be a function written in Lua"),
    ("wane.technique{ name = 'x' }", "option 'compress' is required"),
    ("wane.technique{ name = 'x', needs = { 'moments' }, compress = function() end }", "there is no statistic 'moments'"),
    ("wane.technique{ name = 'x', options = { where = 1 }, compress = function() end }", "has a name that every step has already"),
    ("wane.technique{ name = 'x', options = { a = { 5, min = 6 } }, compress = function() end }", "has a default that must be at least 6"),
    (
      "wane.technique{ name = 'x', needs = { 'second_moments' }, compress = function() end } model:compress{ { 'x' } }",
      "x reads statistics of the weights' inputs (second_moments)"
    ),
    (
      "wane.technique{ name = 'x', compress = function(w) return w.nothing end } model:compress{ { 'x', weight_threshold = 0 } }",
      "technique x, weight f1_weight: script.lua:"
    ),
    (
      "wane.technique{ name = 'x', compress = function(w) return {} end } model:compress{ { 'x', weight_threshold = 0 } }",
      "technique x, weight f1_weight: compress must return an Encoded, a Tensor, or nil, got table"
    ),
    (
      "wane.technique{ name = 'x', compress = function(w) return wane.zeros{ 2 } end } model:compress{ { 'x', weight_threshold = 0 } }",
      "technique x, weight f1_weight: what replaces it has shape [2], expected ["
    ),
    (
      "wane.technique{ name = 'x', compress = function(w) return wane.encode.quantized{ codes = wane.zeros(w.shape), scale = 1 } end } "
        + "wane.nn.model(wane.nn.linear{ out_features = 4 }, { inputs = { x = { 4 } }, target = 'iOS16' }):compress{ { 'x', weight_threshold = 0 } }",
      "linear_weight: quantization per block or to 4 bits needs iOS18, and the model is for iOS16"
    ),
  ]) func whatIsWrongIsSaid(call: String, message: String) {
    let failure = Script.failure(Script.digits + Self.ternary + call)
    #expect(failure.contains(message), "\(failure)")
  }

  @Test func errorsLeaveEverythingAsItWas() throws {
    try Script.run(
      Script.digits + """
        local n = 0
        wane.technique{ name = "fails", compress = function(w) n = n + 1; if n == 3 then error({ code = 7 }) end return w.values end }
        local before = model.weights.f1_weight.values
        local ok, e = pcall(model.compress, model, { { "fails", weight_threshold = 0 } })
        assert(not ok and tostring(e):find("technique fails, weight", 1, true), tostring(e))
        assert(model.weights.f1_weight.values == before and #model.history == 0)
        -- Another definition takes its place.
        wane.technique{ name = "fails", compress = function(w) return nil, "not today" end }
        local same = model:compress{ { "fails", weight_threshold = 0 } }
        assert(same.report.compressed == 0)
        local found = false
        for _, entry in ipairs(same.report) do found = found or entry.reason == "not today" end
        assert(found)
        """)
  }

  @Test func lutFunctionsGetTheContextToo() throws {
    try Script.run(
      Script.digits + """
        local names = {}
        model:palettize{ mode = "custom", weight_threshold = 100, lut_function = function(weight, context)
          names[#names + 1] = context.name
          assert(context.axis == 0 and context.weight.count == weight.count and context.target == model.target)
          local indices = {}
          for i = 1, weight.count do indices[i] = (i % 2) end
          return { -1, 1 }, indices
        end }
        assert(#names == 4 and model.weights[names[1]], #names)
        """)
  }

  @Test func helpAndCompletionKnowIt() throws {
    let interpreter = try Interpreter()
    defer { interpreter.close() }
    try LuaAPI.open(in: interpreter)
    try interpreter.globals.set("examples", Script.examples)
    try interpreter.run(Script.digits + Self.ternary, chunkName: "=setup")
    let help = try HelpText(interpreter.catalog).text(named: "ternary")
    #expect(help.contains("three values a row") && help.contains("group_size = 64") && help.contains("columns that share a scale"))
    func completions(_ text: String) -> [String] { LuaCompletion.complete(text, in: interpreter).candidates.map(\.text) }
    #expect(completions("model:compress{ { \"tern") == ["ternary"])
    #expect(completions("model:compress{ { \"ternary\", gr") == ["group_size"])
    #expect(completions("model:compress{ { \"ternary\", rounding = \"") == ["down", "up"])
  }
}
