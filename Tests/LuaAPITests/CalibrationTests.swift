// SPDX-License-Identifier: Apache-2.0
// Calibration, sensitivity and search in scripts, on the digits model.

import LuaAPI
import LuaHost
import Testing

struct CalibrationTests {
  /// The digits model, with 100 samples for calibration and the others for tests.
  private static let start = """
    model = wane.load(examples .. "/digits_cnn.mlpackage")
    local digits = wane.load_npz(examples .. "/digits.npz")
    local images = digits.test_x:scale(1 / 16):reshape{ -1, 1, 8, 8 }
    data = wane.dataset{ inputs = { image = images }, labels = digits.test_y, limit = 100 }
    test = wane.dataset{ inputs = { image = images }, labels = digits.test_y, batch_size = 100 }

    """

  @Test func statisticsAreCollectedSavedAndMerged() throws {
    try Script.run(
      Self.start + """
        local s = model:calibrate(data, { collect = { "ranges", "second_moments", "histograms", "fisher" } })
        assert(s.samples == 100 and s.positions > 100)
        local image = s.values.image
        assert(image.min == 0 and image.max == 1 and image.mean > 0.1 and image.mean < image.rms)
        assert(image.histogram.count == 2048 and image.histogram:sum() == 100 * 64)
        assert(image:percentile(0) == 0 and image:percentile(100) == 1 and image:percentile(50) <= image:percentile(90))
        local read = 0
        for name, value in pairs(s.values) do
          if value.second_moments then
            read = read + 1
            assert(value.absmax.count == value.size * value.absmax.shape[1] and value.mean_squares:min() >= 0, name)
            assert(value.second_moments.shape[1] == value.size)
          end
        end
        assert(read >= 4, read)
        local squares = 0
        for name, t in pairs(s.squared_gradients) do squares = squares + 1; assert(t:min() >= 0 and t:max() > 0, name) end
        assert(squares >= 4, squares)
        assert(tostring(s):find("100 samples, squared gradients of"))
        s:save(scratch .. ".npz")
        local again = wane.load_statistics(scratch .. ".npz")
        assert(tostring(again) == tostring(s) and again.values.image:percentile(77) == image:percentile(77))
        local options = { algorithm = "gptq", dtype = "uint4", mode = "linear", weight_threshold = 100 }
        options.calibration = s
        local a = model:quantize(options)
        options.calibration = again
        local b = model:quantize(options)
        for i, w in ipairs(a.weights) do assert(w:to_tensor():eq(b.weights[i]:to_tensor()):all(), w.name) end
        local twice = s:merge(again)
        assert(twice.samples == 200 and math.abs(twice.values.image.mean - image.mean) < 1e-9)
        local plain = model:quantize{}
        local ok, e = pcall(plain.quantize, plain, options)
        assert(not ok and tostring(e):find("another model or other weights", 1, true), tostring(e))
        """)
    let failure = Script.failure(Self.start + "wane.load_statistics(examples .. \"/digits.npz\")")
    #expect(failure.contains("does not hold statistics"), "\(failure)")
    let unknown = Script.failure(Self.start + "model:calibrate(data, { collect = { \"histogram\" } })")
    #expect(unknown.contains("histograms"), "\(unknown)")
  }

  @Test func algorithmsWithGradients() throws {
    try Script.run(
      Self.start + """
        local function made(o) o.nbits, o.weight_threshold = 2, 100; return model:palettize(o) end
        local function snr(m) return m:evaluate(test, { baseline = model }).snr_db end
        local stats = model:calibrate(data, { collect = { "fisher" } })
        -- The sum of squared gradients times squared changes, which these tables minimize.
        local function harm(m)
          local sum = 0
          for name, squares in pairs(stats.squared_gradients) do
            local change = (model.weights[name]:to_tensor() - m.weights[name]:to_tensor()):reshape{ -1 }
            sum = sum + (squares * change * change):sum()
          end
          return sum
        end
        local plain, skm = made{}, made{ algorithm = "skm", calibration = data }
        assert(harm(skm) < 0.9 * harm(plain), harm(skm) .. " against " .. harm(plain))
        for i, w in ipairs(made{ algorithm = "skm", calibration = stats }.weights) do
          assert(w:to_tensor():eq(skm.weights[i]:to_tensor()):all(), w.name)
        end
        local labels = made{ algorithm = "skm", calibration = data, loss = "cross_entropy" }
        assert(not labels.weights.f1_weight:to_tensor():eq(skm.weights.f1_weight:to_tensor()):all())
        assert(snr(made{ algorithm = "gptq", importance = "fisher", calibration = data }) > snr(plain))
        local dry = model:palettize{ algorithm = "skm", nbits = 2, calibration = data, weight_threshold = 100, dry_run = true }
        local real = model:palettize{ algorithm = "skm", nbits = 2, calibration = data, weight_threshold = 100 }.report
        assert(dry.bytes_after == real.bytes_after)
        local ok, e = pcall(model.palettize, model, { algorithm = "skm", nbits = 2, calibration = model:calibrate(data) })
        assert(not ok and tostring(e):find("fisher", 1, true), tostring(e))
        """)
  }

