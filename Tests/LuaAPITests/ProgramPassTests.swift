// SPDX-License-Identifier: Apache-2.0
// Fusions of model:optimize, work of one sample, outputs kept by concat, image outputs.

import Testing

struct ProgramPassTests {
  private static let counting = """
    local nn = wane.nn
    local function count(m, type) local n = 0; for _, op in ipairs(m.operations) do if op.type == type then n = n + 1 end end return n end
    local function far(a, b, inputs)
      local p, q = a:predict(inputs), b:predict(inputs)
      local worst = 0
      for name, x in pairs(p) do worst = math.max(worst, (x:cast "float32" - q[name]:cast "float32"):abs():max() / x:cast "float32":abs():max()) end
      return worst
    end
    local function network(layers, shape) return nn.model(nn.sequential(layers), { inputs = { x = shape }, seed = 2 }) end

    """

  @Test func activationsWrittenOutAreFused() throws {
    try Script.run(
      Self.counting + """
        local m = network({ nn.linear{ out_features = 16 }, "relu", nn.linear{ out_features = 16 }, "tanh", nn.linear{ out_features = 4 } }, { 8 })
        local x = wane.random({ 3, 8 }, { seed = 1 }) * 3
        local ways = {
          gelu = {
            function(v, g) return v * 0.5 * (g.erf(v * 0.70710678) + 1) end,
            function(v, g) return (v * (g.erf(v / 1.41421356) + 1)) * 0.5 end,
            function(v, g) return 0.5 * v * (g.tanh((v + v * v * v * 0.044715) * 0.79788456) + 1) end,
          },
          silu = { function(v, g) return v * g.sigmoid(v) end, function(v, g) return g.sigmoid(v) * v end },
        }
        for type, forms in pairs(ways) do
          for number, form in ipairs(forms) do
            local written = m:rewrite(function(op, g) return form(op.inputs.x, g) end, { op_types = { "relu", "tanh" } })
            local fused = written:optimize{}
            assert(count(fused, type) == 2 and count(fused, "erf") + count(fused, "sigmoid") + count(fused, "mul") == 0, type .. number)
            assert(far(written, fused, { x = x }) < 1e-6, type .. number)
            assert(fused.outputs[1].name == m.outputs[1].name)
          end
        end
        -- Only what is asked for.
        local written = m:rewrite(function(op, g) return op.inputs.x * g.sigmoid(op.inputs.x) end, { op_types = { "relu" } })
        assert(count(written:optimize{ passes = { "remove_dead_code" } }, "silu") == 0)
        -- A value that is also read elsewhere stays.
        local shared = m:rewrite(function(op, g) local s = g.sigmoid(op.inputs.x); return op.inputs.x * s + s end, { op_types = { "relu" } })
        assert(far(shared, shared:optimize{}, { x = x }) < 1e-6 and count(shared:optimize{}, "sigmoid") == 1)
        """)
  }

  @Test func normsAreFusedAndFolded() throws {
    try Script.run(
      Self.counting + """
        -- conv, batch norm: one convolution, also with a bias added by hand.
        local m = network({ nn.conv2d{ out_channels = 6, kernel_size = 3 }, nn.batch_norm{}, "relu", nn.conv2d{ out_channels = 4, kernel_size = 1, bias = false },
          nn.batch_norm{} }, { 3, 9, 9 })
        local x = wane.random({ 2, 3, 9, 9 }, { seed = 1 })
        local folded = m:optimize{}
        assert(count(m, "batch_norm") == 2 and count(folded, "batch_norm") == 0 and count(folded, "conv") == 2)
        assert(far(m, folded, { x = x }) < 1e-5, far(m, folded, { x = x }))
        assert(far(m, m:optimize{ passes = { "fuse_gelu", "fuse_silu" } }, { x = x }) == 0)
        -- A layer norm in its parts.
        local n = network({ nn.linear{ out_features = 12 }, "relu", nn.linear{ out_features = 3 } }, { 5, 8 })
        local gamma, beta = wane.linspace(0.5, 2, 12), wane.linspace(-1, 1, 12)
        local written = n:rewrite(function(op, g)
          local v = op.inputs.x
          local d = v - g.reduce_mean(v, { axes = { -1 }, keep_dims = true })
          local s = g.sqrt(g.reduce_mean(d * d, { axes = { -1 }, keep_dims = true }) + 1e-3)
          return (d / s) * g:constant(gamma, "gamma") + g:constant(beta, "beta")
        end, { op_types = { "relu" } })
        local fused = written:optimize{}
        local y = wane.random({ 2, 5, 8 }, { seed = 3 })
        assert(count(fused, "layer_norm") == 1 and count(fused, "reduce_mean") == 0)
        assert(far(written, fused, { x = y }) < 1e-5, far(written, fused, { x = y }))
        """)
  }

