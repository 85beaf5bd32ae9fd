// SPDX-License-Identifier: Apache-2.0
// Training in Lua with restored norms, with chosen parameters, from palettized models and from recipes.

import LuaHost
import Testing

struct NormTrainingTests {
  private static let setting =
    Script.digits + """
      local arrays = wane.load_npz(examples .. "/digits.npz")
      train = wane.dataset{
        inputs = { image = arrays.train_x:scale(1 / 16):reshape{ -1, 1, 8, 8 } }, labels = arrays.train_y, batch_size = 64, limit = 640,
      }
      inputs = { image = wane.random({ 4, 1, 8, 8 }, { seed = 1 }) }
      function probabilities(m) return m:predict(inputs).probabilities end
      function words(t) return (tostring(t):gsub("\\n", " ")) end
      function distance(a, b) return (probabilities(a) - probabilities(b)):abs():max() end

      """

  @Test func normsAreRestoredAndFoldedAgain() throws {
    try Script.run(
      Self.setting + """
        local t = wane.trainer(model, { lr = 1e-3, optimizer = "adam", norms = "restore", seed = 3 })
        assert(#t.norms >= 2, #t.norms)
        local before = words(t)
        assert(before:find("norms: batch norms restored behind " .. #t.norms .. " of ", 1, true), before)
        assert(before:find("statistics come from the data before the first step", 1, true), before)
        assert(before:find("the restored norm behind it has the shift", 1, true), before)
        assert(distance(t:finalize(), model) == 0)
        local losses = {}
        t:fit(train, { epochs = 2, on_step = function(_, loss) losses[#losses + 1] = loss end })
        assert(losses[1] < 0.3 and #losses == 20, losses[1])
        assert(words(t):find("statistics of 640 samples", 1, true), words(t))
        local small = t:finalize()
        assert(distance(t.model, small) < 1e-5)
        assert(#small.operations == #model.operations)
        assert(small.history[1]:find("norms restored behind " .. #t.norms .. " layers", 1, true), small.history[1])
        assert(small:evaluate(data).accuracy > 0.95)
        -- Fewer samples, of other data.
        local few = wane.trainer(model, { norms = { type = "restore", data = train:take(100), samples = 64 }, lr = 0 })
        for batch in train:batches(32) do few:step(batch) break end
        assert(words(few):find("statistics of 64 samples", 1, true), words(few))
        """)
  }

  @Test func aCheckpointHasTheStateOfNorms() throws {
    try Script.run(
      Self.setting + """
        local function make()
          local norms = { type = "restore", samples = 128 }
          return wane.trainer(model, { lr = 1e-3, optimizer = "adam", norms = norms, seed = 5, ema = 0.9 }):quantize{}
        end
        local whole, half = make(), make()
        whole:fit(train, { epochs = 2 })
        half:fit(train, { epochs = 2, on_step = function(step) return step < 7 end })
        half:save_checkpoint(scratch .. ".npz")
        local other = wane.resume(scratch .. ".npz")
        assert(#other.norms == #whole.norms)
        other:fit(train, { epochs = 2 })
        assert(other.steps == whole.steps and distance(whole:finalize(), other:finalize()) == 0)
        """)
  }

  @Test func theTrainerSaysWhatItTrains() throws {
    try Script.run(
      """
      local nn = wane.nn
      local mean, inverse = wane.random({ 12, 1, 1 }, { seed = 1 }), wane.random({ 12, 1, 1 }, { seed = 2 })
      local net = nn.sequential{
        nn.custom(function(g, x) return g:op("mul", { x = g:op("sub", { x = x, y = mean }), y = inverse }) end),
        nn.conv2d{ out_channels = 4, kernel_size = 3 }, "relu", nn.global_avg_pool{}, nn.linear{ out_features = 2 },
      }
      local model = nn.model(net, { inputs = { x = { 12, 8, 8 } }, outputs = { "y" }, seed = 1 })
      local t = wane.trainer(model, { norms = "restore" })
      assert(#t.parameters == 5, #t.parameters)  -- two weights, the head's bias, scale and shift of the norm
      assert(#t.fixed == 3 and t.fixed[1].reason == "between the input and the first layer", #t.fixed)
      local text = tostring(t)
      for _, words in ipairs{
        "5 parameters, 0 steps done", "trained: conv weight, linear weight, linear bias, batch_norm gamma, batch_norm beta",
        "between the input and the first layer", "parameters = { patterns of names } decides otherwise",
        "behind 1 of 2 convolutions and linear layers", "no norm behind linear: no activation, residual sum or convolution reads its output",
      } do
        assert(text:gsub("\\n", " "):find(words, 1, true), words .. " is not in\\n" .. text)
      end
      assert(#wane.trainer(model, { parameters = { "." } }).parameters == 6)
      assert(not tostring(wane.trainer(model)):find("norms:", 1, true))
      """)
  }

