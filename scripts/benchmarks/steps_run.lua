-- SPDX-License-Identifier: Apache-2.0
-- Alternates between steps of one trainer for each method. Run by scripts/bench steps: steps_run.lua --model PACKAGE --train FILE.npz
local wane = require "wane"
local options = wane.options{ model = "", train = "", batch = 64, rounds = 40, steps = 10, input = "x" }

local methods = {
  { "plain", function() end },
  { "pruning", function(t) t:prune{} end },
  { "2-bit k-means", function(t) t:palettize{ n_bits = 2 } end },
  { "4-bit k-means", function(t) t:palettize{ n_bits = 4 } end },
  { "W8A8", function(t) t:quantize{} end },
  { "W4A8", function(t) t:quantize{ weight_dtype = "qint4" } end },
  { "W8A8, learned scales", function(t) t:quantize{ algorithm = "learnable" } end },
  { "W4A8, learned scales", function(t) t:quantize{ weight_dtype = "qint4", algorithm = "learnable" } end },
}

local model = wane.load(options.model)
local arrays = wane.load_npz(options.train)
local data = wane.dataset{
  inputs = { [options.input] = arrays.x:scale(1 / 255) }, labels = arrays.y, limit = options.batch * options.steps,
}
local batches, runs = {}, {}
for batch in data:batches(options.batch) do batches[#batches + 1] = batch end
for i, method in ipairs(methods) do
  local t = wane.trainer(model, { lr = 1e-4, optimizer = "adam" })
  method[2](t)
  for _, batch in ipairs(batches) do t:step(batch) end
  runs[i] = { t = t, times = {} }
end
for _ = 1, options.rounds do
  for _, run in ipairs(runs) do
    for _, batch in ipairs(batches) do
      local started = wane.clock()
      run.t:step(batch)
      run.times[#run.times + 1] = wane.clock() - started
    end
  end
end
print("| Method | ms a step | times a plain step |\n|---|---|---|")
local plain
for i, run in ipairs(runs) do
  table.sort(run.times)
  local median = run.times[#run.times // 2 + 1] * 1e3
  plain = plain or median
  print(("| %s | %.2f | %.2f |"):format(methods[i][1], median, median / plain))
end
