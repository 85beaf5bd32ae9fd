-- SPDX-License-Identifier: Apache-2.0
-- Wane's side of the training benchmark: training_wane.lua PACKAGE BATCH OPTIMIZER
--
-- Cross-entropy against random labels, on random inputs. For each input line with a number of steps, prints the median and minimum
-- time of a step in seconds; the first output line is the resident memory in megabytes before the first step, and the time of that step.
local wane = require "wane"
local package, count, optimizer = arg[1], tonumber(arg[2]), arg[3]

local function resident()
  local file <close> = assert(io.open "/proc/self/statm")
  return tonumber(file:read "a":match "%d+ (%d+)") * 4096 / 2 ^ 20
end

local model = wane.load(package)
local input = model.inputs[1]
local shape = { count, table.unpack(input.shape, 2) }
math.randomseed(1)
local labels = {}
for i = 1, count do labels[i] = math.random(0, 9) end
local batch = { inputs = { [input.name] = wane.random(shape, { seed = 1 }) }, labels = wane.tensor(labels) }

local before = resident()
local t = wane.trainer(model, { lr = 1e-3, optimizer = optimizer == "adam" and "adam" or { type = "sgd", momentum = 0.9 } })
local function step()
  local started = wane.clock()
  t:step(batch)
  return wane.clock() - started
end

io.stdout:setvbuf "line"
print(before, step())
for line in io.lines() do
  local times = {}
  for i = 1, tonumber(line) do times[i] = step() end
  table.sort(times)
  print(times[#times // 2 + 1], times[1])
end
