-- Low rank plus a quantized residual: W ≈ Q + B·A, where B·A has the largest singular values of what quantization to 3 bits loses.
-- You should see the error fall as the rank grows, and an edited program in which each linear layer has become three.

local wane = require "wane"
local here = arg[0]:match("^(.*)/") or "."

local model = wane.load(here .. "/digits_cnn.mlpackage"):retarget "iOS18"

-- Codes of `bits` bits with a scale a row.
local function quantized(rows, bits)
  local top = 2 ^ (bits - 1) - 1
  local scale = (rows:abs():max(1, { keepdims = true }) / top):maximum(1e-8)
  local codes = (rows / scale):round():clip(-top - 1, top)
  return wane.encode.quantized{ codes = codes, scale = scale, dtype = "int4" }
end

-- The model with x·(Q + B·A)ᵀ in place of each linear layer.
local function split(rank, bits)
  return model:rewrite(function(op, g)
    local w = op.weights.weight and model.weights[op.weights.weight]
    if not w or w.count < 1024 then return nil end
    local rows = w.rows:cast "float32"
    local q = quantized(rows, bits)
    local u, s, vt = wane.linalg.svd(rows - q:decode())
    local root = s:slice(0, 0, rank):sqrt()
    local b = u:slice(1, 0, rank) * root:unsqueeze(0)
    local a = vt:slice(0, 0, rank) * root:unsqueeze(1)
    local half = function(t) return t:cast(w.dtype) end
    local base = g.linear(op.inputs.x, { weight = g:constant(q, w.name), bias = op.inputs.bias })
    local thin = g.linear(op.inputs.x, { weight = g:constant(half(a), w.name .. "_a") })
    return base + g.linear(thin, { weight = g:constant(half(b), w.name .. "_b") })
  end, { op_types = { "linear" } })
end

local digits = wane.load_npz(here .. "/digits.npz")
local images = (digits.test_x / 16):reshape{ -1, 1, 8, 8 }
-- The output of the first linear layer, which the rewrite keeps by name.
local layer
for _, op in ipairs(model.operations) do
  if op.type == "linear" and not layer then layer = op.outputs[1] end
end
local wanted = model:predict({ image = images }, { outputs = { layer } })[layer]

local last = math.huge
for _, rank in ipairs{ 1, 4, 16, 32 } do
  local edited = split(rank, 3)
  local e = (edited:predict({ image = images }, { outputs = { layer } })[layer] - wanted):square():mean() ^ 0.5
  print(("rank %2d  %6d bytes  root mean square error %.4f"):format(rank, edited.size, e))
  assert(e < last)
  last = e
end
