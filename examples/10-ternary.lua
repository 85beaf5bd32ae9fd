-- A technique of one's own: ternary weights with a scale a row (Li et al. 2016).
-- You should see the report of each weight, and that ternary weights take about a fifth of the bytes of floats with most of the accuracy.

local wane = require "wane"
local here = arg[0]:match("^(.*)/") or "."

wane.technique{
  name = "ternary", doc = "-scale, 0 or scale, with a scale for each output channel",
  options = { threshold = { 0.7, "magnitudes below this part of a row's mean become zero", min = 0, max = 2 } },
  compress = function(w, o)
    local rows = w.rows:cast "float32"
    local size = rows:abs()
    local large = size:gt(size:mean(1, { keepdims = true }) * o.threshold)
    -- The mean magnitude of what is kept minimizes the squared error.
    local kept = large:cast "float32"
    local scale = (size * kept):sum(1, { keepdims = true }) / kept:sum(1, { keepdims = true }):maximum(1)
    local codes = (rows:sign() * kept):cast "int8"
    return wane.encode.quantized{ codes = codes, scale = scale, dtype = "int8" }
  end,
}

local model = wane.load(here .. "/digits_cnn.mlpackage")
local digits = wane.load_npz(here .. "/digits.npz")
local data = wane.dataset{
  inputs = { image = digits.test_x:scale(1 / 16):reshape{ -1, 1, 8, 8 } }, labels = digits.test_y,
}

local small = model:compress{ { "ternary", weight_threshold = 512, op_types = { conv = { threshold = 0.5 } } } }
print(small.report)
print(small.history[1])

-- Zeros need no storage of their own: a step of pruning after it keeps the codes and drops the zeros (iOS18).
local sparse = model:retarget("iOS18"):compress{
  { "ternary", weight_threshold = 512 }, { "prune", threshold = 1e-12, minimum_sparsity_percentile = 0.2, weight_threshold = 512 },
}
local report = wane.compare({ ternary = small, ["ternary, sparse"] = sparse }, data, { baseline = model, latency = false })
print(report)
assert(small.report.compressed >= 3 and small:evaluate(data).accuracy > 0.9)