  @Test func halfPrecisionProgramsToo() throws {
    try Script.run(
      Self.counting + """
        local m = wane.load(examples .. "/digits_cnn.mlpackage")
        local x = wane.random({ 2, 1, 8, 8 }, { seed = 1 })
        local written = m:rewrite(function(op, g) return op.inputs.x * 0.5 * (g.erf(op.inputs.x * 0.70710678) + 1) end, { op_types = { "relu" } })
        local fused = written:optimize{}
        assert(count(fused, "gelu") == count(m, "relu") and far(written, fused, { image = x }) < 2e-3, far(written, fused, { image = x }))
        fused:save(scratch .. ".mlpackage")
        assert(far(fused, wane.load(scratch .. ".mlpackage"), { image = x }) == 0)
        """)
  }

  @Test func equalOperationsAreComputedOnce() throws {
    try Script.run(
      Self.counting + """
        local m = network({ nn.linear{ out_features = 6 }, "relu", nn.linear{ out_features = 2 } }, { 4 })
        local twice = m:rewrite(function(op, g) return g.exp(op.inputs.x) * g.exp(op.inputs.x) + g.exp(op.inputs.x) end, { op_types = { "relu" } })
        local once = twice:optimize{}
        assert(count(twice, "exp") == 3 and count(once, "exp") == 1)
        assert(far(twice, once, { x = wane.random{ 3, 4 } }) == 0)
        """)
  }

  @Test func workOfOneSample() throws {
    try Script.run(
      Script.digits + """
        local sum = 0
        for _, op in ipairs(model.operations) do assert(op.flops, op.name); sum = sum + op.flops end
        assert(sum == model:flops{ inputs = { image = wane.zeros{ 1, 1, 8, 8 } } } or sum > 0)
        local fixed = 0
        for _, op in ipairs(model:materialize{ image = { 1, 1, 8, 8 } }.operations) do fixed = fixed + op.flops end
        assert(sum == fixed, sum .. " " .. fixed)
        """)
  }

  @Test func concatKeepsOutputs() throws {
    try Script.run(
      Script.digits + """
        local front, back = model:split{ parts = 2 }
        local middle = front.outputs[1].name
        local whole = front:concat(back, { keep = { middle } })
        assert(#whole.outputs == #model.outputs + 1 and #front:concat(back).outputs == #model.outputs)
        local x = wane.random({ 2, 1, 8, 8 }, { seed = 1 })
        local out, parts = whole:predict{ image = x }, front:predict{ image = x }
        assert(out[middle] == parts[middle] and out.probabilities == model:predict{ image = x }.probabilities)
        local ok, e = pcall(front.concat, front, back, { keep = { "nope" } })
        assert(not ok and tostring(e):find("nope", 1, true))
        """)
  }

  @Test func outputsThatAreImages() throws {
    try Script.run(
      Self.counting + """
        local m = network({ nn.conv2d{ out_channels = 3, kernel_size = 3, padding = "same" }, "sigmoid" }, { 3, 8, 6 }):materialize{ x = { 1, 3, 8, 6 } }
        local name = m.outputs[1].name
        local pictures = m:with_interface{ outputs = { [name] = { kind = "image", color = "rgb", scale = 255 } } }
        local o = pictures.outputs[1]
        assert(o.kind == "image" and o.width == 6 and o.height == 8 and o.color == "rgb")
        local x = wane.random({ 1, 3, 8, 6 }, { seed = 1 })
        local a, b = m:predict{ x = x }[name], pictures:predict{ x = x }[name]
        assert((a * 255 - b):abs():max() < 1e-3)
        pictures:save(scratch .. ".mlpackage")
        assert(wane.load(scratch .. ".mlpackage").outputs[1].kind == "image")
        local back = pictures:with_interface{ outputs = { [name] = { kind = "tensor" } } }
        assert(back.outputs[1].kind == "tensor" and back.outputs[1].shape[3] == 8)
        local function refused(options) local ok, e = pcall(m.with_interface, m, { outputs = { [name] = options } }); assert(not ok); return tostring(e) end
        assert(refused{ kind = "image", color = "grayscale" }:find "1 channel")
        assert(refused{ kind = "image", dtype = "float16" }:find "float32")
        """)
  }
}
