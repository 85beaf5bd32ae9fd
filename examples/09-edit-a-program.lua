-- An editor of one's own: every gelu becomes its tanh form where the outputs permit it.
-- You should see a line for each gelu with the error that its replacement causes, and the number of those that were replaced.

local wane = require "wane"
local limit = 2e-3 -- of the output's largest magnitude

local model = wane.nn.model(wane.nn.sequential{
  wane.nn.linear{ out_features = 64 }, "gelu",
  wane.nn.linear{ out_features = 64 }, "gelu",
  wane.nn.linear{ out_features = 64 }, "gelu",
  wane.nn.linear{ out_features = 10 },
}, { inputs = { x = { 32 } }, seed = 1 })
local x = wane.random({ 64, 32 }, { seed = 2 })

-- The model with one operation written in another way.
local function with_tanh(from, name)
  return from:rewrite(function(op, g)
    return g.gelu(op.inputs.x, { mode = "TANH_APPROXIMATION" })
  end, { op_types = { "gelu" }, where = function(op) return op.name == name end })
end

local function outputs(of) return of:predict{ x = x }.output:reshape{ -1 }:to_table() end

-- The largest difference of an output, relative to the largest output.
local function error_of(candidate)
  local a, b, worst, peak = outputs(model), outputs(candidate), 0, 0
  for i, y in ipairs(a) do
    worst = math.max(worst, math.abs(y - b[i]))
    peak = math.max(peak, math.abs(y))
  end
  return worst / peak
end

local edited, replaced, seen = model, 0, 0
for _, op in ipairs(model.operations) do
  if op.type == "gelu" then
    seen = seen + 1
    local candidate = with_tanh(edited, op.name)
    local e = error_of(candidate)
    print(("%-8s %.1e  %s"):format(op.name, e, e <= limit and "replaced" or "kept"))
    if e <= limit then edited, replaced = candidate, replaced + 1 end
  end
end

print(("%d of %d replaced, error %.1e"):format(replaced, seen, error_of(edited)))
assert(seen == 3 and replaced > 0 and error_of(edited) <= limit)
for _, op in ipairs(edited.operations) do
  assert(op.type ~= "gelu" or op.attributes.mode == "TANH_APPROXIMATION" or replaced < seen)
end
