-- Finds out which weights need their bits, spends bits only there, and writes a page with the outcome.
-- You should see bars (shorter: that weight suffers more), a heat map, and a mixed recipe that beats two bits everywhere by
-- several dB for about a fifth more bytes. The page lies beside your temporary files.

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

-- One weight at a time in two bits: what does that do to the outputs?
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

-- The one that suffers most keeps four bits.
table.sort(rows, function(a, b) return a["output SNR in dB"] < b["output SNR in dB"] end)
local touchy = rows[1]
local mixed = model:palettize{ nbits = 2, weight_threshold = small, op_names = { [touchy.op] = { nbits = 4 } } }

-- Two options at once.
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
  { name = "4 bit for " .. touchy.weight, model = mixed },
}, data, { metrics = { "accuracy", "snr_db" } })
print()
print(report)
report:to_html(out .. "/digits-bits.html", { title = "Where bits matter", max_drop = 0.01 })

local by_name = {}
for i = 1, #report do by_name[report[i].name] = report[i] end
local two, four, chosen = by_name["2 bit"], by_name["4 bit"], by_name["4 bit for " .. touchy.weight]
print(("\n%s is the touchy one: %.1f dB instead of %.1f for %d bytes more. See %s/digits-bits.html"):format(
  touchy.weight, chosen.snr_db, two.snr_db, chosen.size - two.size, out))
assert(chosen.snr_db > two.snr_db + 2 and chosen.size < 1.3 * two.size and chosen.size < four.size)
