// SPDX-License-Identifier: Apache-2.0
// The display of tables and other values.

import Testing

struct DisplayTests {
  @Test(arguments: [
    ("{}", "{}"),
    ("{1, 2, 3}", "{1, 2, 3}"),
    ("{b = 1, a = 2, [10] = 3, 'x'}", "{\"x\", [10] = 3, a = 2, b = 1}"),
    ("{['two words'] = 1, ['end'] = 2}", "{[\"end\"] = 2, [\"two words\"] = 1}"),
    ("{[1.5] = 1, [true] = 2, [-1] = 0}", "{[-1] = 0, [1.5] = 1, [true] = 2}"),
    ("{'a\\n\"\\\\\\0'}", "{\"a\\n\\\"\\\\\\x00\"}"),
    ("{{{{}}}}", "{{{{}}}}"),
    ("{{{{1}}}}", "{{{{…}}}}"),
    ("{1.0, 1e100, 0/0 ~= 0/0}", "{1.0, 1e+100, true}"),
    ("setmetatable({}, {__tostring = function() return 'mine' end})", "mine"),
    ("{setmetatable({}, {__tostring = function() return 'a\\nb' end})}", "{a …}"),
    ("setmetatable({1}, {__index = error, __pairs = error, __len = error})", "{1}"),
    (
      "setmetatable({}, {__metatable = false, __tostring = function() return 'hidden' end})",
      "hidden"
    ),
  ])
  func showsOnOneLine(code: String, shown: String) throws {
    #expect(try RecordedSession().out(code) == shown + "\n")
  }

  @Test func showsCycles() throws {
    let session = try RecordedSession()
    session.out("t = {name = 'loop'} t.self = t t.list = {t}")
    #expect(session.out("t") == "{list = {<cycle>}, name = \"loop\", self = <cycle>}\n")
  }

  @Test func sharedTableIsNoCycle() throws {
    let session = try RecordedSession()
    session.out("s = {1}")
    #expect(session.out("{s, s}") == "{{1}, {1}}\n")
  }

  @Test func breaksWhatIsTooWide() throws {
    let session = try RecordedSession(width: 24)
    #expect(
      session.out("{name = 'palettize', options = {nbits = 4, mode = 'kmeans'}, 1}") == """
        {
          1,
          name = "palettize",
          options = {
            mode = "kmeans",
            nbits = 4
          }
        }

        """)
  }

  @Test func cutsLongTables() throws {
    let session = try RecordedSession(width: 1000)
    session.out("t = {} for i = 1, 100 do t[i] = i end t.n = 100")
    let list = (1...40).map(String.init).joined(separator: ", ")
    #expect(session.out("t") == "{\(list), … 60 more, n = 100}\n")
    session.out("t = {} for i = 1, 50 do t['k' .. 100 + i] = i end")
    #expect(session.out("t").hasSuffix("k140 = 40, … 10 more fields}\n"))
  }

  @Test func cutsLongStrings() throws {
    let shown = try RecordedSession(width: 1000).out("{('x'):rep(1000)}")
    #expect(shown == "{\"" + String(repeating: "x", count: 200) + "\"…}\n")
  }

  @Test func hugeTableIsShownInBoundedSize() throws {
    let session = try RecordedSession(width: 80)
    session.out(
      "t = {} for i = 1, 100 do local u = {} for j = 1, 100 do u[j] = {j, {j}} end t[i] = u end")
    #expect(session.out("t").utf8.count < 60_000)
  }

  @Test func failingTostringIsAnErrorOfTheInput() throws {
    let session = try RecordedSession()
    #expect(
      session.err("setmetatable({}, {__tostring = function() error('bad') end})").contains("bad"))
    #expect(session.out("1") == "1\n")
  }

  @Test func stringsAreToldFromNumbers() throws {
    let session = try RecordedSession()
    #expect(session.out("'5'", "5", "{'5', 5, ['5'] = 5}") == "\"5\"\n5\n{\"5\", 5, [\"5\"] = 5}\n")
    #expect(session.out("'\\27[2J'", "{'\\7'}", "'\\xff'") == "\"\\x1b[2J\"\n{\"\\x07\"}\n\"\\xff\"\n")
    #expect(session.out("setmetatable({}, {__tostring = function() return 'a\\27b' end})") == "a\\x1bb\n")
    #expect(session.err("error('\\27[2Jbad')") == "\\x1b[2Jbad\n")
  }

  @Test(arguments: [(40, 12), (80, 24), (200, 60)])
  func everythingFitsTheScreen(width: Int, height: Int) throws {
    let session = try RecordedSession(width: width, height: height)
    session.out("big = {} for i = 1, 100 do local u = {} for j = 1, 100 do u[j] = { j, ('k'):rep(j) } end big[i] = u end")
    for code in ["('x'):rep(10^6)", "('line\\n'):rep(10^5)", "('\\xff'):rep(10^6)", "big", "('x'):rep(10^6) .. '\\n'"] {
      let shown = session.out(code)
      let rows = shown.split(separator: "\n").reduce(0) { $0 + max(1, ($1.count + width - 1) / width) }
      #expect(rows <= height && shown.contains("…"), "\(code): \(rows)")
    }
    #expect(session.out("print(('x'):rep(9)); pp(big[1][1])").contains("{1, \"k\"}"))
  }

  @Test func aPipeGetsEverything() throws {
    let session = try RecordedSession()
    #expect(session.out("('line\\n'):rep(500)").split(separator: "\n").count == 500)
  }
}
