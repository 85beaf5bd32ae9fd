// SPDX-License-Identifier: Apache-2.0

import LuaHost
import Testing

/// The main use case with the model of the examples (top-1 accuracy 0.9950 on its 397 test digits).
@Suite struct ModelTests {
  /// 1 + 2 + 3, of rank 0 in the program; Core ML's arrays have at least one axis.
  @Test func scalarOutputsAreArraysOfOne() throws {
    try Script.run(
      """
      local model = wane.load(fixtures .. "/models/scalar.mlpackage")
      local y = model:predict{ x = wane.tensor{ 1, 2, 3 } }.y
      assert(#y.shape == 1 and y.shape[1] == 1)
      assert(y == wane.tensor{ 6 })
      """)
  }

  /// The second load maps what the first packed; a compressed model has a file of its own.
  @Test func keepsPackedWeightsInAFolder() throws {
    try Script.run(
      Script.digits + """
        local path = examples .. "/digits_cnn.mlpackage"
        local x = digits.test_x:scale(1 / 16):reshape{ -1, 1, 8, 8 }:slice(0, 0, 3)
        local wanted = model:predict{ image = x }
        for pass = 1, 2 do
          local kept = wane.load(path, { cache = scratch .. "/weights" })
          for name, y in pairs(kept:predict{ image = x }) do assert(y == wanted[name]) end
          assert(#wane.glob(scratch .. "/weights/*.weights") == 1)
        end
        local small = wane.load(path, { cache = scratch .. "/weights" }):palettize{ nbits = 4 }
        small:predict{ image = x }
        assert(#wane.glob(scratch .. "/weights/*.weights") == 2)
        os.execute("rm -r '" .. scratch .. "'")
        """)
    let failure = Script.failure("wane.load(examples .. '/digits_cnn.mlpackage', { cache = examples .. '/digits.npz' })")
    #expect(failure.contains("digits.npz") && failure.contains("File exists"), "\(failure)")
  }

  @Test func factsOfAModel() throws {
    try Script.run(
      Script.digits + """
        assert(model.name == "digits_cnn" and model.target == "iOS18" and model.spec_version == 9)
        assert(model.inputs.image.dtype == "float32" and model.inputs[1].shape[1] == "1…512")
        assert(model.size == 340864)
        assert(#model.weights == 8 and model.weights.f1_weight.scheme == "dense")
        assert(tostring(model):find("image", 1, true) and model:text():find("conv", 1, true))
        assert(#data == 397)
        """)
  }

  @Test func evaluatesAsItsMakersDid() throws {
    try Script.run(
      Script.digits + """
        local r = model:evaluate(data)
        assert(math.abs(r.accuracy - 0.9950) < 0.0005, r.accuracy)
        assert(r.intervals.accuracy[1] < r.accuracy and r.samples == 397)
        local own = model:evaluate(data, { metrics = { ones = function(outputs, batch) return batch.count / batch.count end } })
        assert(own.metrics.ones == 1)
        """)
  }

  @Test func compressesSavesAndLoadsAgain() throws {
    try Script.run(
      Script.digits + """
        local small = model:compress{ { "prune", target_sparsity = 0.5, weight_threshold = 512 }, { "palettize", nbits = 4, weight_threshold = 512 } }
        assert(small.size * 9 < model.size and model.size == 340864)
        assert(#small.history == 2)
        local path = scratch .. ".mlpackage"
        small:save(path)
        assert(not pcall(small.save, small, path))
        small:save(path, { overwrite = true })
        local again = wane.load(path)
        assert(again.history[2]:find("palettize", 1, true) and again.weights.f1_weight.scheme == "sparse+palettized")
        local r = again:evaluate(data, { baseline = model, metrics = { "accuracy", "agreement", "snr_db" } })
        assert(r.accuracy > 0.98 and r.agreement > 0.98 and r.snr_db > 15)
        local plain = again:decompress()
        assert(#plain.weights == 8)
        for _, w in ipairs(plain.weights) do assert(w.scheme == "dense") end
        assert(plain:evaluate(data, { baseline = again }).snr_db > 80)
        os.execute("rm -r '" .. path .. "'")
        """)
  }