  @Test func aCalibratedModelIsAStart() throws {
    try Script.run(
      Self.setting + """
        local calibrated = model:palettize{ nbits = 2, algorithm = "gptq", calibration = train, weight_threshold = 512 }
        local t = wane.trainer(model, { lr = 1e-4, optimizer = "adam", schedule = "cosine", ema = 0.9, loss = { type = "kl", teacher = model } })
        t:palettize{ init = calibrated }
        assert(distance(t.model, calibrated) < 1e-5 and distance(t:finalize(), calibrated) < 1e-5)
        local function error_of(m) return m:evaluate(data, { metrics = { "kl" }, baseline = model }).kl end
        t:fit(train, { epochs = 6 })
        local small = t:finalize()
        assert(error_of(small) < error_of(calibrated), error_of(small) .. " against " .. error_of(calibrated))
        for i, w in ipairs(calibrated.weights) do assert(small.weights[i].scheme == w.scheme and small.weights[i].bits == w.bits, w.name) end
        t:save_checkpoint(scratch .. ".npz")
        assert(distance(wane.resume(scratch .. ".npz", { loss = { type = "kl", teacher = model } }):finalize(), small) == 0)
        -- Tables for groups, vectors and with quantized values.
        for _, options in ipairs{
          { nbits = 2, granularity = "per_grouped_channel", group_size = 4 }, { nbits = 4, cluster_dim = 2 }, { nbits = 4, mode = "uniform" },
        } do
          options.weight_threshold = 512
          local start = model:palettize(options)
          assert(distance(wane.trainer(model):palettize{ init = start }:finalize(), start) < 1e-5)
        end
        local sparse = model:prune{ target_sparsity = 0.5, weight_threshold = 512 }:palettize{ nbits = 4, weight_threshold = 512 }
        local both = wane.trainer(model, { lr = 0 }):prune{ target_sparsity = 0.5, weight_threshold = 512 }:palettize{ init = sparse }
        for batch in train:batches(64) do both:step(batch) break end
        for _, w in ipairs(both:finalize().weights) do
          if w.count > 512 then assert(w.scheme == "sparse+palettized", w.name .. w.scheme) end
        end
        """)
  }

