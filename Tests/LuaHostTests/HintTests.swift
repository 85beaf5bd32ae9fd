// SPDX-License-Identifier: Apache-2.0
// Hints for syntax and names of other languages.

import LuaHost
import Testing

struct HintTests {
  private func answer(to code: String) throws -> String {
    let interpreter = try Interpreter()
    do {
      try interpreter.run(code, chunkName: "=chunk")
      return ""
    } catch let error as LuaSyntaxError {
      return error.hint ?? "no hint: " + error.message
    } catch let error as LuaError {
      return error.hint ?? "no hint: " + error.message
    }
  }

  @Test(arguments: [
    ("import numpy", "local numpy = require \"numpy\""), ("from os import path", "require \"os\""),
    ("x += 1", "write x = x + 1"), ("t.n -= 2", "write t.n = t.n - 2"), ("s ..= 'a'", "write s = s .. 'a'"),
    ("x //= 2", "write x = x // 2"),
    ("if x != 1 then end", "~="), ("if !x then end", "not x"), ("x = a && b", "a and b"), ("x = a || b", "a or b"),
    ("x = 2 ** 3", "x ^ y"), ("i++", "write i = i + 1"), ("++i", "write i = i + 1"), ("i--", "write i = i - 1"),
    ("t.n++", "write t.n = t.n + 1"),
    ("x = a ? b : c", "condition and a or b"), ("x = [1,2]", "{ 1, 2 }"), ("f([1, 2])", "{ 1, 2 }"), ("x = (1, 2)", "{ 1, 2 }"),
    ("def f():\n  return 1", "function f(x) … end"), ("def f(a, b):", "function f(x) … end"), ("print x", "print(x)"),
    ("print 5", "print(5)"),
    ("wane.load path", "wane.load(path)"), ("x = 5 # five", "--"), ("# a comment", "--"), ("// a comment", "--"), ("/* c */", "--"),
    ("if x:\n  y = 1", "if … then … end"), ("while True:\n  x = 1", "while … do … end"),
    ("for i in range(10):\n  print(i)", "for i = 1, n do"),
    ("if x == 1 then\nelif y then\nend", "elseif"), ("if x then\nelse if y:\nend", "elseif"), ("try:\n  f()", "pcall"),
    ("except E:", "pcall"),
    ("raise E", "error("), ("throw x", "error("), ("let x = 1", "local x"), ("var x = 1", "local x"), ("const x = 1", "local x"),
    ("int x = 1", "local x"), ("x: int = 1", "local x"), ("class A:\n  pass", "classes"), ("f = lambda x: x + 1", "function(x) return"),
    ("f = x => x", "function(x) return"), ("if x is None then end", "x == nil"), ("if x is not None then end", "x ~= nil"),
    ("t = { a: 1 }", "{ a = … }"), ("t = { \"a b\": 1 }", "{ [\"a b\"] = … }"), ("y = x[1:3]", "table.unpack"),
    ("x = y if c else z", "condition and a or b"),
    ("x = [i for i in y]", "filled by a loop"), ("function f() {\n}", "without braces"), ("if (x) {\n}", "if … then … end"),
    ("del x", "x = nil"),
    ("x := 5", "x = …"), ("with open(p) as f:", "<close>"), ("s = “text”", "typographic"), ("x =\u{A0}1", "invisible"),
    ("x = `a ${b}`", "string.format"),
    ("assert x == 1", "assert(condition"), ("if x === 1 then end", "=="), ("x <> 1", "~="), ("if x not in y then end", "t[key] == nil"),
  ])
  func foreignSyntaxIsAnswered(code: String, part: String) throws {
    let hint = try answer(to: code)
    #expect(hint.contains(part) && !hint.hasPrefix("no hint"), "\(code): \(hint)")
  }

