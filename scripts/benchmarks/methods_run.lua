-- SPDX-License-Identifier: Apache-2.0
-- Trains a model with one method and prints the result. scripts/bench methods runs it once for each seed.
local wane = require "wane"

local options = wane.options{
  model = "", train = "", test = "", method = "none", steps = 600, batch = 64, seed = 0, lr = 1e-3, schedule = "cosine",
  optimizer = "adam", limit = 10000, input = "x", ema = 0.0, ramp = 0.6, every = 1, power = 3, smoothing = 0.0, init = 0.0, teach = 0.0,
  norms = "none",
}

-- The options of each method, by the name passed to the script.
local methods = {
  none = function(t) return t end,
}
for _, percent in ipairs{ 75, 90, 95, 98 } do
  local function prune(threshold)
    return function(t)
      return t:prune{
        target_sparsity = percent / 100, weight_threshold = threshold,
        initial_sparsity = options.init,
        scheduler = {
          type = "polynomial_decay", power = options.power,
          update_steps = ("range(0, %d, %d)"):format(math.floor(options.steps * options.ramp), options.every),
        },
      }
    end
  end
  methods["prune" .. percent] = prune(0)
  methods["prune" .. percent .. "-large"] = prune(512)
end
for _, bits in ipairs{ 4, 2, 1 } do
  methods["dkm" .. bits] = function(t) return t:palettize{ n_bits = bits } end
end
methods.w8a8 = function(t) return t:quantize{} end
methods.w4a8 = function(t) return t:quantize{ weight_dtype = "qint4" } end
methods["w8a8-learnable"] = function(t) return t:quantize{ algorithm = "learnable" } end
methods["w4a8-learnable"] = function(t) return t:quantize{ weight_dtype = "qint4", algorithm = "learnable" } end

local function samples(path, limit, shuffle)
  local arrays = wane.load_npz(path)
  return wane.dataset{
    inputs = { [options.input] = arrays.x:scale(1 / 255) }, labels = arrays.y, batch_size = options.batch, limit = limit,
    shuffle = shuffle, seed = shuffle and options.seed or nil,
  }
end

local model = wane.load(options.model)
local train, test = samples(options.train, nil, true), samples(options.test, options.limit, false)
local t = wane.trainer(model, {
  lr = options.lr, schedule = { type = options.schedule, total_steps = options.steps }, optimizer = options.optimizer, seed = options.seed,
  ema = options.ema > 0 and options.ema or nil, norms = options.norms,
  loss = options.teach > 0 and { type = "kl", teacher = model, temperature = options.teach }
    or { type = "cross_entropy", label_smoothing = options.smoothing },
})
methods[options.method](t)

local times = {}
local clock
t:fit(train, {
  epochs = 1000, steps = options.steps, batch_size = options.batch, drop_last = true,
  on_step = function()
    local now = wane.clock()
    if clock then times[#times + 1] = now - clock end
    clock = now
  end,
})
local trained = t.model:evaluate(test).accuracy
local small = t:finalize()
local stored = small:evaluate(test).accuracy
table.sort(times)
print(("%s seed %d: accuracy %.4f trained, %.4f stored, %d bytes, %.2f ms a step"):format(
  options.method, options.seed, trained, stored, small.size, times[(#times + 1) // 2] * 1e3))
