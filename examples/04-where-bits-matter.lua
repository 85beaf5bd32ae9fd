-- Finds the weights that are most sensitive to compression, uses more bits only there, and writes an HTML report.
-- You should see bars (shorter bars are more sensitive weights), a heat map, and a mixed recipe that is better than two bits for
-- all weights by several dB, with about a fifth more bytes. The report is written to the folder for temporary files.

local wane = require "wane"
local here = arg[0]:match("^(.*)/") or "."
local out = os.getenv("TMPDIR") or "/tmp"

local model = wane.load(here .. "/digits_cnn.mlpackage")
local digits = wane.load_npz(here .. "/digits.npz")
local data = wane.dataset{
  inputs = { image = digits.test_x:scale(1 / 16):reshape{ -1, 1, 8, 8 } },
  labels = digits.test_y,
  batch_size = 64,
}
local small = 512

local function snr(candidate)
  return candidate:evaluate(data, { baseline = model, metrics = { "snr_db" } }).snr_db
end

-- The effect on the outputs of compressing one weight at a time to two bits.
local rows = {}
for _, weight in ipairs(model.weights) do
  if weight.count > small then
    local one = model:palettize{
      nbits = 2, weight_threshold = small, where = function(w) return w.name == weight.name end,
    }
    rows[#rows + 1] = { weight = weight.name, op = weight.op_name, ["output SNR in dB"] = snr(one) }
  end
end
wane.plot(rows, { x = "weight", y = "output SNR in dB", title = "Two bits for one weight, the others as they are" })

-- The most sensitive weight gets four bits.
table.sort(rows, function(a, b) return a["output SNR in dB"] < b["output SNR in dB"] end)
local sensitive = rows[1]
local mixed = model:palettize{ nbits = 2, weight_threshold = small, op_names = { [sensitive.op] = { nbits = 4 } } }

-- The effect of two options.
local grid = {}
for _, nbits in ipairs{ 2, 3, 4 } do
  for _, group_size in ipairs{ 4, 8, 16 } do
    local m = model:palettize{
      nbits = nbits, granularity = "per_grouped_channel", group_size = group_size, weight_threshold = small,
    }
    grid[#grid + 1] = { nbits = nbits, group_size = group_size, ["output SNR in dB"] = snr(m) }
  end
end
print()
wane.plot(grid, { x = "nbits", y = "group_size", value = "output SNR in dB" })

local report = wane.compare({
  { name = "original", model = model },
  { name = "2 bit", model = model:palettize{ nbits = 2, weight_threshold = small } },
  { name = "4 bit", model = model:palettize{ nbits = 4, weight_threshold = small } },
  { name = "4 bit for " .. sensitive.weight, model = mixed },
}, data, { metrics = { "accuracy", "snr_db" } })
print()
print(report)
report:to_html(out .. "/digits-bits.html", { title = "Where bits matter", max_drop = 0.01 })

local by_name = {}
for i = 1, #report do by_name[report[i].name] = report[i] end
local two, four, chosen = by_name["2 bit"], by_name["4 bit"], by_name["4 bit for " .. sensitive.weight]
print(("\n%s is the most sensitive weight: %.1f dB instead of %.1f for %d bytes more. See %s/digits-bits.html"):format(
  sensitive.weight, chosen.snr_db, two.snr_db, chosen.size - two.size, out))
assert(chosen.snr_db > two.snr_db + 2 and chosen.size < 1.3 * two.size and chosen.size < four.size)
