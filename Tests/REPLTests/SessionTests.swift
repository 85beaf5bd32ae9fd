// SPDX-License-Identifier: Apache-2.0
// Transcripts: `> ` precedes input (`⏎` is a line break within an input), `! ` precedes standard error.

import LineEditor
import LuaHost
import REPL
import Testing

struct SessionTests {
  @Test(arguments: [
    // Expressions are displayed, statements are not.
    """
    > 1 + 1
    2
    > 1, "two", nil, 2.0
    1	"two"	nil	2.0
    > x = 3
    > x
    3
    > = x * 2
    6
    > return x
    3
    > undefined
    nil
    > (function() end)()
    """,
    // A trailing semicolon suppresses output, but not inside a string or comment.
    """
    > 5;
    > _
    5
    > =6;
    > "a;"
    "a;"
    > 7 -- not the end;
    7
    > x = 1; x
    1
    > x = 2; x, x + 1
    2	3
    > x = 3; x;
    > x = 4; (print or x)();
    > f = tostring; f(5)
    "5"
    > f(1); f(2), 3
    "2"	3
    > function f() x = 1; x end
    ! syntax error near 'end'
    > if x then x = 5; x end
    ! syntax error near 'end'
    > x
    4
    """,
    // The last of several lines is displayed if it is an expression, unless it continues the previous line.
    """
    > y = 1⏎y + 1
    2
    > local z = 3⏎⏎z * 2 -- six
    6
    > y = 5⏎y;
    > for i = 1, 2 do⏎y = i⏎end⏎y, "end"
    2	"end"
    > f = tostring⏎(1)
    > f
    "1"
    > y = f ..⏎"b"⏎y
    "1b"
    > function g()⏎y = 9⏎end
    > repeat y = 0⏎until⏎true⏎y
    0
    """,
    // Standard output, which io.write returns, is not displayed.
    """
    > io.stdout
    > io.stdout == _
    true
    > io.stdout, 1;
    """,
    // Locals persist.
    """
    > local a <const>, b = 1, 2
    > a, b
    1	2
    > local function f(n) return n == 0 and "done" or f(n - 1) end
    > f(3)
    "done"
    > local c
    > c
    nil
    > local d = 5 c = d
    > d, c
    5	5
    > local e =⏎  6 -- six
    > e
    6
    > local g = 1; local h = g + 1
    > g, h
    1	2
    > local g = g + 10
    > g
    11
    > _G.g, _G.h, _G.a
    nil	nil	nil
    """,
    // The last value, until a script assigns the name.
    """
    > 5 + 5
    10
    > _ * 2
    20
    > nil
    nil
    > _
    20
    > _ = "mine"
    > 99
    99
    > _
    "mine"
    > _ = nil
    > 98
    98
    > _
    98
    """,
    // The value before the last, until a script assigns the name.
    """
    > 1
    1
    > 2
    2
    > _, __
    2	1
    > _ + __
    4
    > __
    2
    > __ = "mine"
    > 5
    5
    > __
    "mine"
    """,
    // Errors do not change the session.
    """
    > x = 1
    > error("boo")
    ! boo
    > x +
    ! unexpected symbol near <eof>
    > error({ code = 2 })
    ! error: {code = 2}
    > nothing.at.all
    ! attempt to index a nil value (global 'nothing')
    > weights = {}
    > wieghts.first
    ! attempt to index a nil value (global 'wieghts'); did you mean 'weights'?
    > prnt(1)
    ! attempt to call a nil value (global 'prnt'); did you mean 'print'?
    > function deep() error("low") end
    > deep()
    ! low
    ! stack traceback:
    ! \t[C]: in function 'error'
    ! \tstdin:1: in function 'deep'
    ! \t(...tail calls...)
    > y = 1⏎error("in the second line")
    ! stdin:2: in the second line
    > x
    1
    """,
    // Lines that are not a valid chunk together are run one by one; if one of them is invalid, none is run.
    """
    > a = 20⏎a + 1⏎local b = a⏎for i = 1, 2 do⏎  b = b + i⏎end⏎b
    21
    23
    > c = 1⏎c⏎)
    ! stdin:3: syntax error near ')'
    > c
    nil
    > local d = 4⏎_G.e = d
    > e
    4
    > d
    4
    """,
    // Strings are printed unchanged, multi-line values on separate lines.
    """
    > "two⏎lines"
    ! stdin:1: unfinished string near '"two'
    > "two\\nlines", 1
    two
    lines
    1
    > "5", 5
    "5"	5
    > "a\\27[31m\\0\\tb", "\\xff\\\"", "\\u{202E}é"
    "a\\x1b[31m\\x00\\tb"	"\\xff\\""	"\\u{202e}é"
    > -- only a comment
    >  
    """,
  ])
  func transcript(text: String) throws {
    let session = try RecordedSession()
    let played = session.replay(text)
    #expect(played == text)
  }

  @Test func osExitEndsTheSession() throws {
    let session = try RecordedSession()
    #expect(session.session.evaluate("os.exit(4)") == .exit(status: 4))
  }

