// SPDX-License-Identifier: Apache-2.0
// Data sets, metrics and comparisons in Lua.

import LuaAPI
import LuaHost
import Synchronization
import Testing

struct EvaluationTests {
  /// The remarks of a script, without duplicates.
  private func remarks(_ source: String) throws -> [String] {
    let interpreter = try Interpreter()
    defer { interpreter.close() }
    try LuaAPI.open(in: interpreter)
    let told = Mutex<[String]>([])
    interpreter.remarkWriter = { text in told.withLock { $0.append(text) } }
    try interpreter.globals.set("examples", Script.examples)
    try interpreter.globals.set("fixtures", Script.fixtures)
    try interpreter.run(Script.digits + source, chunkName: "@script.lua")
    return told.withLock { $0 }
  }

  @Test(arguments: [
    ("wane.dataset{ inputs = { x = { 1, 2 } }, image_size = { 2, 2 } }", "image_size is not used with inputs"),
    ("wane.dataset{ inputs = { x = { 1, 2 } }, seed = 3 }", "seed is not used without shuffle; shuffle = true"),
    (
      "wane.dataset(examples .. '/digits.npz', { inputs = { image = 'test_x' }, labels = 'test_y', image_size = { 2, 2 } })",
      "does not use 'image_size'"
    ),
    ("wane.dataset(fixtures .. '/pictures', { inputs = { x = 'y' } })", "does not use 'inputs'"),
    ("wane.dataset(fixtures .. '/pictures', { labels = 'y' })", "does not use 'labels'"),
    ("wane.dataset(fixtures .. '/pictures', { inputs = { x = wane.zeros{ 1 } } })", "inputs of a file name its arrays"),
    ("wane.dataset({ inputs = { x = { 1 } } }, { limit = 1 })", "options come in one table"),
    ("wane.dataset(examples .. '/digits.npz', 5)", "table expected, got number"),
    ("wane.dataset{ inputs = { x = { 1, 2 } }, labels = { 'a', 5 } }", "the first is a name, so all must be"),
    ("wane.dataset{ inputs = { x = { 1, 2 } }, labels = { 'a' } }", "\"x\" has 2 samples"),
    (
      "model:evaluate(wane.dataset{ inputs = { image = data.inputs.image } })",
      "nothing to measure: the data set has no labels and there is no baseline"
    ),
    ("wane.compare({ a = model }, wane.dataset{ inputs = { image = data.inputs.image } }, { latency = false })", "nothing to measure"),
    ("model:evaluate(data, { metrics = {} })", "metrics is empty"),
    ("model:evaluate(data, { metrics = { 'accuracy', 'accuracy' } })", "two metrics are called"),
    ("model:evaluate(data, { metrics = { { name = 'e', fn = print } } })", "'e' must say better"),
    ("model:evaluate(data, { metrics = { { name = 'e', fn = print, better = 'less' } } })", "'e' must say better"),
    ("model:evaluate(data, { metrics = { { name = 'e', better = 'lower' } } })", "'e' has no function fn"),
    ("model:evaluate(data, { metrics = { { name = 'e', fn = print, beter = 'lower' } } })", "did you mean 'better'?"),
    ("model:evaluate(data, { metrics = { { name = 'e', update = print, better = 'lower' } } })", "'e' has update, but no function finish"),
    (
      "model:evaluate(data, { metrics = { { name = 'e', update = print, finish = print, fn = print, better = 'lower' } } })",
      "has fn and update"
    ),
    (
      "model:evaluate(data, { metrics = { { name = 'e', update = print, finish = function() end, better = 'lower' } } })",
      "must return a number"
    ),
    ("wane.compare({ a = model }, data, { latency = false, runs = 3 })", "runs is not used with latency = false"),
    ("wane.compare({ { name = 'a', model = model, group = 'x' } }, data)", "unknown field 'group'"),
    ("wane.compare({ { name = 'a', model = model }, { name = 'a', model = model } }, data)", "several candidates are named 'a'"),
    ("wane.compare({ { name = 'a', model = model }, b = model }, data)", "not both; found 'b'"),
    ("wane.trainer(model):fit(data, { metrics = 'accuracy' })", "metrics is not used without a validation"),
    ("wane.trainer(model):fit(data, { monitor = 'accuracy' })", "monitor is not used without a validation"),
    ("wane.trainer(model, { loss = { type = 'mse', teacher = model } })", "the loss mse does not use a teacher"),
    ("wane.plot({ { x = 1, y = 2 } }, { x = 'x', y = 'y', kind = 'bars', x_scale = 'log' })", "x_scale is not used with kind = \"bars\""),
    ("wane.plot({ { x = 1, y = 2 } }, { x = 'x', y = 'y', value = 'y', kind = 'line' })", "value is not used"),
    ("wane.nn.model(wane.nn.sequential{ 'relu' }, { inputs = { x = { shape = { 2 }, dtyp = 'int32' } } })", "unknown field 'dtyp'"),
    ("wane.nn.model(wane.nn.sequential{ 'relu' }, { inputs = { x = { 2 } }, outputs = { 'a', 'b' } })", "outputs has 2 names"),
    (
      "wane.nn.model(wane.nn.sequential{ 'relu' }, { inputs = { x = { width = 2, height = 2, colour = 'rgb' } } })",
      "unknown field 'colour'"
    ),
  ])
  func whatIsNotUsedIsAnError(_ code: String, _ part: String) {
    let failure = Script.failure(Script.digits + code)
    #expect(failure.contains(part), "\(failure)")
  }

