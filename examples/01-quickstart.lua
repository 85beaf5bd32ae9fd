-- Compresses a small digits classifier in six ways, compares the results with the original, and saves the smallest accurate one.
-- You should see a table whose best row is several times smaller than the original, and a chart.
--
-- Model: a CNN for handwritten 8×8 digits, trained for these examples.
-- Data: UCI "Optical Recognition of Handwritten Digits" (E. Alpaydin, C. Kaynak), CC BY 4.0.

local wane = require "wane"
local here = arg[0]:match("^(.*)/") or "."
local out = os.getenv("TMPDIR") or "/tmp"

-- The model, and 397 digits that were not used in its training.
local model = wane.load(here .. "/digits_cnn.mlpackage")
print(model)

local digits = wane.load_npz(here .. "/digits.npz")
local data = wane.dataset{
  inputs = { image = digits.test_x:scale(1 / 16):reshape{ -1, 1, 8, 8 } },
  labels = digits.test_y,
  batch_size = 64,
}
print("\nThe original:")
print(model:evaluate(data))

-- The recipes. Compressing weights of 512 elements or fewer would save little.
local small = 512
local candidates = {
  { name = "original", model = model },
  { name = "int8", model = model:quantize{ dtype = "int8", weight_threshold = small } },
  { name = "int4 blocks", model = model:quantize{ dtype = "int4", granularity = "per_block", weight_threshold = small } },
  { name = "4 bit", model = model:palettize{ nbits = 4, weight_threshold = small } },
  { name = "2 bit", model = model:palettize{ nbits = 2, weight_threshold = small } },
  { name = "half pruned", model = model:prune{ target_sparsity = 0.5, weight_threshold = small } },
  { name = "pruned, 4 bit", model = model:compress{
      { "prune", target_sparsity = 0.5, weight_threshold = small },
      { "palettize", nbits = 4, weight_threshold = small },
  } },
}

-- Accuracy and size of each candidate.
local report = wane.compare(candidates, data, { metrics = { "accuracy", "agreement", "snr_db" } })
print("\nThe comparison:")
print(report)
report:plot{ x = "size", y = "accuracy", max_drop = 0.01 }
report:plot{ x = "size", y = "accuracy", max_drop = 0.01, file = out .. "/digits-tradeoff.svg" }

-- The smallest candidate that loses at most one percentage point of accuracy.
local best = report:best{ max_drop = 0.01 }
best.model:save(out .. "/digits-small.mlpackage", { overwrite = true })
print(("\nSaved '%s': %d bytes instead of %d, accuracy %.4f. See %s/digits-tradeoff.svg"):format(
  best.name, best.size, model.size, best.accuracy, out))
assert(best.ratio > 4 and best.accuracy >= report[1].accuracy - 0.01)