  @Test func sensitivitiesAreMeasuredAndResumed() throws {
    try Script.run(
      Self.start + """
        local candidates = { { "palettize", nbits = 2, weight_threshold = 100 }, { "palettize", nbits = 4, weight_threshold = 100 },
          { "quantize", dtype = "int8", weight_threshold = 100 } }
        local path = scratch .. ".json"
        local s = model:sensitivity(data, { candidates = candidates, path = path })
        assert(s.complete and s.metric == "snr_db" and #s.candidates == 3 and #s >= 9)
        local rows = {}
        for _, row in ipairs(s) do
          rows[row.weight .. row.candidate] = row
          assert(math.abs(row.error - 10 ^ (-row.score / 10)) < 1e-9 and row.bytes < row.bytes_before and row.bits < 20)
        end
        -- The score is that of the model with this weight compressed.
        local row = s[1]
        local one = model:palettize{ nbits = 2, weight_threshold = 100, where = function(w) return w.name == row.weight end }
        assert(math.abs(one:evaluate(data, { baseline = model }).snr_db - row.score) < 1e-6)
        -- Rows of the file are not measured again.
        local calls = 0
        local again = model:sensitivity(data, { candidates = candidates, path = path,
          metric = "snr_db" })
        for i, r in ipairs(again) do assert(r.score == s[i].score) end
        local ok, e = pcall(model.sensitivity, model, data, { candidates = candidates, path = path, metric = "cosine" })
        assert(not ok and tostring(e):find("metric", 1, true), tostring(e))
        local fisher = model:sensitivity(data, { candidates = candidates, method = "fisher" })
        assert(fisher.complete and fisher.metric == "fisher" and fisher[1].error > 0 and fisher[1].score == nil)
        s:plot{ file = scratch .. ".svg" }
        s:plot{ kind = "bars", file = scratch .. ".svg" }
        s:to_csv(scratch .. ".csv")
        assert(tostring(s):find("snr_db with one weight compressed", 1, true))
        local small = model:compress(s:best{ size = 0.4 })
        assert(small.size <= 0.4 * model.size + 64, small.size / model.size)
        local better, worse = model:compress(s:best{ size = 0.5 }), model:compress(s:best{ size = 0.2 })
        assert(better:evaluate(test, { baseline = model }).snr_db > worse:evaluate(test, { baseline = model }).snr_db)
        """)
    let failure = Script.failure(Self.start + "model:sensitivity(data, { candidates = { \"palettize\", nbits = 4 } })")
    #expect(failure.contains("found one step"), "\(failure)")
    let budget = Script.failure(Self.start + "model:sensitivity(data, { method = \"fisher\" }):best{ sizes = 0.5 }")
    #expect(budget.contains("'size'"), "\(budget)")
  }

  @Test func searchesKeepToTheirBudgets() throws {
    try Script.run(
      Self.start + """
        local candidates = {}
        for _, bits in ipairs{ 1, 2, 3, 4, 6 } do candidates[#candidates + 1] = { "palettize", nbits = bits, weight_threshold = 30 } end
        local s = model:sensitivity(data, { candidates = candidates, method = "measure" })
        local steps = 0
        local small = model:search(data, { budget = { bits = 3 }, sensitivity = s, validation = test, points = 3,
          on_step = function(p) steps = steps + 1; assert(p.bytes > 0 and p.score == p.score) end })
        local count = 0
        for _, w in ipairs(model.weights) do count = count + w.count end
        assert(small.size * 8 / count <= 3 and small.size * 8 / count > 2.5, small.size * 8 / count)
        assert(steps >= 3 and #small.curve >= 4 and small.curve[1].snr_db ~= nil)
        assert(#small.recipe.steps >= 2)
        -- As good as the same bits everywhere, or better.
        local uniform = model:palettize{ nbits = 3, weight_threshold = 30 }
        local found, same = small:evaluate(test, { baseline = model }).snr_db, uniform:evaluate(test, { baseline = model }).snr_db
        assert(found > same - 0.3, found .. " against " .. same)
        -- The recipe makes the same model.
        local again = model:compress(wane.recipe(small))
        assert(again.size == small.size)
        for i, w in ipairs(small.weights) do assert(w:to_tensor():eq(again.weights[i]:to_tensor()):all()) end
        local loud = model:search(data, { budget = { snr_db = 25 }, sensitivity = s, points = 0 })
        assert(loud:evaluate(data, { baseline = model }).snr_db >= 25 and loud.size < model.size / 2)
        local exact = model:search(test, { budget = { accuracy_drop = 0.01 }, sensitivity = s, points = 0 })
        assert(exact:evaluate(test).accuracy >= model:evaluate(test).accuracy - 0.01 and exact.size < model.size / 3)
        local tuned = model:search(data, { budget = { bits = 3 }, sensitivity = s, validation = test, points = 0, algorithm = "gptq", calibration = data })
        assert(tuned:evaluate(test, { baseline = model }).snr_db > found and tuned.size == small.size)
        """)
    let failure = Script.failure(
      Self.start + "model:search(data, { budget = { bytes = 10 }, method = \"fisher\", candidates = { { \"palettize\", nbits = 2 } } })")
    #expect(failure.contains("below"), "\(failure)")
    #expect(Script.failure(Self.start + "model:search(data, {})").contains("no budget"))
  }

