// SPDX-License-Identifier: Apache-2.0
// Programs as data: looking at operations, rewriting, cutting, joining, renaming, fixing shapes.

import LuaHost
import Testing

struct ProgramTests {
  /// Compares two models on the digits, and prints what differs.
  private static let comparing = """
    local x = wane.random({ 2, 1, 8, 8 }, { seed = 3 })
    local function same(a, b, name)
      local p, q = a:predict{ image = x }[name or "probabilities"], b:predict{ image = x }[name or "probabilities"]
      assert(#p.shape == #q.shape and p.count == q.count)
      local worst = 0
      p, q = p:reshape{ -1 }, q:reshape{ -1 }
      for i = 0, p.count - 1 do worst = math.max(worst, math.abs(p:at{ i } - q:at{ i })) end
      return worst < 1e-5, worst
    end

    """

  @Test func operationsTellWhatTheyRead() throws {
    try Script.run(
      Script.digits + """
        local ops = model.operations
        assert(#ops > 5 and ops[1].type == "conv" and ops[1].inputs.x == "image" and #ops[1].outputs == 1)
        local conv = ops[ops[1].name]
        assert(conv.weights.weight == "const_2" or model.weights[conv.weights.weight])
        assert(model.weights[conv.weights.weight].input == "image")
        assert(conv.attributes.groups == 1 and conv.attributes.strides[1] == 1 and conv.attributes.pad_type == "custom" or conv.attributes.pad_type)
        assert(conv.function_name == "main" and conv.depth == 0 and conv.flops == nil or conv.flops > 0)
        local shown = tostring(ops)
        assert(shown:find("conv", 1, true) and shown:find("image", 1, true))
        -- Any value can be asked for by name: this gives what a weight multiplies.
        for _, w in ipairs(model.weights) do
          if w.input and w.op_type == "linear" and w.parameter == "weight" then
            local value = model:predict({ image = wane.zeros{ 3, 1, 8, 8 } }, { outputs = { w.input } })[w.input]
            assert(value.shape[2] == w.shape[2], w.name)
          end
        end
        local ok, e = pcall(function() return ops.nothing end)
        assert(not ok and tostring(e):find("no operation named 'nothing'", 1, true))
        """)
  }

  @Test func rewritesKeepNames() throws {
    try Script.run(
      Script.digits + Self.comparing + """
        -- relu(x) = max(x, 0) = x · (x > 0): three ways to write it, with the same names.
        local ways = {
          function(op, g) return g.maximum(op.inputs.x, 0) end,
          function(op, g) return g:op("maximum", { x = op.inputs.x, y = 0 }) end,
          function(op, g) return op.inputs.x * g.cast(g.greater(op.inputs.x, 0.0), { dtype = op.inputs.x.dtype == "float16" and "fp16" or "fp32" }) end,
          function(op, g) return g:clip{ x = op.inputs.x, alpha = 0, beta = 60000 } end,
        }
        for number, way in ipairs(ways) do
          local seen = 0
          local other = model:rewrite(function(op, g)
            seen = seen + 1
            assert(op.type == "relu" and op.inputs.x.name and op.outputs[1])
            return way(op, g)
          end, { op_types = { "relu" }, check = { image = x } })
          assert(seen > 0 and same(model, other), number)
          local names = {}
          for _, op in ipairs(other.operations) do for _, name in ipairs(op.outputs) do names[name] = true end end
          for _, op in ipairs(model.operations) do for _, name in ipairs(op.outputs) do assert(names[name], name) end end
          assert(other.history[#other.history]:find("^rewrite%(function%) %-%- %d operation"), other.history[#other.history])
        end
        -- What is returned may be an operand: the operation is gone, and its users read the operand.
        local none = model:rewrite(function(op, g) return op.inputs.x end, { op_types = { relu = true } })
        for _, op in ipairs(none.operations) do assert(op.type ~= "relu") end
        assert(not same(model, none))
        local ok, e = pcall(model.rewrite, model, function(op, g) return op.inputs.x end, { op_types = { "relu" }, check = { image = x } })
        assert(not ok and tostring(e):find("output 'probabilities' changes by", 1, true), tostring(e))
        -- Nothing returned: the same model.
        assert(#wane.diff(model, model:rewrite(function() end)) == 0)
        """)
  }