  @Test func recipesAreTrained() throws {
    try Script.run(
      Self.setting + """
        local recipe = wane.recipe{
          { "palettize", op_names = { const_0 = { nbits = 4, weight_threshold = 0 } } },
          { "palettize", op_names = { const_2 = { nbits = 2, weight_threshold = 0 }, f1_bias = { nbits = 2, weight_threshold = 0 } } },
          { "quantize", op_name_configs = { f2_weight = { dtype = "int8", weight_threshold = 0 } } },
        }
        local t = wane.trainer(model, { lr = 1e-3, optimizer = "adam" }):apply(recipe)
        assert(#t:report().skipped == 1 and t:report().skipped[1].reason:find("it has a single axis", 1, true))
        t:fit(train, { epochs = 1 })
        local small = t:finalize()
        local found = {}
        for _, w in ipairs(small.weights) do
          found[#found + 1] = w.name .. " " .. w.scheme .. (w.scheme == "palettized" and (w.unique_values <= 4 and 2 or 4) or "")
        end
        assert(table.concat(found, ", "):find("const_0 palettized4, const_1 dense, const_2 palettized2", 1, true), table.concat(found, ", "))
        assert(small.weights.f2_weight.scheme == "quantized" and small.weights.f1_weight.scheme == "dense")
        -- About the same bytes as without training, which palettizes the bias, too.
        assert(math.abs(small.size - model:compress(recipe).size) <= 320, small.size .. " against " .. model:compress(recipe).size)
        -- The recipe of a searched model.
        local searched = model:search(train:take(64), { budget = { size = 0.3 }, points = 0 })
        local again = wane.trainer(model, { lr = 0 }):apply(searched.recipe)
        assert(math.abs(again:finalize().size - searched.size) <= 256, again:finalize().size .. " against " .. searched.size)
        -- Steps that differ in the weights that they leave alone, as those of a search.
        local steps = { { "palettize", nbits = 6, op_names = { const_2 = false } }, { "palettize", nbits = 8, op_names = { f1_weight = false } } }
        local two = wane.trainer(model):apply(steps):finalize()
        assert(two.weights.f1_weight.bits < 7 and two.weights.const_2.bits > 8, two.weights.f1_weight.bits .. " " .. two.weights.const_2.bits)
        -- Options that recipes do not have; patterns; options for all weights.
        local pruned = wane.trainer(model, { lr = 1e-3 }):apply(
          { { "prune", target_sparsity = 0.5, weight_threshold = 512, op_types = { linear = { target_sparsity = 0.75 } } } },
          { prune = { scheduler = { type = "polynomial_decay", update_steps = { 0, 5 } } } })
        pruned:fit(train, { epochs = 1 })
        for _, w in ipairs(pruned:finalize().weights) do
          if w.count > 512 then
            local wanted = w.op_type == "linear" and 0.75 or 0.5
            assert(math.abs(w.sparsity - wanted) < 0.01, w.name .. " " .. w.sparsity)
          end
        end
        local some = wane.trainer(model):apply{ { "quantize", dtype = "int8", op_patterns = { { "f1", false } } } }:finalize()
        for _, w in ipairs(some.weights) do
          if w.count > 2048 then assert((w.scheme == "dense") == (w.name:find("f1") ~= nil), w.name) end
        end
        """)
  }

  @Test(arguments: [
    ("wane.trainer(model, { norms = 'restored' })", "'restore'"),
    ("wane.trainer(model, { norms = { type = 'restore', samples = 0 } })", "norms.samples must be a whole number of at least 1"),
    ("wane.trainer(model, { norms = { type = 'restore', data = 3 } })", "norms.data must be a Dataset"),
    ("wane.trainer(model, { norms = { type = 'restore', sample = 3 } })", "not 'sample'"),
    ("wane.trainer(model, { norms = { type = 'none', samples = 3 } })", "have no effect with type = \"none\""),
    ("wane.trainer(model, { norms = 3 })", "norms"),
    ("wane.trainer(model, { parameters = { '^encoder' } })", "parameters: the pattern \"^encoder\" matches none of the"),
    ("wane.trainer(model):palettize{ init = model }", "init: the model has no palettized weights"),
    (
      "wane.trainer(model):palettize{ init = model:palettize{ nbits = 2, weight_threshold = 512 }, n_bits = 4 }",
      "n_bits follows from the tables of init"
    ),
    ("wane.trainer(model):palettize{ init = 3 }", "init"),
    (
      "wane.trainer(model):palettize{ init = model:prune{ target_sparsity = 0.5 }:palettize{ nbits = 4, weight_threshold = 512 } }",
      "is pruned, too: t:prune{ … } comes first"
    ),
    ("wane.trainer(model):apply{ { 'retarget', 'iOS18' } }", "apply: the step retarget cannot be trained: it comes before training"),
    ("wane.trainer(model):apply{ { 'quantize', granularity = 'per_block' } }", "training has a scale for each channel, or one"),
    ("wane.trainer(model):apply{ { 'prune', threshold = 0.1 } }", "cannot be trained"),
    ("wane.trainer(model):apply{ { 'palettize', mode = 'unique' } }", "cannot be trained"),
    ("wane.trainer(model):apply{ { 'decompress' } }", "no step that compresses"),
    (
      "wane.trainer(model):apply({ { 'quantize' } }, { prune = { dim = 1 } })",
      "options for prune cannot be trained: the recipe has no such step"
    ),
    ("wane.trainer(model):quantize{}:apply{ { 'quantize' } }", "quantize is at work already"),
    ("wane.trainer(model):apply{ { 'quantize' }, { 'quantize', dtype = 'uint8' } }", "several quantize steps for '"),
  ])
  func sentences(_ source: String, _ sentence: String) {
    let found = Script.failure(Script.digits + source)
    #expect(found.contains(sentence), "\(source): \(found)")
  }
}