  @Test func metricsSayWhichWayIsBetter() throws {
    try Script.run(
      Script.digits + """
        local function surprise(outputs, batch)
          local sum = 0
          for i = 0, batch.count - 1 do sum = sum - math.log(math.max(outputs.probabilities:at{ i, batch.labels:at{ i } }, 1e-9)) end
          return sum / batch.count
        end
        local small = model:palettize{ nbits = 1, weight_threshold = 512 }
        local metric = { name = "surprise", fn = surprise, better = "lower", unit = "nat" }
        local alone = model:evaluate(data, { metrics = metric })
        assert(alone.metrics.surprise > 0 and tostring(alone):find("nat"))
        local report = wane.compare({ small = small, same = model:quantize{ weight_threshold = 512 } }, data,
          { baseline = model, latency = false, metrics = { metric, "snr_db", "agreement", "kl", own = function() return 1 end } })
        assert(report[1].is_baseline and report[1].agreement == 1 and report[1].snr_db == 1/0 and report[1].kl == 0)
        -- Less is better: what is more surprised than the baseline by much does not fit.
        local best = report:best{ metric = "surprise", max_drop = 0.01 }
        assert(best.name ~= "small" and report:best{ metric = "surprise", max_drop = 100 }.name == "small")
        assert(report:best{ metric = "snr_db", min = 20 }.name == "same")
        assert(report:best{ metric = "agreement", min = 2 } == nil)
        assert(report:best{ metric = "size", max = small.size }.name == "small")
        for _, metric in ipairs{ "surprise", "snr_db", "agreement", "kl", "own" } do
          assert(report:best{ metric = metric, max_drop = 0.5 })
          report:plot{ y = metric, max_drop = 0.5, file = scratch .. ".svg" }
        end
        report:to_html(scratch .. ".html", { max_drop = 0.5 })
        local page = io.open(scratch .. ".html"):read("a")
        for _, part in ipairs{ "<h2>Models</h2>", "float32 [1…512, 1, 8, 8]", "iOS18, specification 9", data.digest, "f1_weight", "palettized" } do
          assert(page:find(part, 1, true), part)
        end
        assert(#report.missing == 0 and report.remark == nil)
        os.remove(scratch .. ".svg") os.remove(scratch .. ".html")
        """)
  }

  @Test func metricsSeeTheWholeDataSet() throws {
    try Script.run(
      Script.digits + """
        local finished = 0
        local hits = { name = "hits", better = "higher",
          update = function(state, outputs, batch)
            state.batches = (state.batches or 0) + 1
            state.right = (state.right or 0) + outputs.probabilities:argmax(1):eq(batch.labels):cast("int32"):sum()
          end,
          finish = function(state) finished = finished + 1 assert(state.batches == 4) return state.right end }
        local result = model:evaluate(data, { metrics = { hits, "accuracy", "f1", "auc", "ece", "perplexity" } })
        assert(math.abs(result.metrics.hits / data.count - result.accuracy) < 1e-9 and finished == 1)
        assert(math.abs(result.f1 - result.accuracy) < 0.02 and result.auc > 0.99 and result.ece < 0.05 and result.perplexity < 1.2)
        local report = wane.compare({ small = model:palettize{ nbits = 2 } }, data, { baseline = model, latency = false, metrics = { hits, "f1" } })
        assert(report[1].metrics.hits == result.metrics.hits and finished == 3)
        """)
  }

