-- Which weight can do with how few bits: each is quantized alone, at each number of bits, and the error of the outputs is drawn.
-- You should see a heat map with a row for each weight, and that the first convolution loses more than the large linear layer.

local wane = require "wane"
local here = arg[0]:match("^(.*)/") or "."

local model = wane.load(here .. "/digits_cnn.mlpackage"):retarget "iOS18"
local digits = wane.load_npz(here .. "/digits.npz")
local data = wane.dataset{
  inputs = { image = digits.test_x:scale(1 / 16):reshape{ -1, 1, 8, 8 } }, labels = digits.test_y, limit = 200,
}

-- A technique of one's own: n bits, with a scale for each output channel that covers its largest value.
wane.technique{
  name = "few_bits", doc = "symmetric codes of n bits, a scale a channel", options = { nbits = { 4, "bits a weight", min = 2, max = 8 } },
  compress = function(w, o)
    if #w.shape < 2 then return nil, "it is a vector" end
    local most = 2 ^ (o.nbits - 1) - 1
    local scale = (w.rows:abs():max(1, { keepdims = true }) / most):maximum(1e-8)
    return wane.encode.quantized{ codes = (w.rows / scale):round():clip(-most, most), scale = scale, dtype = "int8" }
  end,
}

local rows, loss = {}, {}
for _, weight in ipairs(model.weights) do
  if #weight.shape >= 2 then
    for _, nbits in ipairs{ 2, 3, 4, 6, 8 } do
      local only = function(w) return w.name == weight.name end
      local small = model:compress{ { "few_bits", nbits = nbits, weight_threshold = 0, where = only } }
      local snr = small:evaluate(data, { baseline = model, metrics = { "snr_db" } }).snr_db
      rows[#rows + 1] = { weight = weight.name, nbits = nbits, snr_db = snr }
      loss[weight.name .. nbits] = snr
    end
  end
end
wane.plot(rows, { x = "nbits", y = "weight", value = "snr_db" })

-- More bits are never much worse, for any weight.
for _, row in ipairs(rows) do
  if row.nbits == 2 then assert(loss[row.weight .. 8] > row.snr_db + 10, row.weight) end
end
