// SPDX-License-Identifier: Apache-2.0
// Weights as values: their stored parts, encodings made of parts, and models with other weights.

import LuaHost
import Testing

struct OwnWeightTests {
  @Test func storedPartsMakeTheSameEncoding() throws {
    try Script.run(
      Script.digits + """
        local newer = model:retarget "iOS18"
        local forms = {
          model:quantize{ weight_threshold = 0 },
          model:quantize{ mode = "linear", weight_threshold = 0 },
          model:palettize{ nbits = 4, weight_threshold = 0 },
          model:prune{ target_sparsity = 0.5, weight_threshold = 0 },
          newer:quantize{ dtype = "int4", granularity = "per_block", block_size = 4, weight_threshold = 0 },
          newer:palettize{ nbits = 3, granularity = "per_grouped_channel", group_size = 2, weight_threshold = 0 },
          newer:palettize{ nbits = 2, cluster_dim = 2, weight_threshold = 0 },
          newer:palettize{ nbits = 4, enable_per_channel_scale = true, weight_threshold = 0 },
          newer:compress{ { "prune", target_sparsity = 0.5, weight_threshold = 0 }, { "palettize", nbits = 4, weight_threshold = 0 } },
          newer:compress{ { "prune", target_sparsity = 0.5, weight_threshold = 0 }, { "quantize", weight_threshold = 0 } },
          newer:compress{ { "palettize", nbits = 4, weight_threshold = 0 },
            { "quantize", granularity = "per_tensor", weight_threshold = 0 } },
          newer:compress{ { "prune", target_sparsity = 0.5, weight_threshold = 0 }, { "palettize", nbits = 4, weight_threshold = 0 },
            { "quantize", granularity = "per_tensor", weight_threshold = 0 } },
          model,
        }
        local seen = {}
        for number, small in ipairs(forms) do
          for _, w in ipairs(small.weights) do
            local stored = w.stored
            if stored.kind ~= "dense" then
              local e = wane.encode[stored.kind](stored)
              seen[e.scheme] = true
              assert(e:decode() == w:to_tensor() and e.scheme == w.scheme, number .. " " .. w.name)
              if small.target == "iOS18" then assert(e.bytes == w.bytes, w.name .. " " .. e.bytes .. " " .. w.bytes) end
              -- What goes back into the model changes nothing.
              local same = small:with_weights{ [w.name] = e }
              assert(same.weights[w.name]:to_tensor() == w:to_tensor() and same.weights[w.name].bytes == w.bytes)
            else
              assert(stored.values == w:to_tensor() and w.values == w:to_tensor())
            end
          end
        end
        for _, scheme in ipairs{ "quantized", "palettized", "sparse", "sparse+palettized", "sparse+quantized", "palettized+quantized",
          "sparse+palettized+quantized" } do assert(seen[scheme], scheme) end
        """)
  }

  @Test func rowsPutOutputChannelsFirst() throws {
    try Script.run(
      Script.digits + """
        local seen = 0
        for _, w in ipairs(model.weights) do
          local rows = w.rows
          assert(#rows.shape == 2 and rows.count == w.count and rows.shape[1] == w.shape[w.axis + 1], w.name)
          if w.axis == 0 then
            assert(rows == w.values:reshape(rows.shape))
            seen = seen + 1
          end
        end
        assert(seen > 0)
        -- A matmul reads its weight as [in, out].
        local net = wane.nn.model(function(g, inputs)
          return g:op("matmul", { x = inputs.x, y = g:weight({ 3, 5 }) })
        end, { inputs = { x = { 3 } } })
        local w = net.weights[1]
        assert(w.axis == 1 and w.rows.shape[1] == 5 and w.rows.shape[2] == 3 and w.input == "x")
        for i = 0, 2 do for j = 0, 4 do assert(w.rows:at{ j, i } == w.values:at{ i, j }) end end
        -- Both a tensor and an encoding of the rows find back into the layout of the weight.
        assert(net:with_weights{ [w.name] = w.rows }.weights[1].values == w.values)
        local codes = {}
        for j = 1, 5 do codes[j] = { j, -j, 0 } end
        local e = wane.encode.quantized{ codes = codes, scale = { 1, 2, 3, 4, 5 } }
        local small = net:with_weights{ [w.name] = e }
        assert(small.weights[1].scheme == "quantized" and small.weights[1].stored.scale.shape[2] == 5)
        for i = 0, 2 do for j = 0, 4 do assert(small.weights[1].values:at{ i, j } == e:decode():at{ j, i }) end end
        """)
  }

