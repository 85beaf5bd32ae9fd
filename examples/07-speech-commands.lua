-- Trains a network that tells four spoken-like commands apart by their sound, and compresses it while it trains.
-- You should see an accuracy above 95 % on sounds that were not trained on, and the same with weights of 4 bits.
--
-- The sounds are made by the script: "up" and "down" glide, "yes" and "no" are two tones in turn, with noise, at any loudness.

local wane = require "wane"
local nn = wane.nn
local out = (os.getenv("TMPDIR") or "/tmp") .. "/wane-commands"

local commands = {
  up = function(t) return 300 + 500 * t end, down = function(t) return 800 - 500 * t end,
  yes = function(t) return t < 0.5 and 700 or 350 end, no = function(t) return t < 0.5 and 350 or 700 end,
}
local rate, seconds = 8000, 0.25

-- A WAV file: a header of 44 bytes, then 16-bit samples.
local random = { state = 7 }
function random:number()
  self.state = (self.state * 1103515245 + 12345) % 2147483648
  return self.state / 2147483648
end
local function write_sound(path, pitch)
  local count, parts, phase = math.floor(rate * seconds), {}, 0
  local loudness, detune, noise = 0.2 + 0.6 * random:number(), 0.9 + 0.2 * random:number(), 0.15 * random:number()
  for i = 1, count do
    phase = phase + 2 * math.pi * pitch(i / count) * detune / rate
    local value = loudness * math.sin(phase) + noise * (2 * random:number() - 1)
    parts[i] = string.pack("<i2", math.floor(math.max(-1, math.min(1, value)) * 32767))
  end
  local samples = table.concat(parts)
  local file <close> = assert(io.open(path, "wb"))
  file:write("RIFF", string.pack("<I4", 36 + #samples), "WAVEfmt ", string.pack("<I4I2I2I4I4I2I2", 16, 1, 1, rate, 2 * rate, 2, 16))
  file:write("data", string.pack("<I4", #samples), samples)
end
for _, part in ipairs{ "train", "test" } do
  for name, pitch in pairs(commands) do
    assert(os.execute(('mkdir -p "%s/%s/%s"'):format(out, part, name)))
    for i = 1, part == "train" and 60 or 25 do write_sound(("%s/%s/%s/%02d.wav"):format(out, part, name, i), pitch) end
  end
end

-- At 4 kHz, half the work. Files of other rates, channels and lengths would be converted, mixed and cut alike.
local options = { rate = 4000, seconds = seconds, batch_size = 24 }
local train, test = wane.dataset(out .. "/train", options), wane.dataset(out .. "/test", options)
print(train)

local net = nn.sequential{
  nn.reshape{ shape = { 1, 1000 } },
  nn.conv1d{ out_channels = 16, kernel_size = 32, stride = 4 }, nn.batch_norm{}, "relu", nn.conv1d{ out_channels = 24, kernel_size = 9, stride = 4 },
  nn.batch_norm{}, "relu", nn.conv1d{ out_channels = 32, kernel_size = 5, stride = 2 }, nn.batch_norm{}, "relu",
  "flatten", nn.linear{ out_features = 4 }, "softmax",
}
local model = nn.model(net, { inputs = { audio = { 1000 } }, outputs = { "probabilities" }, seed = 1 })
local t = wane.trainer(model, { lr = 3e-3, schedule = "one_cycle", seed = 1 })
t:fit(train, { epochs = 6, validation = test, on_epoch = function(e)
  print(("epoch %2d  loss %.3f  accuracy %.3f"):format(e.epoch, e.loss, e.metrics.accuracy))
end })
local trained = t:finalize()

local small = trained:palettize{ nbits = 4, weight_threshold = 200 }
print(wane.compare({ trained = trained, ["4 bits"] = small }, test, { metrics = { "accuracy" }, latency = false }))
local result = small:evaluate(test, { metrics = { "accuracy", "confusion" } })
print(result.confusion)
assert(result.accuracy > 0.95 and small.size * 5 < trained.size)
