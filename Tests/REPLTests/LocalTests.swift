// SPDX-License-Identifier: Apache-2.0
// Local variables of a session, which behaves like a single chunk.

import LineEditor
import LuaHost
import REPL
import Testing

struct LocalTests {
  @Test(arguments: [
    // A pasted block.
    """
    > local a = 1⏎local b = a + 1⏎local function sum() return a + b end⏎sum()
    3
    > a, b, sum()
    1	2	3
    > for i = 1, 2 do⏎local inner = i⏎end⏎do local deep = 2 end⏎if a then local third = 3 end
    > inner, deep, third
    nil	nil	nil
    """,
    // Functions share a variable with later inputs, and keep it if the name is declared again.
    """
    > local n = 1; function count() n = n + 1; return n end
    > count()
    2
    > n
    2
    > n = 10
    > count()
    11
    > local n = "new"
    > count(), n
    12	"new"
    > local n = n .. "er"; n
    "newer"
    """,
    // Variables declared before an error are kept; those after it do not exist.
    """
    > local before = 1⏎error("stop")⏎local behind = 2
    ! stdin:2: stop
    > before, behind
    1	nil
    > local value = error("never")
    ! never
    > value
    nil
    """,
    // Constants, including compile-time constants.
    """
    > local k <const>, v <const> = 7, tostring(8)
    > k, v
    7	"8"
    > k = 1
    ! attempt to assign to const variable 'k'
    > v = 1
    ! attempt to assign to const variable 'v'
    > local k = 2; k = k + 1; k
    3
    """,
    // Lines, labels, comments and brackets are not affected.
    """
    > local x = 1 -- one⏎local y = {⏎  2,⏎}⏎error("line 5")
    ! stdin:5: line 5
    > local s = "a"⏎("b"):rep(2)
    > s
    "a"
    > goto done; do local q = 1 end ::done::
    > local i = 0⏎::top:: i = i + 1⏎if i < 3 then goto top end⏎i
    3
    > local t = setmetatable({}, {__call = function(self, v) return v end})⏎local r = t⏎(5)
    > r
    5
    > local p = 1 local q <const> = 2 local function w() return p + q end return w()
    3
    > p, q, w()
    1	2	3
    """,
    // Names of many kinds.
    """
    > local _keep = 5; local _keep_ = 6
    > _keep, _keep_
    5	6
    > local print = function(x) return x end
    > print(5)
    5
    > _G.print ~= print
    true
    > local a, a = 1, 2
    > a
    2
    > local _ENV = { x = 1 }; x
    1
    > tostring(1)
    "1"
    > local self = {}; function self:get() return self end; self:get() == self
    true
    > ...
    > local n = select("#", ...)
    > n
    0
    > local late⏎function setLate() late = "set" end⏎setLate()⏎late
    "set"
    """,
  ])
  func transcript(text: String) throws {
    #expect(try RecordedSession().replay(text) == text)
  }

  @Test func moreNamesThanAFunctionHolds() throws {
    let session = try RecordedSession()
    for i in 1...240 { session.out("local v\(i) = \(i)") }
    let sum = (1...240).map { "v\($0)" }.joined(separator: " + ")
    #expect(session.out(sum) == "\(240 * 241 / 2)\n")
    #expect(session.out("v240 = 1; v240 + v1") == "2\n")
    // A chunk can have 200 locals; the lines of longer pasted text become separate inputs.
    let many = (1...201).map { "local w\($0) = \($0)" }
    #expect(session.err(many.joined(separator: " ")).contains("too many local variables"))
    #expect(session.out(many.joined(separator: "\n"), "w201 + w1") == "202\n")
    let most = (1...190).map { "local w\($0) = \($0)" }.joined(separator: "\n")
    #expect(session.out(most, "w190 + w1") == "191\n")
  }

  @Test func closedWhenTheSessionEnds() throws {
    let session = try RecordedSession()
    session.out("order = {}", "function closable(n) return setmetatable({}, { __close = function() order[#order + 1] = n end }) end")
    session.out("local first <close> = closable(1)", "local second <close> = closable(2)", "local none <close> = nil")
    #expect(session.out("first ~= nil, #order") == "true\t0\n")
    #expect(session.err("second = 1") == "attempt to assign to const variable 'second'\n")
    #expect(session.err("local bad <close> = 5").hasPrefix("variable 'bad' got a non-closable value"))
    #expect(session.out("do local inner <close> = closable(3) end", "order[1]") == "3\n")
    session.session.finish()
    #expect(session.out("order[2], order[3]") == "2\t1\n")
  }

  @Test func tracebacksNameTheMainChunk() throws {
    let session = try RecordedSession()
    session.out("local function deep() error('low') end")
    #expect(session.err("local a = 1; deep(); a = 2").contains("in main chunk"))
    #expect(session.err("local b = 1\nerror('here')") == "stdin:2: here\n")
  }

  @Test func localsAreListedCompletedAndExplained() throws {
    let session = try RecordedSession()
    session.out("local weights = { first = 1 }", "global = 2")
    #expect(session.out("who()") == "global   number   2\nweights  table    1 field\n".replacing("number   2", with: "integer  2"))
    #expect(session.session.complete("weig").candidates.map(\.text) == ["weights"])
    #expect(session.session.complete("weights.f").candidates.map(\.text) == ["first"])
    #expect(session.out("?weights") == "a table of 0 elements\n")
    #expect(session.err("wieghts.first").contains("did you mean 'weights'?"))
  }

  @Test func strictGlobalsMayBeMadeBesideLocals() throws {
    let session = try RecordedSession()
    try session.interpreter.makeGlobalsStrict()
    session.out("local a = 1; b = a", "local function f() c = 1 end")
    #expect(session.out("b") == "1\n")
    #expect(session.err("f()").contains("undeclared global 'c'"))
  }

  @Test func transcriptsArePastedAnywhere() throws {
    let session = try RecordedSession()
    let pasted = "wane> local a = 20\nwane> a + 1\n21\nwane> for i = 1, 1 do\n   >   a = a + i\n ...> end\nwane> a\n21"
    #expect(session.out(pasted) == "21\n21\n")
    #expect(session.out("> local z = 3\n> z\n3") == "3\n")
    #expect(session.session.hooks.isComplete("wane> for i = 1, 2 do") == false)
  }

  @Test func exitAndQuitLeave() throws {
    for word in ["exit", "quit", "exit()", " quit() ", "exit;"] {
      #expect(try RecordedSession().session.evaluate(word) == .exit(status: 0), "\(word)")
    }
    let session = try RecordedSession()
    #expect(session.out("exit = 5", "exit") == "5\n")
    #expect(session.session.evaluate("local quit = 1") == nil)
    #expect(session.out("quit") == "1\n")
  }
}