  @Test func partsOfAnyShapeAndTypeAreTaken() throws {
    try Script.run(
      """
      local function values(e) local t = {} for i = 0, e.count - 1 do t[#t + 1] = e:decode():reshape{ -1 }:at{ i } end return table.concat(t, " ") end
      local q = wane.encode.quantized
      assert(q{ codes = { { 0, 15 } }, scale = 2 }.stored.codes.dtype == "uint4")
      assert(q{ codes = { { -8, 7 } }, scale = 2 }.stored.codes.dtype == "int4" and q{ codes = { { -8, 7 } }, scale = 2 }.bytes == 1 + 4)
      assert(q{ codes = { { -9, 7 } }, scale = 2 }.stored.codes.dtype == "int8")
      assert(q{ codes = { { 0, 200 } }, scale = 2 }.stored.codes.dtype == "uint8")
      assert(q{ codes = { { 1, 2 } }, scale = 2, dtype = "int8" }.bytes == 2 + 4)
      assert(values(q{ codes = { { 1, 2 }, { 3, 4 } }, scale = { 1, 10 } }) == "1.0 2.0 30.0 40.0")
      assert(values(q{ codes = { { 1, 2 }, { 3, 4 } }, scale = { 1, 10 }, axis = 1 }) == "1.0 20.0 3.0 40.0")
      assert(values(q{ codes = { { 1, 2 }, { 3, 4 } }, scale = { { 1 }, { 10 } }, offset = 1 }) == "0.0 1.0 20.0 30.0")
      assert(values(q{ codes = { { 1, 2 }, { 3, 4 } }, scale = { { 2, 1 } }, offset = 0.5 }) == "1.0 1.5 5.0 3.5")
      assert(values(q{ codes = { { 1, 2, 3, 4 } }, scale = wane.tensor{ dtype = "float16", data = { { 1, 10 } } } }) == "1.0 2.0 30.0 40.0")
      local p = wane.encode.palettized
      assert(values(p{ indices = { { 0, 1 }, { 2, 2 } }, lut = { -1, 0, 5 } }) == "-1.0 0.0 5.0 5.0")
      assert(p{ indices = { { 0, 1 }, { 2, 2 } }, lut = { -1, 0, 5 } }.bytes == 1 + 16)
      assert(values(p{ indices = { { 0, 1 }, { 1, 0 } }, lut = { { 1, 2 }, { 3, 4 } }, axis = 0 }) == "1.0 2.0 4.0 3.0")
      assert(values(p{ indices = { { 0 }, { 1 } }, lut = { { 1, 2 }, { 3, 4 } }, vector_axis = 1 }) == "1.0 2.0 3.0 4.0")
      assert(values(p{ indices = { { 0, 1 } }, lut = { { 1, 2 }, { 3, 4 } }, vector_axis = 0 }) == "1.0 3.0 2.0 4.0")
      local s = wane.encode.sparse
      assert(values(s{ mask = { { 0, 1 }, { 1, 0 } }, values = { 7, 8 } }) == "0.0 7.0 8.0 0.0")
      assert(values(s{ mask = { { true, false } }, values = { { 7, 8 } } }) == "7.0 0.0")
      local joint = s{ mask = { { 0, 1 }, { 1, 0 } }, values = q{ codes = { { 1, 2 }, { 3, 4 } }, scale = { 1, 10 } } }
      assert(values(joint) == "0.0 2.0 30.0 0.0" and joint.scheme == "sparse+quantized" and joint.target == "iOS18")
      assert(values(s{ mask = { { 0, 1 } }, values = joint and { kind = "quantized", codes = { 3 }, scale = 2 } }) == "0.0 6.0")
      assert(values(p{ indices = { { 0, 1 } }, lut = q{ codes = { { { { 1 }, { 2 } } } }, scale = 3 } }) == "3.0 6.0")
      assert(wane.encode.cast{ values = wane.tensor{ dtype = "float16", data = { 1, 2 } } }.scheme == "dense")
      """)
  }