  @Test func weightsOfReplacedOperationsAreGone() throws {
    try Script.run(
      Script.digits + Self.comparing + """
        local before = #model.weights
        local w = model.weights.f1_weight
        -- A linear layer as a product and a sum, with a new weight, compressed while it is written.
        local other = model:rewrite(function(op, g)
          if op.weights.weight ~= "f1_weight" then return nil end
          local t = g:constant(model.weights.f1_weight.values, "replaced")
          return g.linear(op.inputs.x, { weight = t, bias = op.inputs.bias })
        end)
        assert(same(model, other) and other.weights.replaced.count == w.count)
        assert(not pcall(function() return other.weights.f1_weight end) and #other.weights == before)
        local path = scratch .. ".mlpackage"
        other:save(path)
        assert(same(model, wane.load(path)))
        os.execute("rm -r '" .. path .. "'")
        local small = model:retarget("iOS18"):rewrite(function(op, g)
          if op.weights.weight ~= "f1_weight" then return nil end
          local values = model.weights.f1_weight.values
          local codes, scale = {}, 0.01
          for i, row in ipairs(values:to_table()) do
            codes[i] = {}
            for j, v in ipairs(row) do codes[i][j] = math.max(-127, math.min(127, math.floor(v / scale + 0.5))) end
          end
          local e = wane.encode.quantized{ codes = codes, scale = wane.tensor{ dtype = w.dtype, data = { scale } }:reshape{ 1, 1 }, dtype = "int8" }
          return g.linear(op.inputs.x, { weight = g:constant(e, "packed"), bias = op.inputs.bias })
        end)
        assert(small.weights.packed.scheme == "quantized" and small:predict{ image = x }.probabilities.count == 20)
        """)
  }

  @Test(arguments: [
    ("model:rewrite(function(op, g) return 5 end)", "rewrite, conv"),
    ("model:rewrite(function(op, g) return 5 end)", "must return a Value for each output, or nil, got number"),
    (
      "model:rewrite(function(op, g) return g.relu(op.inputs.x) end, { op_types = { 'rely' } })",
      "op_types has 'rely', which no operation of the model has"
    ),
    (
      "model:rewrite(function(op, g) return g.reshape(op.inputs.x, { shape = { -1 } }) end, { op_types = { 'relu' } })",
      "is returned for it"
    ),
    ("model:rewrite(function(op, g) return g.rely(op.inputs.x) end)", "Graph has no field or method 'rely'"),
    ("model:rewrite(function(op, g) return g.relu(op.inputs.x, 1, 2, 3) end)", "relu has 1 parameters, 2 are given"),
    ("model:rewrite(function(op, g) local t = nil; return t.x end)", "rewrite, conv"),
    ("model:extract{ outputs = { 'nothing' } }", "there is no value 'nothing'"),
    (
      "model:extract{ outputs = { 'probabilities' }, inputs = { model.operations[2].outputs[1], 'image' } }",
      "no output depends on the input 'image'"
    ),
    ("model:split{}", "give either at, the name of a value, or parts"),
    ("model:split{ parts = 1 }", "must be at least 2"),
    ("model:rename{ nothing = 'x' }", "there is no value 'nothing'"),
    ("model:rename{ image = 'probabilities' }", "the name 'probabilities' is taken"),
    ("model:materialize{ picture = { 1, 1, 8, 8 } }", "there is no input 'picture'; inputs: image"),
    ("model:materialize{ image = { 1, 3, 8, 8 } }", "the shape [1, 3, 8, 8] is not one of"),
    ("model:concat(model)", "no output of the first model (probabilities) is an input of the second (image)"),
    ("model:with_interface{ image = { dtype = 'int8' } }", "'dtype' must be one of"),
    ("model:with_interface{ image = { kind = 'image', color = 'rgb', shape = { 1, 1, 8, 8 } } }", "a rgb image has 3 channels"),
    ("model:with_interface{ picture = { dtype = 'float16' } }", "there is no input 'picture'"),
    ("wane.multifunction{ a = model, default = 'b' }", "there is no function 'b'"),
  ]) func whatIsWrongIsSaid(call: String, message: String) {
    let failure = Script.failure(Script.digits + call)
    #expect(failure.contains(message), "\(failure)")
  }

