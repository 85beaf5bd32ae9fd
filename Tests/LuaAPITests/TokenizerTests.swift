// SPDX-License-Identifier: Apache-2.0
// Tokenizers in scripts.

import LuaHost
import Testing

struct TokenizerTests {
  private static let setup = "local t = wane.tokenizer(examples .. '/tokenizer.json')\n"

  /// Expressions with their texts; several values are separated by spaces.
  @Test(arguments: [
    ("table.unpack(t:encode 'a model')", "1 67 397"), ("t:decode(t:encode 'Überraschung: 数 👍')", "Überraschung: 数 👍"),
    ("t:decode(t:encode 'a model', { special = true })", "<s>a model"),
    ("#t:encode('a model', { special = false }), t:count 'a model'", "2 2"),
    ("t:decode(wane.tensor{ dtype = 'int32', data = { 67, 397 } })", "a model"), ("t:decode(t:encode '\\xff')", "\u{FFFD}"),
    ("#t:encode ''", "1"), ("#t:encode('a model a model', { max = 3 })", "3"), ("t:encode('a', { pair = 'model' })[3]", "2"),
    ("#t:encode('</s>', { special = false })", "1"), ("#t:encode('</s>', { special = false, parse = false }) > 1", "true"),
    ("t:id '<s>', t:token(1), t:id 'no such token', t:token(99999)", "1 <s> nil nil"),
    ("t:vocabulary()['</s>'], t.size == #t, t.kind, t.eos", "2 true BPE nil"),
    ("#t:encode{ 'a', 'a model' }, #t:encode({ 'a', 'a model' })[2]", "2 3"),
    ("t:encode({ 'a', 'a model' }, { pad = true, pad_id = 0 })", "tensor"),
    ("t:encode({ 'a', 'a model' }, { pad = true, pad_id = 0 }):to_table()[1][3]", "0"),
    ("t:encoding({ 'a', 'a model' }, { pad = 4, pad_id = 0 }).attention_mask:sum(1):to_table()[1]", "2"),
    ("t:encoding('a', { pair = 'a' }).type_ids[4]", "1"), ("tostring(t):match 'BPE tokenizer .*: 1024 ids' ~= nil", "true"),
  ])
  func valuesAreAsExpected(_ expression: String, _ expected: String) throws {
    let code =
      Self.setup + """
        local values = table.pack(\(expression))
        for i = 1, values.n do
          local isTensor = type(values[i]) == "userdata" and values[i].dtype == "int32"
          values[i] = isTensor and "tensor" or tostring(values[i])
        end
        return table.concat(values, " ")
        """
    #expect(try Script.run(code).first?.string == expected, "\(expression)")
  }

  @Test(arguments: [
    ("wane.tokenizer 'nowhere.json'", "No such file"),
    ("wane.tokenizer(examples .. '/digits.npz')", "none of tokenizer.json, vocab.txt and GGUF"),
    ("wane.tokenizer(fixtures)", "has neither tokenizer.json nor vocab.txt"),
    ("wane.tokenizer(examples .. '/tokenizer.json', { lowercase = true })", "for vocab.txt only"), ("t:encode(7)", "text is not a string"),
    ("t:encode{ 'a', 7 }", "text 2 of the list"), ("t:encode{}", "no texts"), ("t:encode({ 'a', 'b' }, { pad = true })", "pad_id = 0"),
    ("t:encode({ 'a', 'a model' }, { pad = 2, pad_id = 0 })", "a text has 3 ids"),
    ("t:encode('a', { pad_id = 0 })", "no effect without pad"),
    ("t:encode('a', { pad = true, pad_id = 99999 })", "is no id"), ("t:encode({ 'a' }, { pair = 'b' })", "pair is for one text"),
    ("t:encode('a', { max = 0 })", "max is a number of ids from 1 on"), ("t:decode{ 1, 99999 }", "the id 99999 has no token"),
    ("t:decode{ 'x' }", "id 1 is not an integer"), ("t:decode(wane.zeros({ 2, 2 }, 'int32'))", "the ids of one text"),
    ("t:tokenize 'a'", "t:encode(text)"),
  ])
  func faultsAreExplained(_ code: String, _ part: String) {
    let message = Script.failure(Self.setup + "local _ = " + code)
    #expect(message.contains(part), "\(message)")
  }
}
