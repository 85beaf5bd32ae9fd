// SPDX-License-Identifier: Apache-2.0
// Training in Lua: networks, runs, checkpoints, and error messages.

import Foundation
import LuaHost
import Testing

struct TrainingScriptTests {
  private static let setting =
    Script.digits + """
      local arrays = wane.load_npz(examples .. "/digits.npz")
      train = wane.dataset{
        inputs = { image = arrays.train_x:scale(1 / 16):reshape{ -1, 1, 8, 8 } }, labels = arrays.train_y, batch_size = 64, limit = 320,
      }

      """

  @Test func aFreshNetworkLearns() throws {
    try Script.run(
      Self.setting + """
        local nn = wane.nn
        local net = nn.sequential{
          nn.conv2d{ out_channels = 8, kernel_size = 3, padding = "same" }, "relu", nn.max_pool{},
          nn.custom(function(g, x) return g:op("relu", { x = x * 2 - 1 }) + x end),
          "flatten", nn.dropout{ p = 0.1 }, nn.linear{ out_features = 10 }, "softmax",
        }
        local model = nn.model(net, { inputs = { image = { 1, 8, 8 } }, outputs = { "probabilities" }, seed = 3 })
        assert(model.inputs.image.shape[2] == 1 and model.outputs.probabilities)
        local t = wane.trainer(model, { optimizer = { type = "adam", beta2 = 0.99 }, lr = 5e-3, seed = 2 })
        local losses = {}
        local history = t:fit(train, { epochs = 10, validation = data, on_step = function(step, loss) losses[#losses + 1] = loss end })
        assert(#history == 10 and #losses == 50 and t.steps == 50)
        assert(history[10].loss < history[1].loss / 2)
        assert(history.last.metrics.accuracy > 0.8)
        local small = t:finalize()
        assert(#small.history == 1)
        small:save(scratch .. ".mlpackage")
        assert(wane.load(scratch .. ".mlpackage"):evaluate(data).accuracy == small:evaluate(data).accuracy)
        """)
  }

  @Test func aCheckpointGoesOnWithTheSameBits() throws {
    try Script.run(
      Self.setting + """
        local function make()
          local t = wane.trainer(model, { lr = 1e-3, schedule = "one_cycle", optimizer = "adam", clip_norm = 1, ema = 0.9, seed = 5 })
          return t:palettize{ n_bits = 2, weight_threshold = 512 }:prune{ target_sparsity = 0.5, weight_threshold = 512 }
        end
        local options = { epochs = 4 }
        local whole = make()
        whole:fit(train, options)
        local half = make()
        half:fit(train, { epochs = 4, on_step = function(step) return step < 7 end })
        assert(half.steps == 7)
        half:save_checkpoint(scratch .. ".npz")
        half = nil
        local other = wane.resume(scratch .. ".npz")
        assert(other.steps == 7)
        other:fit(train, options)
        assert(other.steps == whole.steps)
        local inputs = { image = wane.random({ 4, 1, 8, 8 }, { seed = 1 }) }
        assert(whole:finalize():predict(inputs).probabilities == other:finalize():predict(inputs).probabilities)
        """)
  }

  @Test func aTeacherAndALossOfOnesOwn() throws {
    try Script.run(
      Self.setting + """
        local batch
        for b in train:batches(64) do batch = b break end
        local pruned = model:prune{ target_sparsity = 0.8, weight_threshold = 512 }
        local t = wane.trainer(pruned, { loss = { type = "kl", teacher = model, temperature = 2 }, lr = 1e-3 })
        local first = t:step(batch)
        for _ = 1, 10 do t:step(batch) end
        assert(t.loss < first)
        local own = wane.trainer(pruned, {
          lr = 1e-3,
          loss = function(g, outputs, batch)
            local hot = g:op("one_hot", { indices = g:op("cast", { x = batch.labels, dtype = "int32" }), one_hot_vector_size = 10, on_value = 1.0, off_value = 0.0 })
            local d = outputs.probabilities - hot
            return g:op("reduce_mean", { x = d * d, axes = { 0, 1 }, keep_dims = false })
          end,
        })
        first = own:step(batch)
        for _ = 1, 10 do own:step(batch) end
        assert(own.loss < first)
        own:save_checkpoint(scratch .. ".npz")
        local ok, message = pcall(wane.resume, scratch .. ".npz")
        assert(not ok and tostring(message):find("loss of this run is not in the checkpoint"))
        """)
  }

