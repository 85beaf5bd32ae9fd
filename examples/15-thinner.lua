-- Thinner networks: low-rank factors, and whole channels removed, each followed by a short training.
-- You should see that both make the network smaller and faster to compute, and that training brings the accuracy back.

local wane = require "wane"
local here = arg[0]:match("^(.*)/") or "."

local model = wane.load(here .. "/digits_cnn.mlpackage")
local digits = wane.load_npz(here .. "/digits.npz")
local function set(x, labels, size)
  return wane.dataset{ inputs = { image = x:scale(1 / 16):reshape{ -1, 1, 8, 8 } }, labels = labels, batch_size = size }
end
local train, test = set(digits.train_x, digits.train_y, 64), set(digits.test_x, digits.test_y)

local function trained(m)
  local t = wane.trainer(m, { lr = 1e-3, schedule = "one_cycle" })
  t:fit(train, { epochs = 3 })
  return t:finalize()
end

local thin = model:factorize{ ratio = 0.5, weight_threshold = 1000, calibration = train }
print(thin.report)
local slim = model:slim{ ratio = 0.5, calibration = train }
print(slim.report)
print(("%.2f, %.2f and %.2f MFLOP"):format(model:flops() / 1e6, thin:flops() / 1e6, slim:flops() / 1e6))

print(wane.compare({
  { name = "original", model = model }, { name = "low rank", model = thin }, { name = "low rank, trained", model = trained(thin) },
  { name = "half the channels", model = slim }, { name = "half the channels, trained", model = trained(slim) },
}, test, { latency = false }))
assert(slim:flops() < 0.5 * model:flops() and trained(slim):evaluate(test).accuracy > 0.9)