  @Test func reportsSayWhatWasLeftAlone() throws {
    try Script.run(
      Script.digits + """
        local plan = model:quantize{ weight_threshold = 512, op_types = { linear = false }, dry_run = true }
        assert(#plan == 8 and plan.compressed == 1)
        local reasons, seen = {}, 0
        for _, entry in ipairs(plan) do
          seen = seen + 1
          if entry.action == "skipped" then reasons[entry.name] = entry.reason end
        end
        assert(seen == 8 and reasons.const_2 == nil)
        assert(reasons.f1_weight == "left alone by the recipe (op_types.linear)" and reasons.const_1:find("^rank 1"))
        assert(reasons.const_0 == "288 elements do not exceed weight_threshold 512")
        local some = model:palettize{ nbits = 4, where = function(w) return w.op_type == "conv" and w.count > 1000 end, weight_threshold = 0 }
        assert(some.report.compressed == 1)
        local patterns = model:quantize{ weight_threshold = 0, op_patterns = { { "^f%d_", false } } }
        assert(patterns.weights.f1_weight.scheme == "dense" and patterns.report.compressed == 2)
        """)
  }

  @Test func comparesInATableAndFiles() throws {
    try Script.run(
      Script.digits + """
        local report = wane.compare({ int8 = model:quantize{ weight_threshold = 512 }, bits2 = model:palettize{ nbits = 2, weight_threshold = 512 } },
          data, { baseline = model, runs = 2 })
        assert(#report == 3 and report[1].is_baseline and report[2].name == "int8" and report[3].ratio > 10)
        assert(report:best{ max_drop = 0.02 }.name == "bits2")
        assert(report[2].latency > 0 and tostring(report):find("int8", 1, true))
        for _, kind in ipairs{ "csv", "json", "html" } do
          report["to_" .. kind](report, scratch)
          assert(io.open(scratch):read("a"):find("int8", 1, true))
        end
        report:plot{ file = scratch .. ".svg" }
        assert(io.open(scratch .. ".svg"):read(4) == "<svg")
        os.remove(scratch) os.remove(scratch .. ".svg")
        """)
  }

  @Test(arguments: [
    ("model:quantize{ granularty = \"per_tensor\" }", "did you mean 'granularity'"),
    ("model:quantize{ mode = \"cubic\" }", "'linear_symmetric', 'linear'"),
    ("model:palettize{ 4 }", "write nbits = 4"),
    ("model:palettize{ nbits = 5 }", "1, 2, 3, 4, 6, 8"),
    ("model:palettize{ n_bits = 4 }", "did you mean 'nbits'"),
    ("model:prune{ target_sparsity = 1.5 }", "target_sparsity"),
    ("model:predict{ picture = wane.zeros{ 1, 1, 8, 8 } }", "no input 'picture' (inputs: image)"),
    ("model:predict{}", "input 'image' is missing"),
    ("model:predict{ image = wane.zeros{ 1, 1, 9, 8 } }", "expected float32 [1…512, 1, 8, 8], found float32 [1, 1, 9, 8]"),
    ("model.weights.nothing()", "no weight named 'nothing'"),
    ("model:quantise{}", "did you mean 'quantize'"),
    ("model.quantize{}", "did you write"),
    ("model:make_state()", "keeps no state"),
    ("model:evaluate(data, { metrics = { \"acuracy\" } })", "did you mean 'accuracy'"),
    ("wane.load(\"/no/such.mlpackage\")", "/no/such.mlpackage"),
    ("local m = wane.load(examples .. \"/digits_cnn.mlpackage\") m:close() m:text()", "model is closed"),
  ])
  func mistakesAreExplained(_ source: String, _ part: String) {
    let sentence = Script.failure(Script.digits + source)
    #expect(sentence.contains(part), "\(sentence)")
  }
}
