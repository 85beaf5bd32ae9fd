-- Converts an ONNX file, measures it on labeled data, and shrinks it.
-- You should see what every ONNX operator became, an accuracy above 95 %, and less than a third of the size for
-- less than one percentage point of accuracy.
--
-- Model and data: digits_mlp.py made the ONNX file; the data as in 01-quickstart.lua.

local wane = require "wane"
local here = arg[0]:match("^(.*)/") or "."
local out = os.getenv("TMPDIR") or "/tmp"

-- The file leaves the batch size open: a range keeps it so. A dry run only tells what would happen.
local options = { dims = { batch = { 1, 512, default = 1 } }, precision = "float32" }
local model = wane.convert(here .. "/digits_mlp.onnx", options)
print(model.report)

local digits = wane.load_npz(here .. "/digits.npz")
local data = wane.dataset{
  inputs = { image = digits.test_x:scale(1 / 16):reshape{ -1, 1, 8, 8 } }, labels = digits.test_y, batch_size = 64,
}
local small = model:palettize{ nbits = 6, weight_threshold = 100 }
local report = wane.compare({ converted = model, ["6 bits"] = small }, data, { metrics = { "accuracy" } })
print(report)

small:save(out .. "/digits-mlp-small.mlpackage", { overwrite = true })
print(("%d bytes of weights became %d"):format(model.size, small.size))
local before, after = model:evaluate(data).accuracy, small:evaluate(data).accuracy
assert(before > 0.95 and after > before - 0.01 and small.size * 3 < model.size)