  @Test func partsComputeTheSame() throws {
    try Script.run(
      Script.digits + Self.comparing + """
        for _, parts in ipairs{ 2, 3 } do
          local pieces = { model:split{ parts = parts } }
          assert(#pieces == parts)
          local whole = pieces[1]
          for i = 2, parts do whole = whole:concat(pieces[i]) end
          assert(same(model, whole))
          -- By hand: what one part gives is given to the next.
          local values = { image = x }
          for _, piece in ipairs(pieces) do
            local inputs = {}
            for _, input in ipairs(piece.inputs) do inputs[input.name] = values[input.name] end
            for name, value in pairs(piece:predict(inputs)) do values[name] = value end
          end
          assert(values.probabilities == model:predict{ image = x }.probabilities)
          local bytes = 0
          for _, piece in ipairs(pieces) do for _, w in ipairs(piece.weights) do bytes = bytes + w.bytes end end
          local total = 0
          for _, w in ipairs(model.weights) do total = total + w.bytes end
          assert(bytes == total, bytes .. " " .. total)
        end
        -- Every operation is a place to cut.
        local cuts = 0
        for i = 1, #model.operations - 1 do
          local value = model.operations[i].outputs[1]
          local ok, a, b = pcall(function() return model:split{ at = value } end)
          if ok then
            cuts = cuts + 1
            assert(same(model, a:concat(b)), value)
            assert(a.outputs[value], value)
            local middle = a:predict{ image = x }[value]
            assert(middle == model:predict({ image = x }, { outputs = { value } })[value])
            local rest = model:extract{ outputs = { "probabilities" }, inputs = { value } }
            assert(rest.inputs[1].name == value and #rest.inputs == 1)
            assert(rest:predict{ [value] = middle }.probabilities == model:predict{ image = x }.probabilities)
          end
        end
        assert(cuts > 4, cuts)
        """)
  }

  @Test func interfacesChange() throws {
    try Script.run(
      Script.digits + Self.comparing + """
        local renamed = model:rename{ image = "in put/1", probabilities = "p" }
        assert(renamed.inputs[1].name == "in put/1" and renamed.outputs[1].name == "p")
        assert(renamed:predict{ ["in put/1"] = x }.p == model:predict{ image = x }.probabilities)
        local fixed = model:materialize{ image = { 2, 1, 8, 8 } }
        assert(fixed.inputs.image.shape[1] == 2 and fixed.outputs[1].shape[1] == 2 and same(model, fixed))
        local path = scratch .. ".mlpackage"
        fixed:save(path)
        local loaded = wane.load(path)
        assert(#loaded.outputs[1].shape == 2 and loaded.outputs[1].shape[1] == 2 and loaded.outputs[1].shape[2] == 10)
        os.execute("rm -r '" .. path .. "'")
        assert(not pcall(fixed.predict, fixed, { image = wane.zeros{ 1, 1, 8, 8 } }))
        local pictures = model:with_interface{ image = { kind = "image", color = "grayscale", scale = 1 / 255, bias = -0.5, shape = { 1, 1, 8, 8 } } }
        assert(pictures.inputs.image.kind == "image" and pictures.inputs.image.width == 8)
        local pixels = wane.tensor{ shape = { 1, 1, 8, 8 }, data = (function() local t = {} for i = 1, 64 do t[i] = i * 3 end return t end)() }
        local a = pictures:predict{ image = pixels }.probabilities
        local b = model:predict{ image = pixels:scale(1 / 255, -0.5) }.probabilities
        for i = 0, 9 do assert(math.abs(a:at{ 0, i } - b:at{ 0, i }) < 1e-4) end
        local half = model:with_interface{ image = { dtype = "float16" }, outputs = { probabilities = { dtype = "float16" } } }
        assert(half.inputs.image.dtype == "float16" and half.outputs[1].dtype == "float16")
        assert(half:predict{ image = x }.probabilities.dtype == "float16")
        local noted = model:with_metadata{ author = "me", license = "MIT", version = "2", description = "digits", ["a.b"] = "c" }
        assert(noted.metadata.author == "me" and noted.metadata["a.b"] == "c" and noted.metadata.description == "digits")
        assert(noted:with_metadata{ ["a.b"] = "" }.metadata["a.b"] == nil)
        noted:save(path)
        assert(wane.load(path).metadata.license == "MIT")
        os.execute("rm -r '" .. path .. "'")
        assert(same(model, model:optimize{}))
        """)
  }

  @Test func severalFunctionsShareEqualWeights() throws {
    try Script.run(
      Script.digits + Self.comparing + """
        local other = model:with_weights{ f2_weight = model.weights.f2_weight.values:scale(2) }
        local both = wane.multifunction{ plain = model, double = other, default = "double" }
        assert(#both.functions == 2 and both.target == "iOS18")
        local path = scratch .. ".mlpackage"
        both:save(path)
        local plain, double = wane.load(path, { ["function"] = "plain" }), wane.load(path)
        assert(same(model, plain) and same(other, double) and not same(model, double))
        -- Only the weight that differs is stored twice.
        assert(both.size < model.size + 2 * model.weights.f2_weight.bytes + 4096, both.size .. " " .. model.size)
        -- A rewrite reaches all functions.
        local smooth = both:rewrite(function(op, g) return g.silu(op.inputs.x) end, { op_types = { "relu" } })
        for _, op in ipairs(smooth.operations) do assert(op.type ~= "relu") end
        os.execute("rm -r '" .. path .. "'")
        """)
  }
}
