-- Wanda (Sun et al. 2023): pruning by magnitude times the norm of the input feature, compared within each row.
-- You should see that the model with half of its weights agrees better with the original than by magnitude alone.

local wane = require "wane"
local here = arg[0]:match("^(.*)/") or "."

local model = wane.load(here .. "/digits_cnn.mlpackage")
local digits = wane.load_npz(here .. "/digits.npz")
local train = digits.train_x:scale(1 / 16):reshape{ -1, 1, 8, 8 }:slice(0, 0, 256)
local data = wane.dataset{
  inputs = { image = digits.test_x:scale(1 / 16):reshape{ -1, 1, 8, 8 } }, labels = digits.test_y,
}

-- The norm of each input feature of a weight over the calibration data: any value of the program can be asked for by name.
local function norms(w)
  local x = model:predict({ image = train }, { outputs = { w.input } })[w.input]:cast "float32"
  return x:reshape{ -1, x.shape[#x.shape] }:square():sum(0):sqrt()
end

wane.technique{
  name = "wanda", doc = "prune by magnitude times the input's norm, within each row",
  options = { sparsity = { 0.5, "part of each row that becomes zero", min = 0, max = 1 } },
  compress = function(w, o)
    if w.op_type ~= "linear" then return nil, "only linear layers have one feature a column" end
    local rows = w.rows:cast "float32"
    local score = rows:abs() * norms(w)
    -- The rank of each element within its row.
    local rank = score:argsort(1):argsort(1)
    local mask = rank:ge(math.floor(rows.shape[2] * o.sparsity))
    return wane.encode.sparse{ mask = mask, values = w.rows }
  end,
}

local chosen = function(w) return w.op_type == "linear" end
for _, sparsity in ipairs{ 0.5, 0.7 } do
  local wanda = model:compress{ { "wanda", sparsity = sparsity, weight_threshold = 512, where = chosen } }
  local plain = model:prune{ target_sparsity = sparsity, weight_threshold = 512, where = chosen }
  print(("sparsity %.1f"):format(sparsity))
  print(wane.compare({ wanda = wanda, magnitude = plain }, data, { baseline = model, latency = false }))
  assert(wanda:evaluate(data).accuracy > 0.9)
end
