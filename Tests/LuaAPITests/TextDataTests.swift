// SPDX-License-Identifier: Apache-2.0
// Texts as data of language models in scripts.

import LuaHost
import Testing

struct TextDataTests {
  private static let setup = """
    t = wane.tokenizer(examples .. "/tokenizer.json")
    text = "Compress the model. Measure the model. Save the model."

    """

  @Test func textsBecomeWindows() throws {
    try Script.run(
      Self.setup + """
        local ids = t:encode(text)
        local data = wane.dataset{ text = { text, "a model" }, tokenizer = t, length = 4 }
        assert(data.inputs.input_ids.dtype == "int32" and data.inputs.input_ids.shape[2] == 4)
        local labels, first = {}, data.inputs.input_ids:at{ 0, 0 }
        for i = 0, data.count - 1 do
          for j = 0, 3 do if data.labels:at{ i, j } >= 0 then labels[#labels + 1] = data.labels:at{ i, j } end end
        end
        assert(first == 1 and #labels == #ids - 1 + #t:encode "a model" - 1)
        for i = 2, #ids do assert(labels[i - 1] == ids[i]) end
        local file = io.open(scratch .. ".txt", "w") file:write(text) file:close()
        local read = wane.dataset{ text = scratch .. ".txt", tokenizer = t, length = 5, stride = 2, pad = false, input = "ids", batch_size = 2 }
        assert(read.inputs.ids.shape[2] == 5 and read.batch_size == 2)
        os.remove(scratch .. ".txt")
        """)
  }

  /// A model that knows nothing has the size of the vocabulary as its perplexity.
  @Test func perplexityOfUniformLogits() throws {
    try Script.run(
      Self.setup + """
        local model = wane.nn.model(function(g, inputs)
          return { logits = g:op("gather", { x = g:constant(wane.zeros{ 1024, 1024 }), indices = inputs.input_ids, axis = 0 }) }
        end, { inputs = { input_ids = { shape = { 6 }, dtype = "int32" } } })
        local data = wane.dataset{ text = { text }, tokenizer = t, length = 6, batch_size = 1 }
        local result = model:evaluate(data, { metrics = "perplexity" })
        assert(math.abs(result.perplexity - 1024) < 1e-3, result.perplexity)
        """)
  }

  @Test func setsAreCutAndJoined() throws {
    try Script.run(
      Script.digits + """
        local a, b = data:split(0.25, { seed = 2 })
        assert(a.count == 99 and b.count == 298 and a:concat(b).count == data.count)
        local path = scratch .. ".npz"
        a:take(5):to_npz(path)
        local back = wane.dataset(path)
        local want = {}
        for batch in a:take(5):batches(5) do want = batch.labels:to_table() end
        assert(back.count == 5)
        for i, label in ipairs(back.labels:to_table()) do assert(label == want[i]) end
        os.remove(path)
        """)
  }

  @Test(arguments: [
    ("wane.dataset{ text = { text } }", "text needs a tokenizer"),
    ("wane.dataset{ text = {}, tokenizer = t }", "an empty list"),
    ("wane.dataset{ text = { 1 }, tokenizer = t }", "text 1 of the list is not a string"),
    ("wane.dataset{ text = 5, tokenizer = t }", "a path or a sequence of strings"),
    ("wane.dataset{ text = 'nowhere.txt', tokenizer = t }", "No such file"),
    ("wane.dataset{ text = { text }, tokenizer = t, length = 4, stride = 5 }", "stride = 5 is out of range"),
    ("wane.dataset{ text = { text }, tokenizer = t, length = 500, pad = false }", "give no window of 500"),
    ("wane.dataset{ text = { text }, tokenizer = t, scale = 2 }", "scale is not used with text"),
    ("wane.dataset{ text = { text }, tokenizer = t, image_size = { 2, 2 } }", "image_size is not used with text"),
    ("wane.dataset{ text = { text }, tokenizer = t, labels = { 1 } }", "labels is not used with text"),
    ("wane.dataset{ inputs = { x = wane.zeros{ 2 } }, length = 4 }", "length is only used with text"),
    ("wane.dataset('x.npz', { text = 'a', tokenizer = t })", "two sources"),
    ("wane.dataset{ text = { text }, tokenizer = 5 }", "Tokenizer"),
  ])
  func faultsAreExplained(_ code: String, _ part: String) {
    let message = Script.failure(Self.setup + "local _ = " + code)
    #expect(message.contains(part), "\(message)")
  }
}
