// SPDX-License-Identifier: Apache-2.0
// Rich display of values, and information about the name at the cursor.

import LuaHost
import REPL
import Synchronization
import Testing

@Suite struct PresentationTests {
  /// A session that records displayed values with their representations.
  private final class Shown: Sendable {
    let values = Mutex<[(text: String, html: String?, isResult: Bool)]>([])
  }

  private func session(_ shown: Shown) throws -> (Interpreter, Session) {
    let interpreter = try Interpreter()
    var console = Console(write: { _ in }, warn: { _ in })
    console.display = { value, occasion in
      shown.values.withLock { $0.append((value.text, value.forms["text/html"], occasion == .result)) }
    }
    return (interpreter, try Session(interpreter, console: console))
  }

  @Test func richValuesStandAlone() throws {
    let shown = Shown()
    let (_, session) = try session(shown)
    _ = session.evaluate("r = setmetatable({}, { __mimebundle = function() return { ['text/html'] = '<b>' } end })")
    _ = session.evaluate("1, 2")
    _ = session.evaluate("1, r")
    let seen = shown.values.withLock { $0 }
    #expect(seen.map(\.text) == ["1\t2", "1", "{}"] && seen.map(\.html) == [nil, nil, "<b>"] && seen.allSatisfy(\.isResult))
  }

  @Test func whatFunctionsShowIsNoResult() throws {
    let shown = Shown()
    let (interpreter, session) = try session(shown)
    try interpreter.globals.set(
      "draw",
      interpreter.function("draw") { context in
        context.interpreter.present(LuaPresentation(text: "picture"))
        return LuaResults()
      })
    _ = session.evaluate("draw()")
    #expect(shown.values.withLock { $0.map(\.isResult) } == [false])
  }

  @Test(arguments: ["1", "{ ['text/html'] = {} }", "nil"])
  func wrongFormsAreAnError(result: String) throws {
    let (interpreter, _) = try session(Shown())
    let value = try #require(try interpreter.run("return setmetatable({}, { __mimebundle = function() return \(result) end })").first)
    #expect(throws: LuaError.self) { try interpreter.forms(of: value) }
    #expect(try interpreter.forms(of: .integer(1)).isEmpty)
  }

  @Test(arguments: [
    ("string.rep", 8, "string.rep"), ("local s = string.rep('a', 3)", 18, "string.rep"), ("x = help", 8, "Shows what is known"),
    ("help(", 5, "Shows what is known"), ("t", 1, "a table of 3 elements"),
  ])
  func helpAtTheCursor(text: String, cursor: Int, says: String) throws {
    let (interpreter, session) = try session(Shown())
    try interpreter.run("t = { 1, 2, 3 }")
    let help = session.help(at: text.index(text.startIndex, offsetBy: cursor), in: text)
    #expect(help?.contains(says) == true, "\(help ?? "nothing")")
  }

  @Test(arguments: ["", "nothing_known", "1 + 2", "-- comment", "'text", "nothing.known.here"])
  func nothingIsKnown(text: String) throws {
    let (_, session) = try session(Shown())
    #expect(session.help(at: text.endIndex, in: text) == nil)
  }
}