  @Test func muteStillRemembersTheValue() throws {
    let session = try RecordedSession()
    #expect(session.out("{1, 2};", "#_") == "2\n")
  }

  @Test func lastValueDoesNotKeepATableAlive() throws {
    let session = try RecordedSession()
    session.out(
      "weak = setmetatable({}, {__mode = 'v'})",
      "(function() local t = {} weak[1] = t return t end)()",
      "_ = nil", "collectgarbage()", "collectgarbage()")
    #expect(session.out("weak[1]") == "nil\n")
  }

  @Test func replacedGlobalsDoNotBreakTheSession() throws {
    let session = try RecordedSession()
    session.out("next, rawlen, type, tostring, print, debug, math = nil")
    #expect(session.out("{1, a = 2}") == "{1, a = 2}\n")
  }

  @Test func timeTellsAndPassesResultsThrough() throws {
    let session = try RecordedSession()
    #expect(session.out("time(function(a, b) return b, a end, 1, 2)") == "2\t1\n")
    #expect(session.err().hasSuffix("s\n"))
    #expect(session.err("time(5)").contains("function expected"))
    #expect(session.err("time(error, 'inner')").hasPrefix("inner"))
  }

  @Test func whoListsOnlyTheUsersVariables() throws {
    let session = try RecordedSession()
    #expect(session.out("who()") == "")
    session.out("x = 1", "long_name = 'text'", "t = {1, 2}", "f = print", "4")
    #expect(
      session.out("who()") == """
        f          function
        long_name  string    "text"
        t          table     2 elements
        x          integer   1

        """)
  }

  @Test func lastValuesAreNoVariablesOfTheUser() throws {
    let session = try RecordedSession()
    session.out("1", "2", "x = 3")
    #expect(session.out("who()") == "x  integer  3\n")
  }

  @Test func ppShowsMore() throws {
    let session = try RecordedSession(width: 1000)
    session.out("t = {{{{{'deep'}}}}}", "l = {} for i = 1, 60 do l[i] = i end", "s = {('x'):rep(300)}")
    #expect(session.out("t") == "{{{{…}}}}\n")
    #expect(session.out("pp(t)") == "{{{{{\"deep\"}}}}}\n")
    #expect(session.out("pp(t, { depth = 1 })") == "{{…}}\n")
    #expect(session.out("pp(l)").hasSuffix("59, 60}\n"))
    #expect(session.out("pp(l, { items = 2 })") == "{1, 2, … 58 more}\n")
    #expect(session.out("pp(s)").count == 305)
    #expect(session.out("pp 'text'") == "\"text\"\n")
    #expect(session.err("pp(t, { dept = 1 })").contains("did you mean 'depth'?"))
  }

  @Test func safeSessionRunsNoShell() throws {
    let interpreter = try Interpreter()
    nonisolated(unsafe) var said = ""
    let console = Console(write: { said += $0 }, warn: { said += $0 })
    let session = try Session(interpreter, console: console, allowsShell: false)
    _ = session.evaluate("!echo hello")
    #expect(said == "safe mode runs no shell\n")
  }

  @Test func safeSessionShowsValues() throws {
    let session = try RecordedSession()
    try session.interpreter.restrict(modulesBelow: "/nowhere")
    #expect(session.out("{1, a = {2}}") == "{1, a = {2}}\n")
    #expect(session.out("setmetatable({}, {__metatable = false, __tostring = function() return 'hidden' end})") == "hidden\n")
    session.out("x = 5")
    #expect(session.out("who()") == "x  integer  5\n")
    #expect(session.err("io.write('x')").contains("nil"))
  }

  @Test func shellCommandTellsItsStatus() throws {
    let session = try RecordedSession()
    #expect(session.err("!exit 3") == "[exit status 3]\n")
    #expect(session.err("!true") == "")
  }
}

struct CompletenessTests {
  @Test(arguments: [
    ("x = 1", true), ("", true), ("for i = 1, 2 do", false), ("for i = 1, 2 do\nend", true),
    ("f(", false), ("=f(", false), ("{1,", false), ("x +", false), ("x + +", true),
    ("return 1 +", false),
    ("a = 1\na", true), ("for i = 1, 2 do\nend\na", true), ("f(\na", false), ("a = 1\na +", false),
    ("for i = 1, 2 do\na", false), ("x\nfor i = 1, 2 do", false), ("x\nfor i = 1, 2 do\nend", true), ("x\n)\nfor", true),
    ("x y", true), ("[[long", false),
    ("--[[ comment", false), ("-- comment", true), ("print('abc", true),
    ("local function f()", false),
    ("local x =", false), ("?f(", true), ("!ls (", true), ("if x then", false), (")", true),
    ("'a\\", false), ("function", false),
  ])
  func tellsWhetherMoreLinesAreNeeded(text: String, isComplete: Bool) throws {
    let session = try RecordedSession()
    #expect(session.session.hooks.isComplete(text) == isComplete)
  }
}
