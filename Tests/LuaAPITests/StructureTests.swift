// SPDX-License-Identifier: Apache-2.0
// Low-rank factors and removed channels: model:factorize and model:slim.

import Testing

struct StructureTests {
  /// A network with a residual sum, a depthwise convolution, a concatenation, a batch norm and a flattened head, and its error.
  private static let network = """
    local nn = wane.nn
    local function net(seed)
      return nn.model(nn.sequential{
        nn.conv2d{ out_channels = 16, kernel_size = 3, padding = "same" }, nn.batch_norm{}, "relu",
        nn.residual{ nn.conv2d{ out_channels = 24, kernel_size = 1 }, "relu", nn.conv2d{ out_channels = 16, kernel_size = 3, padding = "same" } },
        nn.conv2d{ out_channels = 16, kernel_size = 3, padding = "same", groups = 16 }, "silu",
        nn.custom(function(g, x) return g.concat({ x, g.relu(x) }, { axis = 1 }) end),
        nn.conv2d{ out_channels = 12, kernel_size = 3, stride = 2, padding = 1 }, "relu", nn.max_pool{},
        "flatten", nn.linear{ out_features = 40 }, "gelu", nn.linear{ out_features = 5 },
      }, { inputs = { x = { 3, 16, 16 } }, seed = seed })
    end
    local x = wane.random({ 2, 3, 16, 16 }, { seed = 4 })
    local function out(m) return m:predict{ x = x }.output end
    local function far(a, b) local p, q = out(a), out(b); return (p - q):abs():max() / p:abs():max() end

    """

  @Test func factorsOfFullEnergyChangeNothing() throws {
    try Script.run(
      Self.network + """
        local m = net(1)
        local all = m:factorize{ energy = 1, weight_threshold = 0 }
        assert(far(m, all) < 1e-4, far(m, all))
        -- Half of the elements: smaller, and every entry has its words.
        local half = m:factorize{ ratio = 0.5, weight_threshold = 0 }
        assert(half.size < 0.8 * m.size and half:flops() < m:flops() and #half.operations > #m.operations)
        local made = 0
        for _, entry in ipairs(half.report) do
          if entry.action == "factorized" then
            made = made + 1
            assert(entry.bytes_after <= 0.52 * entry.bytes_before and entry.snr_db > 0 and entry.reason:find "rank", entry.name)
          else
            assert(#entry.reason > 5)
          end
        end
        assert(made >= 5 and half.outputs[1].name == "output" and half.history[1]:find "factorize", made)
        half:save(scratch .. ".mlpackage")
        assert(far(wane.load(scratch .. ".mlpackage"), half) == 0)
        -- One component of the linear layers only.
        local one = m:factorize{ rank = 1, op_types = { "linear" }, weight_threshold = 0 }
        for _, w in ipairs(one.weights) do if w.op_type == "linear" and #w.shape == 2 then assert(w.shape[1] == 1 or w.shape[2] == 1) end end
        assert(m:factorize{ ratio = 0.5, dry_run = true, weight_threshold = 0 }.bytes_after < m.size)
        """)
  }

  @Test func moments() throws {
    try Script.run(
      """
      local m = wane.nn.model(wane.nn.sequential{ wane.nn.linear{ out_features = 32, bias = false } }, { inputs = { x = { 48 } }, seed = 2 })
      -- Inputs that lie near four directions: four components suffice for them, and not for the weight.
      local basis = wane.random({ 4, 48 }, { seed = 5 })
      local x = wane.random({ 200, 4 }, { seed = 6 }):matmul(basis) + wane.random({ 200, 48 }, { seed = 7 }) * 1e-3
      local data = wane.dataset{ inputs = { x = x } }
      local function far(a) local p, q = m:predict{ x = x }.output, a:predict{ x = x }.output; return (p - q):norm() / p:norm() end
      local plain = m:factorize{ rank = 4, weight_threshold = 0 }
      local aware = m:factorize{ rank = 4, weight_threshold = 0, calibration = data }
      assert(far(aware) < 0.01 and far(plain) > 0.3, far(aware) .. " " .. far(plain))
      local name = m.weights[1].name
      local given = m:factorize{ rank = 4, weight_threshold = 0, second_moments = { [name] = x:transpose():matmul(x) } }
      assert(math.abs(far(given) - far(aware)) < 1e-4)
      """)
  }