  @Test func earlyStoppingKeepsTheBest() throws {
    try Script.run(
      Self.setting + """
        -- Steps this large ruin the model at once; what little comes after is kept where it was best.
        local t = wane.trainer(model, { optimizer = "sgd", lr = 10, seed = 1 })
        local before = model:evaluate(data).accuracy
        local history = t:fit(train, { epochs = 20, validation = data, patience = 2 })
        assert(#history < 20 and #history == history.best + 2, #history)
        local best = history[history.best].metrics.accuracy
        for i = 1, #history do assert(history[i].metrics.accuracy <= best and (i >= history.best or history[i].metrics.accuracy < best)) end
        assert(best < before and t.model:evaluate(data).accuracy == best)
        local wild = wane.trainer(model, { optimizer = "sgd", lr = 1e30, seed = 1 })
        local ok, message = pcall(wild.fit, wild, train, { epochs = 20, validation = data, patience = 2 })
        assert(not ok and tostring(message):find("not finite at step 2", 1, true), tostring(message))
        local slow = wane.trainer(model, { optimizer = "sgd", lr = 0, seed = 1 })
        assert(#slow:fit(train, { epochs = 20, validation = data, patience = 2 }) == 3)
        assert(slow.model:evaluate(data).accuracy == before)
        """)
  }

  @Test(arguments: [
    (
      "wane.trainer(model, { optimizer = 'adan' })",
      "option 'optimizer' must be one of 'sgd', 'adam', 'adamw', got 'adan'; did you mean 'adam'?"
    ),
    ("wane.trainer(model, { loss = { type = 'kl' } })", "needs another model"),
    ("wane.trainer(model, { frozen = { '^encoder' } })", "frozen: the pattern \"^encoder\" matches none of the"),
    ("wane.trainer(model, { groups = { { pattern = 'head', lr = 0.1 } } })", "groups: the pattern \"head\" matches none of the"),
    ("wane.trainer(model, { lr = -1 })", "option 'lr' must be at least 0, got -1"),
    (
      "wane.trainer(model, { schedule = 'cosine' }):step{ inputs = { image = wane.zeros{ 1, 1, 8, 8 } }, labels = { 1 } }",
      "must know the number of steps"
    ),
    (
      "wane.trainer(model):step{ inputs = { picture = wane.zeros{ 1, 1, 8, 8 }, other = wane.zeros{ 1 } }, labels = { 1 } }",
      "the input 'image' is missing"
    ),
    ("wane.trainer(model):palettize{ palett_shard = true }", "palett_shard can only be false, found true: it saves memory of a GPU"),
    ("wane.trainer(model):prune{ global_config = { target_sparsty = 0.5 } }", "target_sparsty"),
    ("wane.trainer(model):prune 'no-such-file.yaml'", "no-such-file.yaml: there is no such file"),
    ("wane.trainer(model):prune '- 1\\n- 2'", "the configuration is no table"),
    ("wane.trainer(model, { optimizer = 'sgd', schedule = { type = 'one_cycle', cycle_momentum = true } })", "an optimizer with momentum"),
    ("wane.nn.model(wane.nn.sequential{ 'relu' }, { inputs = { x = { width = 4 } } })", "needs a width and a height"),
    ("wane.nn.model(wane.nn.sequential{ 'relu' }, { inputs = { x = { width = 4, height = 4, color = 'cmyk' } } })", "must be \"rgb\""),
    ("wane.trainer(model):step{ inputs = { image = wane.zeros{ 1, 3, 8, 8 } }, labels = { 1 } }", "is [1, 3, 8, 8], expected"),
    (
      "wane.trainer(model):step{ inputs = { image = wane.zeros{ 2, 1, 8, 8 } }, labels = { 1, 2, 3 } }",
      "labels must have the output's shape"
    ),
    (
      "wane.trainer(model):step{ inputs = { image = wane.zeros{ 2, 1, 8, 8 } }, labels = { 1, 10 } }",
      "labels are classes from 0 to 9, found 10"
    ),
    ("wane.trainer(model, { frozen = { '.' } })", "has no weight that can be trained and was chosen"),
    ("wane.trainer(model):prune{ target_sparsity = 2 }", "option 'target_sparsity' must be in [0, 1], got 2"),
    ("wane.trainer(model):prune{}:prune{}", "prune is at work already"),
    ("wane.trainer(model):prune{ scheduler = { type = 'linear' } }", "type must be \"constant\" or \"polynomial_decay\""),
    ("wane.trainer(model):quantize{ milestones = { 1, 2 } }", "milestones are four steps, found 2"),
    ("wane.nn.conv2d{ kernel_size = 3 }", "out_channels must be given"),
    ("wane.nn.sequential{ 'rellu' }", "there is no layer 'rellu'"),
    (
      "wane.nn.model(wane.nn.sequential{ wane.nn.conv2d{ out_channels = 2, kernel_size = 3 } }, { inputs = { x = { 4 } } })",
      "conv2d: takes [batch, channels, 2 spatial axes]"
    ),
    ("wane.resume(examples .. '/digits.npz')", "this is no checkpoint of a trainer"),
  ])
  func sentences(_ source: String, _ sentence: String) {
    let found = Script.failure(Script.digits + source)
    #expect(found.contains(sentence), "\(source): \(found)")
  }

