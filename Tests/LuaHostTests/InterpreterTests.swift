// SPDX-License-Identifier: Apache-2.0
// Loading and calling of chunks, conversion of values, and closing the state.
import LuaHost
import Testing

@Suite struct InterpreterTests {
  @Test func resultsComeBackTyped() throws {
    let sample = try Sample()
    let results = try sample.run("return 1, 2.5, 'x', true, nil, {1}, print, crate 'a'")
    #expect(results.count == 8)
    #expect(results[0].integer == 1)
    #expect(results[1].number == 2.5 && results[1].integer == nil)
    #expect(results[2].string == "x")
    #expect(results[3].boolean == true)
    #expect(results[4].isNil)
    #expect(results[5].table?.count == 1)
    #expect(results[6].function != nil)
    #expect(results[7].object(Crate.self)?.name == "a")
  }

  @Test(arguments: [
    ("x = ", true), ("for i = 1, 3 do", true), ("f(", true), ("x = [[abc", true),
    ("--[[ abc", true),
    ("print(\"abc", false), ("print(\"abc\\", true), ("x = = 1", false), ("end", false),
    ("local t = { a = 1,", true), ("return 'a' 'b", false),
  ])
  func incompleteChunks(source: String, incomplete: Bool) throws {
    let interpreter = try Interpreter()
    let error = #expect(throws: LuaSyntaxError.self) {
      try interpreter.load(source, chunkName: "=stdin")
    }
    #expect(error?.incomplete == incomplete)
  }

  @Test func bytecodeIsRefusedEverywhere() throws {
    let sample = try Sample()
    #expect(
      try sample.text("return select(2, load(string.dump(function() end)))").contains(
        "binary chunk"))
    #expect(
      try sample.text("return select(2, load(string.dump(function() end), 'x', 'b'))").contains(
        "not accepted"))
    #expect(try sample.run("return load('return 7', 'x', 'bt')()")[0].integer == 7)
    #expect(try sample.run("return load('return a', 'x', 't', {a = 5})()")[0].integer == 5)
    let code = try sample.run("return string.dump(function() end)")
    guard case .bytes(let bytes) = code[0] else { Issue.record("no bytecode"); return }
    let error = #expect(throws: LuaSyntaxError.self) {
      try sample.interpreter.load(bytes, chunkName: "=b")
    }
    #expect(error?.message.contains("binary chunk") == true)
  }
}
