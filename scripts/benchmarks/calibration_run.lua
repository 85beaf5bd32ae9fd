-- SPDX-License-Identifier: Apache-2.0
-- Prints one row for each way of calibrated compression: the SNR of the output, bits a weight, and seconds.
local which, path, folder, only = ...
local model = wane.load(path)
if model.target ~= "iOS18" then model = model:retarget("iOS18") end

local function dataset(name)
  local arrays = wane.load_npz(folder .. "/" .. name)
  local labels = arrays.labels
  arrays.labels = nil
  return wane.dataset({ inputs = arrays, labels = labels, batch_size = 100 })
end
local calibration, test = dataset("calibration.npz"), dataset("test.npz")

local mask, output, where = nil, "logits", nil
if which == "minilm" then
  mask, output = "attention_mask", "embedding"
  where = function(w) return w.op_type == "linear" end
end

local rows = {}
local function row(name, step, options, data) rows[#rows + 1] = { name = name, step = step, options = options, data = data ~= false } end
local block = { granularity = "per_block", block_size = 32 }
for _, mode in ipairs { "linear_symmetric", "linear" } do
  row("gptq int4 per channel " .. mode, "quantize", { algorithm = "gptq", dtype = "uint4", mode = mode })
  row("gptq int4 block 32 " .. mode, "quantize", { algorithm = "gptq", dtype = "uint4", mode = mode, granularity = "per_block", block_size = 32 })
end
for _, ranges in ipairs { "minmax", "mse" } do
  row("gptq int4 per channel " .. ranges, "quantize", { algorithm = "gptq", dtype = "uint4", mode = "linear", ranges = ranges })
  row("gptq int4 block 32 " .. ranges, "quantize",
    { algorithm = "gptq", dtype = "uint4", mode = "linear", ranges = ranges, granularity = "per_block", block_size = 32 })
end
for _, algorithm in ipairs { "nearest", "mse", "hqq", "importance", "awq" } do
  row(algorithm .. " int4 block 32", "quantize",
    { algorithm = algorithm, dtype = "uint4", mode = "linear", granularity = "per_block", block_size = 32 },
    algorithm == "importance" or algorithm == "awq")
end
for bits = 4, 2, -1 do
  row("k-means " .. bits .. " bit", "palettize", { nbits = bits }, false)
  row("importance " .. bits .. " bit", "palettize", { algorithm = "importance", nbits = bits })
  row("gptq table " .. bits .. " bit", "palettize", { algorithm = "gptq", nbits = bits })
  if which == "minilm" then
    row("gptq table " .. bits .. " bit group 16", "palettize",
      { algorithm = "gptq", nbits = bits, granularity = "per_grouped_channel", group_size = 16 })
  end
end
for _, sparsity in ipairs { 0.5, 0.75 } do
  for _, algorithm in ipairs { "magnitude", "wanda", "sparse_gpt" } do
    row(algorithm .. " " .. sparsity, "prune", { algorithm = algorithm, target_sparsity = sparsity }, algorithm ~= "magnitude")
  end
end
for bits = 4, 2, -1 do
  row("skm " .. bits .. " bit", "palettize", { algorithm = "skm", nbits = bits, loss = which == "mnist" and "cross_entropy" or nil })
end
for _, mode in ipairs { "linear_symmetric", "linear" } do
  row("w8a8 " .. mode, "quantize_activations", { mode = mode })
  if which == "minilm" then row("w8a8 smooth " .. mode, "quantize_activations", { mode = mode, smooth = true }) end
end
row("sparse_gpt 2:4", "prune", { algorithm = "sparse_gpt", n_m_ratio = { 2, 4 } })

for _, r in ipairs(rows) do
  if not only or only == "" or r.name:find(only) then
    local weights = r.options
    if r.step == "quantize_activations" then
      weights = { dtype = "int8" }
      r.options.weights = weights
    end
    weights.where = where
    if which == "mnist" then weights.weight_threshold = 100 end
    if r.data then
      r.options.calibration = calibration
      r.options.mask = mask
    end
    local start = wane.clock()
    local small = model[r.step](model, r.options)
    local seconds = wane.clock() - start
    local result = small:evaluate(test, { baseline = model, output = output, metrics = which == "mnist" and { "snr_db", "accuracy" } or { "snr_db", "cosine" } })
    print(string.format("%-40s %6.2f dB  %7.4f  %5.2f bits  %5.1f s", r.name, result.snr_db, result.accuracy or result.cosine,
      small.report.bits, seconds))
    io.stdout:flush()
  end
end
