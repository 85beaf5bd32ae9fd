// SPDX-License-Identifier: Apache-2.0
// Errors as values, in both directions, with tracebacks.
import Foundation
import LuaHost
import Testing

@Suite struct ErrorTests {
  @Test func aSwiftErrorIsAnObjectInLua() throws {
    let sample = try Sample()
    let seen = try sample.text(
      """
      local ok, e = pcall(function()
        crate('a'):fail()
      end)
      return table.concat({tostring(ok), e.kind, e.message, e.hint, e.where, tostring(e)}, '|')
      """)
    #expect(
      seen == "false|format|crate 'a' is broken|mend it|script.lua:2:|crate 'a' is broken; mend it")
  }

  @Test func uncaughtItKeepsOriginAndLines() throws {
    let sample = try Sample()
    let error = try #require(sample.error("local function f()\n  crate('a'):fail()\nend\nf()"))
    guard case SampleError.broken("a")? = error.underlying as? SampleError else {
      Issue.record("lost its origin: \(error)")
      return
    }
    #expect(error.description == "script.lua:2: crate 'a' is broken; mend it")
    let traceback = try #require(error.traceback)
    #expect(traceback.contains("in method 'fail'"))
    #expect(traceback.contains("script.lua:2: in"))
    #expect(traceback.contains("script.lua:4: in main chunk"))
    #expect(!traceback.contains("[C]: in ?"))
  }

  @Test(arguments: [
    "crate('a'):fail()", "error('plain')", "error({code = 5})", "local x = nil + 1",
  ])
  func crossingSwiftKeepsTheFirstTraceback(raise: String) throws {
    let sample = try Sample()
    let error = try #require(
      sample.error(
        """
        local function innermost()
          \(raise)
        end
        sample.call(function() sample.call(innermost) end)
        """))
    let traceback = try #require(error.traceback)
    #expect(traceback.contains("script.lua:2: in"))
    #expect(traceback.components(separatedBy: "stack traceback").count == 2, "\(traceback)")
  }

  @Test func crossingSwiftKeepsTheValue() throws {
    let sample = try Sample()
    #expect(
      try sample.run(
        """
        local mine = {code = 5}
        local ok, e = pcall(sample.call, function() error(mine) end)
        return rawequal(e, mine)
        """)[0].boolean == true)
    #expect(sample.error("error({code = 5})")?.value?.table?["code"].integer == 5)
    #expect(
      try sample.run(
        """
        local inner
        local ok, e = pcall(sample.call, function()
          local ok, e = pcall(function() crate('a'):fail() end) inner = e error(e) end)
        return rawequal(e, inner)
        """)[0].boolean == true)
  }

  @Test func aCaughtErrorLeavesNoTracebackBehind() throws {
    let sample = try Sample()
    let error = try #require(
      sample.error(
        """
        local function thrower() error('same', 0) end
        pcall(sample.call, thrower)

        sample.swallow(thrower)
        error('same', 0)
        """))
    #expect(error.traceback?.contains("thrower") == false)
    #expect(error.traceback?.contains("script.lua:5: in main chunk") == true)
  }

  @Test func errorsInCoroutinesShowTheirLines() throws {
    let sample = try Sample()
    let error = try #require(
      sample.error("local f = coroutine.wrap(function()\n  error('deep')\nend)\nf()"))
    #expect(error.traceback?.contains("script.lua:2: in") == true)
    #expect(error.traceback?.contains("script.lua:4: in main chunk") == true)
  }

  @Test func objectsWithoutTextAreNamed() throws {
    let sample = try Sample()
    #expect(sample.error("error({})")?.message == "(error object is a table value)")
    #expect(
      sample.error("error(setmetatable({}, {__tostring = function() return 'told' end}))")?.message
        == "told")
    #expect(sample.error("error(nil)")?.message.contains("nil") == true)
    #expect(sample.error("error('\\xff')")?.message.contains("\u{FFFD}") == true)
  }

  @Test func otherErrorsAreTranslated() throws {
    struct Odd: Error {}
    let sample = try Sample()
    let odd = sample.interpreter.function("odd") { _ in throw Odd() }
    try sample.interpreter.globals.set("odd", odd)
    #expect(sample.error("odd()")?.kind == .internal)
    sample.interpreter.translateError = { _ in LuaError(.io, "disk is full") }
    #expect(sample.error("odd()")?.kind == .io)
    #expect(sample.error("odd()")?.underlying is Odd)
  }

  @Test func yieldingAcrossSwiftIsAnError() throws {
    let sample = try Sample()
    let message = try sample.text(
      "return select(2, coroutine.resume(coroutine.create(function() sample.call(coroutine.yield) end)))"
    )
    #expect(message.contains("attempt to yield across a C-call boundary"))
  }

  @Test func deepRecursionThroughSwiftEnds() throws {
    let sample = try Sample()
    let error = try #require(sample.error("local function f() sample.call(f) end f()"))
    #expect(error.message.contains("overflow"))
    #expect(try sample.run("return 1")[0].integer == 1)
    #expect(
      sample.error("local function f() return 1 + f() end f()")?.message.contains("stack overflow")
        == true)
    #expect(
      sample.error(
        "local t = setmetatable({}, {}) getmetatable(t).__tostring = function() return tostring(t) end tostring(t)"
      ) != nil)
  }
}
