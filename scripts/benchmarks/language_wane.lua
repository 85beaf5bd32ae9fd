-- SPDX-License-Identifier: Apache-2.0
-- Wane's side of the language benchmark: language_wane.lua PACKAGE float16|int8|int4 PROMPT_LENGTH TOKENS
-- For each input line, reads a prompt and generates tokens; prints the seconds of the prompt, the seconds of the tokens, and the tokens.
local wane = require "wane"
local model = wane.load(arg[1])
local form, length, count = arg[2], tonumber(arg[3]), tonumber(arg[4])
if form ~= "float16" then
  -- The blocks of llama.cpp's q8_0 and q4_0: 32 weights with a scale in 16 bits.
  model = model:quantize { dtype = form, granularity = "per_block", block_size = 32, mode = "linear_symmetric", weight_threshold = 512 }
end
local prompt = {}
for i = 1, length do prompt[i] = (i * 7919) % 49152 end

io.stdout:setvbuf "line"
for _ in io.lines() do
  local _, ids, info = model:generate(prompt, { max_tokens = count, temperature = 0 })
  print(info.prefill_ms / 1000, (#ids - 1) / info.tokens_per_second, table.concat(ids, " "))
end
