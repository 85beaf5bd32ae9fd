-- SPDX-License-Identifier: Apache-2.0
-- Wane's side of the inference benchmark: times slices of predictions on request.
--
-- inference_wane.lua PACKAGE INPUTS.npz OUTPUTS.npz
-- Each line of standard input is a number of runs; each answer is "median min" in seconds. The first line of output
-- is "load first": the time for loading, and for the first prediction including planning.
local wane = require "wane"
local package, inputs, outputs = arg[1], arg[2], arg[3]

local feeds = wane.load_npz(inputs)
local started = wane.clock()
local model = wane.load(package)
local loaded = wane.clock() - started
local first = model:benchmark { runs = 1, warmup = 0, inputs = feeds }
wane.save_npz(outputs, model:predict(feeds))

io.stdout:setvbuf "line"
print(loaded, first.median)
for line in io.lines() do
  local slice = model:benchmark { runs = tonumber(line), warmup = 1, inputs = feeds }
  print(slice.median, slice.min)
end