  @Test(arguments: [
    ("len({})", "#x"), ("str(1)", "tostring"), ("for i in range(3) do end", "for i = 1, n"), ("exit()", "os.exit()"),
    ("print(f\"{x}\")", "string.format"),
    ("for w in {1} do end", "ipairs(list)"), ("return 'a' + 'b'", ".."), ("return 'a' * 3", "s:rep(n)"),
    ("return 'a' % 3", "string.format"),
    ("t = {} t.append(1)", "table.insert"), ("t = {} t:push(1)", "table.insert"), ("s = 'a' s:strip()", "s:match"),
    ("console.log(1)", "print(x)"),
    ("Math.floor(1)", "math.floor"), ("t = { shape = {1} } t.shape()", "x.shape[1]"),
    ("t = { size = 1 } return t.size()", "without brackets"),
    ("return # foo", "comments begin with --"), ("open('x')", "io.open"), ("isinstance(1, 2)", "type(x)"),
    ("pritn(1)", "did you mean 'print'?"),
  ])
  func foreignNamesAreAnswered(code: String, part: String) throws {
    let hint = try answer(to: code)
    #expect(hint.contains(part) && !hint.hasPrefix("no hint"), "\(code): \(hint)")
  }

  /// Ordinary Lua errors cause no hint.
  @Test(arguments: [
    "x = ", "f(", "local function f(", "return 1 +", "x = {", "if x then", "for i = 1, 2 do", "x = 'abc", "t.a.b.c = 1 )", "end", "x = 1 1",
    "error('boo')", "local t = nil; t.x = 1", "return {} < {}", "return 1 + nil", "return ('x').y.z", "with {",
  ])
  func luaIsLeftAlone(code: String) throws {
    let answer = try answer(to: code)
    #expect(answer.hasPrefix("no hint"), "\(answer)")
  }

  @Test(arguments: [
    ("if x:", false), ("for i in range(3):", false), ("try:", false), ("while x:", false), ("def f():", false), ("else:", false),
    ("x = {", true), ("f(function()", true), ("try {", true), ("class 'Foo' {", true), ("t:", true), ("obj:m{ a = 1,", true),
    ("if x then", true),
  ])
  func linesThatNothingCompletesAreNotWaitedFor(code: String, isIncomplete: Bool) throws {
    let interpreter = try Interpreter()
    let error = #expect(throws: LuaSyntaxError.self) { try interpreter.load(code, chunkName: "=chunk") }
    #expect(error?.incomplete == isIncomplete)
  }

  @Test func namesOfTheHostComeFirst() throws {
    let interpreter = try Interpreter()
    interpreter.foreignNames = ["np": "use shop.array"]
    let error = #expect(throws: LuaError.self) { try interpreter.run("return np.zeros(3)") }
    #expect(error?.hint == "use shop.array")
    let other = #expect(throws: LuaSyntaxError.self) { try interpreter.load("import np", chunkName: "=c") }
    #expect(other?.hint == "use shop.array")
  }

  @Test func scriptsCatchLuasOwnMessage() throws {
    let interpreter = try Interpreter()
    let caught = try interpreter.run("local ok, err = pcall(function() len(1) end) return err").first?.string
    #expect(caught?.hasSuffix("attempt to call a nil value (global 'len')") == true)
  }

  @Test(arguments: [
    ("x = True", [1]), ("if x == None then\nend\ny = null", [1, 3]), ("True = true; x = True", []), ("local None; x = None", []),
    ("t = { None = 1 }; t.None = 2", []), ("x = 'True' -- None", []), ("function f(null) return null end", []),
    ("f{ a = True, b = False }", [1, 1]),
    ("x = true", []), ("for null in pairs{} do print(null) end", []),
  ])
  func constantsOfOtherLanguagesAreToldOf(text: String, lines: [Int]) throws {
    #expect(try Interpreter().remarks(on: text).map(\.line) == lines)
  }

  @Test func positionsBelowOneAreMistakes() throws {
    let interpreter = try Interpreter()
    let list = LuaList([3, 4])
    try interpreter.globals.set("shape", list)
    #expect(try interpreter.run("return shape[1], #shape, shape[3], ipairs(shape)").prefix(3).map(\.integer) == [3, 2, nil])
    let error = #expect(throws: LuaError.self) { try interpreter.run("return shape[0]") }
    #expect(error?.message.contains("count from 1") == true)
    #expect(throws: LuaError.self) { try interpreter.run("return shape[-1]") }
  }
}
