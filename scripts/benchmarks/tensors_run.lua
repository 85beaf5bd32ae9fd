-- SPDX-License-Identifier: Apache-2.0
-- The computations of scripts/bench tensors; prints the median seconds of each as JSON.
local function normal(shape, seed) return wane.random(shape, { seed = seed }) end
local a, b, c = normal({ 1 << 24 }, 1), normal({ 1 << 24 }, 2), normal({ 1 << 24 }, 3)
local m, x, y = normal({ 4096, 4096 }, 4), normal({ 2048, 2048 }, 5), normal({ 2048, 2048 }, 6)
local x64, y64 = x:slice(0, 0, 1024):slice(1, 0, 1024):cast "float64", y:slice(0, 0, 1024):slice(1, 0, 1024):cast "float64"
local small, part = normal({ 64, 64 }, 7), a:slice(0, 0, 1 << 20)
local i = wane.uniform({ 1 << 24 }, { low = -100, high = 100, dtype = "int32" })

local cases = {
  ["a + b * c, 16 M float32"] = function() return a + b * c end,
  ["exp(a), 16 M float32"] = function() return a:exp() end,
  ["a > b, 16 M float32"] = function() return a:gt(b) end,
  ["i // 3, 16 M int32"] = function() return i // 3 end,
  ["sum(axis 0), 4096²"] = function() return m:sum(0) end,
  ["sum(axis 1), 4096²"] = function() return m:sum(1) end,
  ["max(axis 0), 4096²"] = function() return m:max(0) end,
  ["std(axis 1), 4096²"] = function() return m:std(1) end,
  ["transpose, 4096²"] = function() return m:transpose() end,
  ["matmul 2048², float32"] = function() return x:matmul(y) end,
  ["matmul 1024², float64"] = function() return x64:matmul(y64) end,
  ["sort, 1 M float32"] = function() return (part:sort()) end,
  ["64² + 64² (overhead)"] = function() return small + small end,
}
local medians = {}
for name, call in pairs(cases) do
  call()
  local times, start = {}, wane.clock()
  while #times < 3 or wane.clock() - start < 0.2 do
    local t = wane.clock()
    call()
    times[#times + 1] = wane.clock() - t
  end
  table.sort(times)
  medians[name] = times[(#times + 1) // 2]
end
print(wane.json.encode(medians))
