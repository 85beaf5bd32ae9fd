-- SPDX-License-Identifier: Apache-2.0
-- Wane's side of the throughput benchmark: throughput_wane.lua PACKAGE SAMPLES.npz
-- For each input line with a batch size, evaluates the accuracy of all samples and prints the seconds.
local wane = require "wane"
local samples = wane.load_npz(arg[2])
local model = wane.load(arg[1])
local data = wane.dataset { inputs = { x = samples.x }, labels = samples.labels }

io.stdout:setvbuf "line"
for line in io.lines() do
  local started = wane.clock()
  model:evaluate(data, { metrics = { "accuracy" }, batch_size = tonumber(line) })
  print(wane.clock() - started)
end
