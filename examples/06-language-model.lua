-- Trains a small language model from nothing on the documents of this repository, compresses it in three ways, and lets it write.
-- You should see the perplexity on unseen text fall below 80 (guessing gives 1024), what each compression costs, and a text, in less
-- than two minutes.

local wane = require "wane"
local nn = wane.nn
local here = arg[0]:match("^(.*)/") or "."

-- The last tenth of each document is kept for the measurement.
local tokenizer = wane.tokenizer(here .. "/tokenizer.json")
local seen, unseen = {}, {}
local paths = wane.glob(here .. "/../docs/*.md")
table.move(wane.glob(here .. "/../docs/reference/*.md"), 1, 100, #paths + 1, paths)
for _, path in ipairs(paths) do
  local file <close> = assert(io.open(path))
  local text = file:read("a")
  local cut = #text * 9 // 10
  seen[#seen + 1], unseen[#unseen + 1] = text:sub(1, cut), text:sub(cut + 1)
end

-- Windows of 32 tokens; the labels are the next tokens.
local length = 32
local function windows(texts) return wane.dataset{ text = texts, tokenizer = tokenizer, length = length, batch_size = 32 } end
local train, test = windows(seen), windows(unseen):take(200)
print(train)

-- As in llama: root mean square norms, rotary positions, heads of keys and values that serve several queries, gated feed-forward blocks.
local function block()
  return nn.sequential{
    nn.residual{ nn.rms_norm{}, nn.multi_head_attention{ num_heads = 4, num_key_value_heads = 2, bias = false, is_causal = true, rope = true } },
    nn.residual{ nn.rms_norm{}, nn.swiglu{ hidden_features = 192 } },
  }
end
local net = nn.sequential{
  nn.embedding{ num_embeddings = tokenizer.size, embedding_dim = 96 }, block(), block(), nn.rms_norm{},
  nn.linear{ out_features = tokenizer.size, bias = false },
}
local model = nn.model(net, { inputs = { input_ids = { shape = { length }, dtype = "int32" } }, outputs = { "logits" }, seed = 1 })
local t = wane.trainer(model, { optimizer = { type = "adamw", weight_decay = 0.1 }, lr = 4e-3, schedule = "one_cycle", seed = 1 })
t:fit(train, { epochs = 3, validation = test, metrics = { "perplexity" }, on_epoch = function(e)
  print(("epoch %d  loss %.2f  perplexity on unseen text %.0f"):format(e.epoch, e.loss, e.metrics.perplexity))
end })
local trained = t:finalize()

local candidates = {
  trained = trained,
  ["8 bits"] = trained:quantize{ dtype = "int8", weight_threshold = 1000 },
  ["4 bits, blocks of 32"] = trained:quantize{ dtype = "int4", granularity = "per_block", block_size = 32, weight_threshold = 1000 },
  ["3 bits, gptq"] = trained:palettize{ nbits = 3, weight_threshold = 1000, algorithm = "gptq", calibration = train:take(64) },
}
local report = wane.compare(candidates, test, { baseline = trained, metrics = { "perplexity", "agreement" }, latency = false })
print(report)

local small = candidates["4 bits, blocks of 32"]
print((small:generate("The model", { tokenizer = tokenizer, max_tokens = 40, temperature = 0.7, top_k = 40, seed = 3 })))
local before, after = trained:evaluate(test, { metrics = "perplexity" }).perplexity, small:evaluate(test, { metrics = "perplexity" }).perplexity
assert(before < 80 and after < 1.1 * before and small.size * 5 < trained.size)
