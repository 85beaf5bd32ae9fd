// SPDX-License-Identifier: Apache-2.0
// model:generate in scripts: texts, ids, stop words, callbacks, sampling, messages.

import LuaHost
import Testing

struct GenerateTests {
  /// A model whose likeliest next token is the one before in the vocabulary.
  private static let setup = """
    t = wane.tokenizer(examples .. "/tokenizer.json")
    local eye = wane.eye(1024) * 10
    local table_ = wane.concat({ eye:slice(1, 1, 1024), eye:slice(1, 0, 1) }, 1)
    lm = wane.nn.model(function(g, inputs)
      return { logits = g:op("gather", { x = g:constant(table_), indices = inputs.input_ids, axis = 0 }) }
    end, { inputs = { input_ids = { shape = { 6 }, dtype = "int32" } } })

    """

  @Test func idsAndTexts() throws {
    try Script.run(
      Self.setup + """
        local text, ids, info = lm:generate({ 500, 400 }, { max_tokens = 9 })
        assert(text == nil and #ids == 9 and ids[1] == 399 and ids[9] == 391)
        assert(info.prompt_tokens == 2 and info.stopped == "max_tokens" and info.prefill_ms > 0 and info.tokens_per_second > 0)
        local text, ids = lm:generate(wane.tensor{ 400 }:cast("int32"), { max_tokens = 4, tokenizer = t })
        assert(t:decode{ 400, 399, 398, 397, 396 } == t:decode{ 400 } .. text)
        local parts = {}
        local same = lm:generate({ 400 }, { max_tokens = 4, tokenizer = t, on_token = function(part, id) parts[#parts + 1] = part end })
        assert(#parts == 4 and same:sub(1, #table.concat(parts)) == table.concat(parts) and same == text)
        local _, two = lm:generate({ 400 }, { on_token = function(_, id) return id > 398 end })
        assert(#two == 2)
        """)
  }

  @Test func stopWordsAndIds() throws {
    try Script.run(
      Self.setup + """
        local _, ids, info = lm:generate({ 400 }, { stop = 390 })
        assert(#ids == 9 and info.stopped == "stop token")
        local all = lm:generate({ 400 }, { max_tokens = 12, tokenizer = t })
        local word = all:sub(6, 9)
        local text, _, info = lm:generate({ 400 }, { max_tokens = 12, tokenizer = t, stop = { word } })
        assert(info.stopped == "stop word" and text == all:sub(1, all:find(word, 1, true) - 1))
        """)
  }

  @Test func seedsReproduce() throws {
    try Script.run(
      Self.setup + """
        local function draw(seed) return table.concat(select(2, lm:generate({ 9 }, { max_tokens = 20, temperature = 9, seed = seed })), " ") end
        assert(draw(1) == draw(1) and draw(1) ~= draw(2))
        local _, greedy = lm:generate({ 9 }, { max_tokens = 20, top_k = 1 })
        assert(greedy[1] == 8 and greedy[9] == 0)
        """)
  }

  @Test func messages() {
    #expect(Script.failure(Self.setup + "lm:generate 'text'").contains("needs a tokenizer"))
    #expect(Script.failure(Self.setup + "lm:generate({ 1 }, { stop = 'x' })").contains("the stop word 'x' needs a tokenizer"))
    #expect(
      Script.failure(Self.setup + "lm:generate({ 1 }, { temperature = 0, top_k = 2 })").contains("top_k has no effect at temperature 0"))
    #expect(Script.failure(Self.setup + "lm:generate({})").contains("no tokens"))
    #expect(Script.failure(Self.setup + "lm:generate({ 2000 })").contains("the id 2000"))
    #expect(Script.failure(Script.digits + "model:generate({ 1 })").contains("cannot continue texts"))
  }
}