  @Test func configurationsOfCoremltoolsAreRead() throws {
    try Script.run(
      Self.setting + """
        local batch
        for b in train:batches(64) do batch = b break end
        local yaml = [[
        global_config:
          scheduler: {update_steps: "range(0, 4, 2)"}
          target_sparsity: 0.75
        module_type_configs:
          Linear: null
        module_name_configs:
          'f2.*': {target_sparsity: 0.9}
        ]]
        local function sparsities(t)
          for _ = 1, 3 do t:step(batch) end
          local found = {}
          for _, row in ipairs(t:report()) do found[row.name] = row.facts.unstructured_weight_sparsity end
          return found
        end
        local from_text = sparsities(wane.trainer(model, { lr = 1e-4, seed = 1 }):prune(yaml))
        assert(from_text.f1_weight == nil and from_text.f2_weight == 0.9 and math.abs(from_text.const_2 - 0.75) < 1e-3)
        local file = assert(io.open(scratch .. ".yaml", "w"))
        file:write(yaml)
        file:close()
        local t = wane.trainer(model, { lr = 1e-4, seed = 1 }):prune(scratch .. ".yaml")
        assert(sparsities(t).const_2 == from_text.const_2)
        -- The configuration is in the checkpoint too.
        t:save_checkpoint(scratch .. ".npz")
        assert(wane.resume(scratch .. ".npz"):step(batch) == t:step(batch))
        local by_table = wane.trainer(model, { lr = 1e-4 }):palettize{
          global_config = { { n_bits = 1, weight_threshold = 10000 }, { n_bits = 4, weight_threshold = 100 } },
          module_name_configs = { f2 = false },
        }
        by_table:step(batch)
        local clusters = {}
        for _, row in ipairs(by_table:report()) do clusters[row.name] = row.facts.num_clusters end
        assert(clusters.f1_weight == 2 and clusters.const_2 == 2 and clusters.const_0 == 16 and clusters.f2_weight == nil)
        """)
  }

  /// Images are converted as for predictions: grayscale or color, in the channel order of the model, one or several.
  @Test(arguments: ["rgb", "bgr", "grayscale"]) func picturesAreFedAsForPredictions(_ color: String) throws {
    try Script.run(
      """
      local nn = wane.nn
      local net = nn.sequential{
        nn.custom(function(g, x) return x * (1 / 255) end), nn.conv2d{ out_channels = 4, kernel_size = 3 }, "relu", nn.global_avg_pool{},
        nn.linear{ out_features = 2 }, "softmax",
      }
      local model = nn.model(net, { inputs = { picture = { width = 8, height = 8, color = "\(color)" } }, outputs = { "p" }, seed = 1 })
      assert(model.inputs.picture.kind == "image" and model.inputs.picture.color == "\(color)")
      local red = wane.load_image(fixtures .. "/pictures/red.png"):resize(8, 8)
      local blue = wane.load_image(fixtures .. "/pictures/blue.png"):resize(8, 8)
      local function surprise(picture, class) return -math.log(model:predict{ picture = picture }.p:at{ 0, class }) end
      -- The loss before the first step is that of the predictions.
      local t = wane.trainer(model, { lr = 0.05, optimizer = "adam" })
      local batch = { inputs = { picture = { red, blue } }, labels = { 0, 1 } }
      local first = t:step(batch)
      assert(math.abs(first - (surprise(red, 0) + surprise(blue, 1)) / 2) < 1e-5, first)
      assert(math.abs(wane.trainer(model, {}):step{ inputs = { picture = red }, labels = { 0 } } - surprise(red, 0)) < 1e-5)
      for _ = 1, 40 do t:step(batch) end
      assert(t.loss < first / 2, t.loss)
      local small = t:finalize()
      assert(small.inputs.picture.kind == "image" and small:predict{ picture = blue }.p:at{ 0, 1 } > 0.6)
      small:save(scratch .. ".mlpackage")
      assert(wane.load(scratch .. ".mlpackage").inputs.picture.color == "\(color)")
      local ok, message = pcall(t.step, t, { inputs = { picture = { red:resize(4, 4) } }, labels = { 0 } })
      assert(not ok and tostring(message):find("image:resize(8, 8) would fit", 1, true), message)
      """)
  }

