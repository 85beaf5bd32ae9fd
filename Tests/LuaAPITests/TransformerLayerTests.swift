// SPDX-License-Identifier: Apache-2.0
// Layers of language models, compared with their formulas on tensors.

import LuaHost
import Testing

struct TransformerLayerTests {
  private static let setup = """
    local nn = wane.nn
    function build(layer, shape) return nn.model(layer, { inputs = { x = shape }, outputs = { "y" }, seed = 3 }) end
    function run(model, x) return model:predict{ x = x }.y end
    function close(a, b, tolerance)
      local difference = (a - b):abs():max()
      assert(difference < (tolerance or 1e-5), difference)
    end
    function weight(model, name)
      for _, w in ipairs(model.weights) do if w.name:find(name, 1, true) then return w:to_tensor() end end
      error("no weight " .. name)
    end

    """

  @Test func rootMeanSquareNorm() throws {
    try Script.run(
      Self.setup + """
        local x = wane.random({ 2, 3, 8 }, { seed = 1 }) * 5
        local y = run(build(nn.rms_norm{ eps = 1e-3 }, { 3, 8 }), x)
        close(y, x / ((x * x):mean({ -1 }, { keepdims = true }) + 1e-3):sqrt())
        """)
  }

  @Test func rotaryPositions() throws {
    try Script.run(
      Self.setup + """
        local x = wane.random({ 1, 2, 5, 6 }, { seed = 2 })
        local y = run(build(nn.rope{ theta = 100 }, { 2, 5, 6 }), x)
        for head = 0, 1 do for t = 0, 4 do for i = 0, 2 do
          local angle = t * 100 ^ (-2 * i / 6)
          local a, b = x:at{ 0, head, t, i }, x:at{ 0, head, t, i + 3 }
          assert(math.abs(y:at{ 0, head, t, i } - (a * math.cos(angle) - b * math.sin(angle))) < 1e-5)
          assert(math.abs(y:at{ 0, head, t, i + 3 } - (b * math.cos(angle) + a * math.sin(angle))) < 1e-5)
        end end end
        """)
  }

  @Test func gatedFeedForward() throws {
    try Script.run(
      Self.setup + """
        local model = build(nn.swiglu{ hidden_features = 12 }, { 4, 8 })
        local x = wane.random({ 2, 4, 8 }, { seed = 4 })
        local function product(name, v) return v:matmul(weight(model, name):transpose{ 1, 0 }) end
        local gate = product("gate", x)
        close(run(model, x), product("down", gate * gate:sigmoid() * product("up", x)))
        """)
  }

  /// Two heads of keys and values serve four heads of queries; without rotation the heads are plain attention.
  @Test func groupedQueries() throws {
    try Script.run(
      Self.setup + """
        local model = build(nn.multi_head_attention{ num_heads = 4, num_key_value_heads = 2, bias = false, is_causal = true }, { 5, 8 })
        assert(weight(model, "key").shape[1] == 4 and weight(model, "query").shape[1] == 8)
        local x = wane.random({ 1, 5, 8 }, { seed = 5 })
        local function product(name) return x:reshape{ 5, 8 }:matmul(weight(model, name):transpose{ 1, 0 }) end
        local q, k, v = product("query"), product("key"), product("value")
        local heads = {}
        for head = 0, 3 do
          local own = head // 2
          local qh, kh, vh = q:slice(1, 2 * head, 2 * head + 2), k:slice(1, 2 * own, 2 * own + 2), v:slice(1, 2 * own, 2 * own + 2)
          local scores = qh:matmul(kh:transpose{ 1, 0 }) / math.sqrt(2)
          local rows = {}
          for t = 0, 4 do
            local row = scores:slice(0, t, t + 1):slice(1, 0, t + 1):exp()
            rows[#rows + 1] = (row / row:sum()):matmul(vh:slice(0, 0, t + 1))
          end
          heads[#heads + 1] = wane.concat(rows, 0)
        end
        close(run(model, x):reshape{ 5, 8 }, wane.concat(heads, 1):matmul(weight(model, "output"):transpose{ 1, 0 }))
        """)
  }