  /// A technique of a script is a candidate like any other.
  @Test func techniquesOfScriptsAreCandidates() throws {
    try Script.run(
      Self.start + """
        wane.technique{ name = "signs", doc = "one bit", compress = function(w)
          local sum, values = 0, w.rows:to_table()
          for i, row in ipairs(values) do for j, x in ipairs(row) do sum = sum + math.abs(x) / w.count; row[j] = x < 0 and -1 or 1 end end
          return wane.encode.quantized{ codes = values, scale = sum, dtype = "int8" }
        end }
        local s = model:sensitivity(data, { candidates = { { "signs", weight_threshold = 100 }, { "palettize", nbits = 4, weight_threshold = 100 } } })
        assert(s.complete and s.candidates[1]:find("^signs"))
        local small = model:search(data, { budget = { size = 0.3 }, sensitivity = s, points = 0 })
        assert(small.size <= 0.3 * model.size)
        """)
  }

  @Test func activationsBecomeCodes() throws {
    try Script.run(
      Self.start + """
        local newer = model
        local function snr(m) return m:evaluate(test, { baseline = newer }).snr_db end
        local small = newer:quantize_activations{ calibration = data, weights = { dtype = "int8", weight_threshold = 100 } }
        local counts = {}
        for _, op in ipairs(small.operations) do counts[op.type] = (counts[op.type] or 0) + 1 end
        assert(counts.quantize == counts.dequantize and counts.quantize >= 4, counts.quantize)
        local plain = newer:quantize{ dtype = "int8", weight_threshold = 100 }
        assert(small.size == plain.size)
        local symmetric = snr(small)
        assert(symmetric > 25 and symmetric < snr(plain) + 1, symmetric)
        small:save(scratch .. ".mlpackage")
        assert(snr(wane.load(scratch .. ".mlpackage")) == symmetric)
        local affine = newer:quantize_activations{ calibration = data, mode = "linear", weights = false }
        assert(affine.size == newer.size and snr(affine) > 25)
        local stats = newer:calibrate(data, { collect = { "ranges", "histograms" } })
        assert(snr(newer:quantize_activations{ calibration = stats, mode = "linear", weights = false }) == snr(affine))
        for _, observer in ipairs{ "moving_average", "percentile", "mse", "entropy" } do
          assert(snr(newer:quantize_activations{ calibration = stats, observer = observer }) > 10, observer)
        end
        assert(snr(newer:quantize_activations{ calibration = stats, observer = "percentile", percentile = 90 }) < symmetric - 3)
        local none = newer:quantize_activations{ calibration = data, op_types = { conv = false, max_pool = false, avg_pool = false, add = false }, weights = false }
        counts = 0
        for _, op in ipairs(none.operations) do if op.type == "quantize" then counts = counts + 1 end end
        assert(counts >= 1 and counts <= 2, counts)
        """)
    let type = Script.failure(Self.start + "model:quantize_activations{ calibration = data, op_types = { relu = true } }")
    #expect(type.contains("op_types.relu"), "\(type)")
    let idle = Script.failure(Self.start + "model:quantize_activations{ calibration = data, percentile = 99 }")
    #expect(idle.contains("observer"), "\(idle)")
  }

  @Test func smoothingKeepsTheFunctionAndCorrectionHelps() throws {
    try Script.run(
      Self.start + """
        local function snr(m) return m:evaluate(test, { baseline = model }).snr_db end
        local stats = model:calibrate(data)
        local smooth = model:equalize{ calibration = stats, alpha = 0.7 }
        assert(#smooth.history > #model.history and snr(smooth) > 40, snr(smooth))
        local ok, e = pcall(smooth.equalize, smooth, { calibration = stats })
        assert(not ok and tostring(e):find("another model", 1, true))
        local even = model:equalize{}
        assert(even.size == model.size and #even.history == #model.history + 1 and snr(even) > 40, snr(even))
        local rough = model:quantize{ dtype = "int4", weight_threshold = 100 }
        local better = rough:correct_bias(data, { reference = model })
        assert(better.size == rough.size and snr(better) > snr(rough), snr(rough) .. " " .. snr(better))
        local ok, e = pcall(model.correct_bias, model, data, { reference = model })
        assert(not ok and tostring(e):find("no layer", 1, true), tostring(e))
        local w8a8 = model:quantize_activations{ calibration = data, smooth = { alpha = 0.7 } }
        assert(snr(w8a8) > 20, snr(w8a8))
        """)
  }
}