  /// Channels that are zero in all that produces them are removed, and nothing else changes.
  @Test func removedChannelsWereZero() throws {
    try Script.run(
      Self.network + """
        local m = net(3)
        -- Every second output channel of each convolution and of the hidden linear layer is zero, with its bias.
        local function halved(t)
          local mask = (wane.arange(t.shape[1]) % 2):eq(0):cast "float32"
          local shape = { t.shape[1] }
          for i = 2, #t.shape do shape[i] = 1 end
          return t * mask:reshape(shape)
        end
        local zero = m:map_weights(function(w)
          if w.shape[1] == 5 or w.op_type == "batch_norm" then return nil end
          return halved(w.values)
        end)
        assert(far(m, zero) > 1e-3)
        local slim = zero:slim{ ratio = 0.5 }
        assert(far(zero, slim) < 1e-5, far(zero, slim))
        assert(slim:flops() < 0.45 * m:flops() and slim.size < 0.5 * m.size)
        for _, op in ipairs(slim.operations) do
          if op.type == "conv" and op.attributes.groups ~= 1 then assert(op.attributes.groups == 8) end
        end
        slim:save(scratch .. ".mlpackage")
        assert(far(wane.load(scratch .. ".mlpackage"), slim) == 0)
        assert(#slim.history == 2 and slim.report.compressed > 5)
        """)
  }

  @Test func heads() throws {
    try Script.run(
      """
      local m = wane.nn.model(wane.nn.sequential{
        wane.nn.multi_head_attention{ num_heads = 4 }, wane.nn.linear{ out_features = 24 }, "relu", wane.nn.linear{ out_features = 8 },
      }, { inputs = { x = { 6, 16 } }, seed = 3 })
      local slim = m:slim{ ratio = 0.5 }
      assert(slim:flops() < m:flops() and slim.size < m.size)
      local y = slim:predict{ x = wane.random{ 1, 6, 16 } }.output
      assert(y.shape[3] == 8 and y:isfinite():all())
      """)
  }

  @Test func scoresOfActivations() throws {
    try Script.run(
      """
      -- The last channel has the largest weights, and relu makes it 0 for the data.
      local m = wane.nn.model(wane.nn.sequential{
        wane.nn.linear{ out_features = 6, bias = false }, "relu", wane.nn.linear{ out_features = 2, bias = false },
      }, { inputs = { x = { 4 } }, seed = 1 })
      local made = m:map_weights(function(w)
        if w.shape[1] == 2 then return wane.tensor{ { 1, 1, 1, 1, 1, 5 }, { 1, 1, -1, 1, 1, 5 } } end
        return wane.concat({ wane.eye(4), wane.ones{ 1, 4 }, wane.full({ 1, 4 }, -9) }, 0)
      end)
      local x = wane.tensor{ { 1, 2, 3, 4 }, { 2, 1, 3, 5 } }
      local function first(m) return m.weights[1].values end
      local blind = made:slim{ ratio = 0.17 }
      assert(first(blind).shape[1] == 5 and first(blind):min() == -9)
      local seeing = made:slim{ ratio = 0.17, calibration = wane.dataset{ inputs = { x = x } } }
      assert(first(seeing).shape[1] == 5 and first(seeing):min() == 0)
      assert((seeing:predict{ x = x }.output - made:predict{ x = x }.output):abs():max() == 0)
      -- What removed channels add on average becomes a bias: for data without variation, all that they add.
      local same = wane.ones{ 3, 4 } * 2
      local half = made:slim{ ratio = 0.5, calibration = wane.dataset{ inputs = { x = same } } }
      assert(first(half).shape[1] == 3 and (half:predict{ x = same }.output - made:predict{ x = same }.output):abs():max() < 1e-5)
      """)
  }

  @Test(arguments: [
    ("model:factorize{}", "give one of rank, energy and ratio"),
    ("model:factorize{ rank = 2, ratio = 0.5 }", "give one of rank, energy and ratio"),
    ("model:factorize{ energy = 2 }", "energy"), ("model:slim{ ratio = 1 }", "expected 0 to below 1"), ("model:slim{}", "ratio"),
    ("model:factorize{ rank = 2, op_names = { 'nope' } }", "op_names has 'nope'"),
    ("model:factorize{ rank = 2, second_moments = { f1_weight = wane.zeros{ 3, 3 } } }", "f1_weight"),
    ("model:slim{ ratio = 0.5, group = 'all' }", "group"),
  ])
  func sentences(_ source: String, _ sentence: String) {
    let found = Script.failure(Script.digits + source)
    #expect(found.contains(sentence), "\(source): \(found)")
  }
}