  /// Scores of rotated queries and keys depend on the distance of their positions only.
  @Test func rotationIsRelative() throws {
    try Script.run(
      Self.setup + """
        local layer = nn.multi_head_attention{ num_heads = 2, bias = false, rope = true }
        local row = wane.random({ 1, 1, 8 }, { seed = 6 })
        local y = run(build(layer, { 6, 8 }), row:tile{ 1, 6, 1 })
        close(y, y:slice(1, 0, 1):tile{ 1, 6, 1 })
        local other = wane.random({ 1, 6, 8 }, { seed = 7 })
        local plain = run(build(nn.multi_head_attention{ num_heads = 2, bias = false }, { 6, 8 }), other)
        assert((run(build(layer, { 6, 8 }), other) - plain):abs():max() > 1e-4)
        """)
  }

  @Test func theyLearn() throws {
    try Script.run(
      Self.setup + """
        local net = nn.sequential{
          nn.residual{ nn.rms_norm{}, nn.multi_head_attention{ num_heads = 2, num_key_value_heads = 1, rope = true, is_causal = true } },
          nn.residual{ nn.rms_norm{}, nn.swiglu{ hidden_features = 8 } }, nn.rms_norm{}, nn.linear{ out_features = 1 },
        }
        local x = wane.random({ 32, 6, 8 }, { seed = 8 })
        local data = wane.dataset{ inputs = { x = x }, labels = x:slice(2, 0, 1):cumsum(1), batch_size = 8 }
        local t = wane.trainer(build(net, { 6, 8 }), { loss = "mse", lr = 1e-2, seed = 1 })
        local history = t:fit(data, { epochs = 30 })
        assert(history[30].loss < history[1].loss / 4, history[30].loss .. " of " .. history[1].loss)
        """)
  }

  /// Windows of texts have labels of -1, for padding and for tokens that an earlier window has.
  @Test func negativeLabelsDoNotCount() throws {
    try Script.run(
      Self.setup + """
        local net = nn.sequential{ nn.embedding{ num_embeddings = 7, embedding_dim = 5 }, nn.linear{ out_features = 7 } }
        local model = nn.model(net, { inputs = { ids = { shape = { 4 }, dtype = "int32" } }, outputs = { "logits" }, seed = 2 })
        local function loss(labels, options)
          options = options or {}
          options.lr = 0
          return wane.trainer(model, options):step{ inputs = { ids = { { 0, 1, 2, 3 }, { 4, 5, 6, 0 } } }, labels = labels }
        end
        local logits = model:predict{ ids = wane.tensor({ { 0, 1, 2, 3 }, { 4, 5, 6, 0 } }):cast("int32") }.logits
        local function surprise(row, place, label)
          local scores = logits:slice(0, row, row + 1):slice(1, place, place + 1):reshape{ 7 }
          return math.log(scores:exp():sum()) - scores:at{ label }
        end
        local want = (surprise(0, 0, 3) + surprise(0, 2, 6) + surprise(1, 3, 1)) / 3
        assert(math.abs(loss{ { 3, -1, 6, -1 }, { -1, -1, -1, 1 } } - want) < 1e-5)
        local all = 0
        for row = 0, 1 do for place = 0, 3 do all = all + surprise(row, place, place) / 8 end end
        assert(math.abs(loss{ { 0, 1, 2, 3 }, { 0, 1, 2, 3 } } - all) < 1e-5)
        assert(loss{ { -1, -1, -1, -1 }, { -1, -1, -1, -1 } } == 0)
        """)
  }

  @Test(arguments: [
    ("nn.swiglu{}", "hidden_features must be given"),
    ("build(nn.rope{}, { 2, 3 })", "an even number of features"),
    (
      "build(nn.multi_head_attention{ num_heads = 4, num_key_value_heads = 3 }, { 5, 8 })",
      "num_key_value_heads = 3 must divide num_heads, 4"
    ),
    ("nn.rms_norm{ axis = 1 }", "unknown option 'axis'"),
  ])
  func faultsAreExplained(_ code: String, _ part: String) {
    let message = Script.failure(Self.setup + "local _ = " + code)
    #expect(message.contains(part), "\(message)")
  }
}
