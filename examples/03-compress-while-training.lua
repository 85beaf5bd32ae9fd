-- Compresses a digits classifier during fine-tuning: pruned to 95 %, with 1-bit tables, and with 4-bit weights
-- and 8-bit activations; compares each with the same compression without training.
-- You should see that with training each row loses less than one percentage point of accuracy.
--
-- Model and data: as in 01-quickstart.lua.

local wane = require "wane"
local here = arg[0]:match("^(.*)/") or "."
local out = os.getenv("TMPDIR") or "/tmp"

local model = wane.load(here .. "/digits_cnn.mlpackage")
local digits = wane.load_npz(here .. "/digits.npz")
local function samples(x, y, batch)
  return wane.dataset{ inputs = { image = x:scale(1 / 16):reshape{ -1, 1, 8, 8 } }, labels = y, batch_size = batch }
end
local train, test = samples(digits.train_x, digits.train_y, 64), samples(digits.test_x, digits.test_y, 100)
local steps = 630

-- Fine-tunes the model with a compression method, and returns the compressed model.
local function tuned(method)
  local t = wane.trainer(model, {
    loss = { type = "cross_entropy", label_smoothing = 0.1 }, optimizer = "adam", lr = 4e-3, schedule = "one_cycle", seed = 1,
  })
  method(t)
  t:fit(train, { epochs = 30, steps = steps, drop_last = true })
  return t:finalize()
end

local rows = {
  {
    name = "pruned to 95 %", without = model:prune{ target_sparsity = 0.95, weight_threshold = 512 },
    with = tuned(function(t)
      t:prune{ target_sparsity = 0.95, weight_threshold = 512, scheduler = { type = "polynomial_decay", update_steps = "range(0, 300, 1)" } }
    end),
  },
  {
    name = "1-bit tables", without = model:palettize{ nbits = 1, weight_threshold = 512 },
    with = tuned(function(t) t:palettize{ n_bits = 1, weight_threshold = 512 } end),
  },
  {
    name = "4-bit weights, 8-bit activations", without = model:quantize{ dtype = "int4", granularity = "per_channel", weight_threshold = 512 },
    with = tuned(function(t) t:quantize{ weight_dtype = "qint4", weight_threshold = 512 } end),
  },
}

local original = model:evaluate(test).accuracy
print(("%-34s %10s %12s %12s"):format("", "bytes", "no training", "trained"))
print(("%-34s %10d %12.4f"):format("original", model.size, original))
for _, row in ipairs(rows) do
  local before, after = row.without:evaluate(test).accuracy, row.with:evaluate(test).accuracy
  print(("%-34s %10d %12.4f %12.4f"):format(row.name, row.with.size, before, after))
  assert(after >= original - 0.01, row.name .. " should lose little")
  assert(row.with.size < model.size / 3, row.name .. " should be small")
end
rows[2].with:save(out .. "/digits-1-bit.mlpackage", { overwrite = true })
print(("Saved the second as %s/digits-1-bit.mlpackage"):format(out))