  @Test func recurrentNetworksLearnBothWays() throws {
    try Script.run(
      """
      local nn = wane.nn
      for _, kind in ipairs{ "lstm", "gru" } do
        local layer = nn[kind]{ hidden_size = 8, num_layers = 2, bidirectional = true, dropout = 0.1, output_sequence = false }
        local model = nn.model(nn.sequential{ layer, nn.linear{ out_features = 2 }, "softmax" }, { inputs = { x = { 6, 2 } }, seed = 2 })
        local t = wane.trainer(model, { lr = 0.02, optimizer = "adam", schedule = { type = "one_cycle", cycle_momentum = true, total_steps = 60 } })
        -- Which half of the series is louder?
        local first, last
        for step = 1, 60 do
          local x, labels = {}, {}
          for i = 1, 16 do
            labels[i], x[i] = i % 2, {}
            for s = 1, 6 do
              local loud = (s <= 3) == (i % 2 == 1)
              x[i][s] = { math.sin(7 * s * i + step) * (loud and 1 or 0.2), math.cos(3 * s * i + step) * (loud and 1 or 0.2) }
            end
          end
          last = t:step{ inputs = { x = x }, labels = labels }
          first = first or last
        end
        assert(last < first / 2, kind .. ": " .. first .. " to " .. last)
        local small = t:finalize()
        assert(small:predict{ x = wane.zeros{ 3, 6, 2 } }.output.shape[1] == 3)
      end
      """)
  }

  /// An error after the last batch, in a callback or validation, ends the fit; the next call of `fit` starts a new one.
  @Test(arguments: ["on_epoch = function() error('enough') end", "on_step = function(step) if step == 5 then error('enough') end end"])
  func aFitBehindOneThatFailedLearns(callback: String) throws {
    try Script.run(
      Self.setting + """
        local t = wane.trainer(model, { lr = 1e-4 })
        assert(not pcall(t.fit, t, train, { epochs = 1, \(callback) }))
        local done = t.steps
        assert(done == 5)
        for n = 1, 3 do
          local history = t:fit(train, { epochs = 1 })
          assert(#history == 1 and t.steps == done + 5 * n, #history .. " " .. t.steps)
        end
        -- Three of five epochs, then a shorter fit.
        assert(not pcall(t.fit, t, train, { epochs = 5, on_epoch = function(e) if e.epoch == 3 then error("enough") end end }))
        assert(#t:fit(train, { epochs = 2 }) == 2)
        -- A checkpoint of a finished run has nothing left to do, once.
        t:fit(train, { epochs = 2, checkpoint = scratch .. ".npz" })
        local again = wane.resume(scratch .. ".npz")
        assert(#again:fit(train, { epochs = 2 }) == 0 and #again:fit(train, { epochs = 2 }) == 2)
        os.remove(scratch .. ".npz")
        """)
  }

  /// Ctrl-C during a fit does not damage the session or the trainer.
  @Test func aRunThatBreaksOffCanGoOn() throws {
    try Script.run(
      Self.setting + """
        local t = wane.trainer(model, { lr = 1e-4 })
        local ok = pcall(t.fit, t, train, { epochs = 3, on_step = function(step) if step == 4 then error("enough") end end })
        assert(not ok and t.steps == 4)
        t:fit(train, { epochs = 3 })
        assert(t.steps == 15)
        """)
  }
}