  @Test(arguments: [
    (
      "wane.encode.quantized{ codes = { { 0.5 } }, scale = 1 }",
      "codes has 0.5 at { 0, 0 } (from 0), but uint8 holds whole numbers from 0 to 255"
    ),
    ("wane.encode.quantized{ codes = { { 300 } }, scale = 1 }", "codes has 300 at { 0, 0 } (from 0), but uint8 holds"),
    ("wane.encode.quantized{ codes = { { -1, 200 } }, scale = 1 }", "codes has 200 at { 0, 1 } (from 0), but int8 holds"),
    (
      "wane.encode.quantized{ codes = { { 1, 2 }, { 3, 4 } }, scale = { 1, 2, 3 } }",
      "scale has 3 elements, expected 2: axis 0 of codes has that extent; axis = … names another"
    ),
    (
      "wane.encode.quantized{ codes = { { 1, 2 } }, scale = 1, axis = 5 , offset = { 1, 2 } }",
      "axis is 5, outside the 2 axes of the weight"
    ),
    ("wane.encode.quantized{ codes = { { 1, 2 } } }", "option 'scale' is required"),
    ("wane.encode.quantized{ code = { { 1, 2 } }, scale = 1 }", "unknown option 'code'; did you mean 'codes'?"),
    ("wane.encode.quantized{ codes = { { 1, 2 } }, scale = 1, dtype = 'int2' }", "'dtype' must be one of 'int4'"),
    (
      "wane.encode.palettized{ indices = { { 0, 3 } }, lut = { 1, 2, 3 } }",
      "indices has 3 at { 0, 1 } (from 0), but the table has the entries 0 to 2"
    ),
    (
      "wane.encode.palettized{ indices = { { 0, 3 } }, lut = { { 1, 2 }, { 3, 4 } } }",
      "lut has rank 2, expected 1 (entries), 2 (entries, vector size) with vector_axis"
    ),
    ("wane.encode.sparse{ mask = { { 0, 1 } }, values = { 1, 2, 3 } }", "nonzero_data has 3 elements, expected 1"),
    ("wane.encode.sparse{ mask = { { 0, 2 } }, values = { 1 } }", "mask has 2 at { 0, 1 } (from 0), but uint1 holds"),
    ("model:with_weights{ f1_wieght = wane.zeros{ 1 } }", "there is no weight 'f1_wieght'; did you mean 'f1_weight'?"),
    ("model:with_weights{ f1_weight = wane.zeros{ 3, 4 } }", "f1_weight: what replaces it has shape [3, 4], expected ["),
    (
      "local old = wane.nn.model(wane.nn.linear{ out_features = 4 }, { inputs = { x = { 4 } }, target = 'iOS16' }) "
        + "old:with_weights{ linear_weight = wane.encode.quantized{ codes = wane.zeros{ 4, 4 }, scale = 1, dtype = 'int4' } }",
      "linear_weight: quantization per block or to 4 bits needs iOS18, and the model is for iOS16; model:retarget(\"iOS18\") raises it"
    ),
    (
      "model:map_weights(function(w) return 5 end)",
      "map_weights, weight f1_bias: the function of map_weights must return an Encoded, a Tensor, or nil, got"
    ),
    ("model:map_weights(function(w) return nil end, { op_names = { 'nope' } })", "map_weights: op_names has 'nope', which no weight"),
    ("model:map_weights(function(w) local x = nil; return x.y end)", "map_weights, weight f1_bias: script.lua:"),
  ]) func whatDoesNotFitIsAnError(call: String, message: String) {
    let failure = Script.failure(Script.digits + call)
    #expect(failure.contains(message), "\(failure)")
  }

  @Test func functionsOfWeightsChooseAndReport() throws {
    try Script.run(
      Script.digits + """
        local asked = {}
        local halved = model:map_weights(function(w, context)
          asked[#asked + 1] = w.name
          assert(context.target == model.target and context.name == w.name and context.axis == w.axis)
          return w.values:scale(0.5)
        end, { op_types = { "linear" }, where = function(w, context) return #w.shape == 2 and context.axis == 0 end })
        assert(#asked == 2 and halved.report.compressed == 2, #asked)
        for _, name in ipairs(asked) do
          assert(halved.weights[name].max == model.weights[name].max / 2)
          assert(math.abs(halved.report[1].snr_db or 0) >= 0)
        end
        assert(halved.history[#halved.history] == "map_weights(function)" and halved.target == model.target)
        local except = 0
        model:map_weights(function() except = except + 1 end, { op_names = { f1_weight = false } })
        assert(except == #model.weights - 1)
        -- The model itself and whatever was not chosen stay.
        assert(model.weights.f1_weight.values ~= halved.weights.f1_weight.values)
        assert(halved.weights.const_2.values == model.weights.const_2.values)
        assert(halved:predict{ image = wane.zeros{ 1, 1, 8, 8 } }.probabilities.count == 10)
        """)
  }

  @Test func sharedWeightsAreReplacedInAllFunctions() throws {
    try Script.run(
      """
      local model = wane.load(fixtures .. "/models/functions.mlpackage")
      local zeros = wane.zeros(model.weights.shared_weight_0.shape)
      local changed = model:with_weights{ shared_weight_0 = zeros, own_weight_0 = zeros }
      local count = { shared_weight_0 = 0, own_weight_0 = 0 }
      for _, w in ipairs(changed.weights) do
        if count[w.name] and w.max == 0 and w.min == 0 then count[w.name] = count[w.name] + 1 end
      end
      assert(count.shared_weight_0 == 2 and count.own_weight_0 == 1, count.shared_weight_0 .. " " .. count.own_weight_0)
      """)
  }
}
