-- Evaluates, calibrates and compresses a classifier on a folder of pictures, one subfolder for each class, as people have them.
-- You should see an accuracy near 99 % that 3-bit weights keep, and the confusion matrix.
--
-- The pictures are those of digits.npz, which the script writes as PNG files first.

local wane = require "wane"
local here = arg[0]:match("^(.*)/") or "."
local out = (os.getenv("TMPDIR") or "/tmp") .. "/wane-digits"

-- Values from 0 to 16 become gray from 0 to 240.
local digits = wane.load_npz(here .. "/digits.npz")
local pictures, labels = (digits.test_x:reshape{ -1, 8, 8 } * 15):cast("uint8"), digits.test_y:to_table()
for class = 0, 9 do assert(os.execute(('mkdir -p "%s/%d"'):format(out, class))) end
for i, label in ipairs(labels) do
  wane.save_image(("%s/%d/%03d.png"):format(out, label, i), pictures:slice(0, i - 1, i))
end

-- Pictures are read while the model runs. The folders' names are the classes.
local data = wane.dataset(out, { layout = "gray", scale = 1 / 240, batch_size = 64 })
print(data)
print(table.concat(data.classes, " "))

local model = wane.load(here .. "/digits_cnn.mlpackage")
local small = model:palettize{ nbits = 3, weight_threshold = 512, algorithm = "gptq", calibration = (data:split(0.5, { seed = 1 })) }
local report = wane.compare({ original = model, ["3 bits"] = small }, data, { metrics = { "accuracy", "f1" }, latency = false })
print(report)

local result = small:evaluate(data, { metrics = { "accuracy", "confusion" } })
print(result.confusion)
assert(result.accuracy > 0.97 and result.confusion.matrix:sum() == #labels)

-- A file that is no picture is an error with its path when its turn comes.
local file <close> = assert(io.open(out .. "/9/999.png", "w"))
file:write("not a picture"):flush()
local ok, message = pcall(model.evaluate, model, wane.dataset(out, { layout = "gray", scale = 1 / 240 }))
print(message)
assert(not ok and tostring(message):find("999.png", 1, true))
os.remove(out .. "/9/999.png")