  /// The error in the second epoch is twice that of the first. Lower is better, so the first epoch is the best.
  @Test func earlyStoppingAsksTheMetric() throws {
    try Script.run(
      Script.digits + """
        for better, best in pairs{ lower = 1, higher = 2 } do
          local calls = 0
          local t = wane.trainer(model, { lr = 1e-4 })
          local history = t:fit(data, { epochs = 2, steps = nil, validation = data:shuffled(1), patience = 5,
            metrics = { { name = "e", better = better, fn = function() calls = calls + 1 return calls <= 4 and 1 or 2 end } } })
          assert(history.best == best, better .. history.best)
        end
        """)
  }

  @Test func labelsThatAreNames() throws {
    try Script.run(
      Script.digits + """
        local net = wane.nn.sequential{ "flatten", wane.nn.linear{ out_features = 2 } }
        local plain = wane.nn.model(net, { inputs = { x = { 2 } } })
        local named = wane.dataset{ inputs = { x = { { 1, 2 }, { 3, 4 } } }, labels = { "dog", "cat" } }
        assert(named.classes[1] == "cat" and named.labels:at{ 0 } == 1 and named.labels:at{ 1 } == 0)
        local ok, e = pcall(plain.evaluate, plain, named)
        assert(not ok and tostring(e):find('the labels are names, such as "cat"', 1, true), tostring(e))
        -- What compares with a baseline needs no labels.
        assert(plain:evaluate(named, { metrics = "snr_db", baseline = plain }).snr_db == 1/0)
        local own = wane.dataset(examples .. "/digits.npz", { inputs = { x = "test_y" }, labels = data.labels })
        assert(own.labels == data.labels)
        """)
  }

  @Test func remarksAreToldOnce() throws {
    let told = try remarks(
      """
      local bytes = wane.load_npz(examples .. "/digits.npz").test_x:cast("uint8"):reshape{ -1, 1, 8, 8 }
      for _ = 1, 2 do
        model:predict{ image = bytes:slice(0, 0, 1) }
        model:evaluate(wane.dataset{ inputs = { picture = bytes }, labels = data.labels, limit = 3 })
        wane.trainer(model):step{ inputs = { picture = bytes:slice(0, 0, 2) }, labels = data.labels:slice(0, 0, 2) }
      end
      """)
    #expect(told.count == 2 && told[0].hasPrefix("input 'image' is float32 and is given uint8 values beyond 1"))
    #expect(told.last == "input 'image' of the model is given 'picture', the only input of the data set")
    #expect(try remarks("model:evaluate(data, { baseline = model })").isEmpty)
  }

  @Test func fieldsOfBenchmarksAreAsTheHelpSays() throws {
    try Script.run(
      Script.digits + """
        local b = model:benchmark{ runs = 2, profile = true }
        assert(#b.profile > 0 and b.profile[1].seconds >= 0)
        """)
  }

  /// Batches that run at the same time have the results that they have one after another: for several samples per call, and for a model
  /// whose calls take one sample.
  @Test func resultsDoNotDependOnThreads() throws {
    try Script.run(
      Script.digits + """
        local nn = wane.nn
        local single = nn.model(nn.sequential{ nn.conv2d{ out_channels = 4, kernel_size = 3 }, nn.relu(), nn.flatten(), nn.linear{ out_features = 10 } },
          { inputs = { image = { shape = { 1, 8, 8 } } }, outputs = { "probabilities" }, batch = 1, seed = 3 })
        single:save(scratch .. ".mlpackage")
        for _, path in ipairs{ examples .. "/digits_cnn.mlpackage", scratch .. ".mlpackage" } do
          local reference = wane.load(path, { threads = 1 })
          local expected = reference:evaluate(data, { batch_size = 7, metrics = { "accuracy", "top5" } })
          for threads = 2, 4 do
            local model = wane.load(path, { threads = threads })
            local found = model:evaluate(data, { batch_size = 7, metrics = { "accuracy", "top5" } })
            assert(found.samples == data.count and found.accuracy == expected.accuracy, threads .. " threads: accuracy")
            assert(found.metrics.top5 == expected.metrics.top5, threads .. " threads: top5")
            assert(model:evaluate(data, { batch_size = 7, baseline = reference, metrics = { "mse" } }).metrics.mse == 0)
          end
        end
        os.execute("rm -r '" .. scratch .. ".mlpackage'")
        """)
  }
}
