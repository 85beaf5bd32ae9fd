// SPDX-License-Identifier: Apache-2.0
// Editing support for Lua: colors, indentation, hints.

import LineEditor
import REPL
import Testing

struct EditingTests {
  /// The text with `k`, `s`, `n`, `c`, `p` below characters colored as keyword, string, number, comment, prompt.
  private func marks(_ text: String) throws -> String {
    let letters: [TextStyle: Character] = [
      .keyword: "k", .string: "s", .number: "n", .comment: "c", .prompt: "p",
    ]
    var marks = [Character](repeating: ".", count: text.count)
    let session = try RecordedSession()
    for highlight in session.session.hooks.highlight(text) {
      for index in highlight.range { marks[index] = letters[highlight.style] ?? "?" }
    }
    return String(marks)
  }

  @Test(arguments: [
    ("local x = 1.5e3 -- one", "kkkkk.....nnnnn.cccccc"),
    ("if nil then 'a' end", "kk.nnn.kkkk.sss.kkk"),
    ("f \"漢é\\\"\" 0x1F", "..ssssss.nnnn"),
    ("[[a\nb]] ..'open", "sssssss...sssss"),
    ("--[[ open\nstill", "ccccccccccccccc"),
    ("?m.x 'a'", "p....sss"), (" !ls 'a' if", ".p........."), ("a + b", "....."), ("", ""), ("  ", ".."),
  ])
  func colorsTokens(text: String, expected: String) throws {
    #expect(try marks(text) == expected)
  }

  @Test(arguments: [
    ("for i = 1, 2 do", "", 2), ("for i = 1, 2 do\n  x()", "", 2), ("for i = 1, 2 do\n  x()", "end", 0),
    ("if a then\n  b()", "else", 0), ("if a then\n  b()", "elseif c then", 0), ("if a then\n  b()\nelse", "", 2),
    ("if a then\n  b()\nelseif c then", "", 2), ("if a then\n  b()\nelse\n  c()", "end", 0),
    ("if a then b() end", "", 0), ("repeat", "", 2), ("repeat\n  x()", "until x", 0),
    ("local function f(a)", "", 2), ("t = {", "", 2), ("t = {\n  a = {", "", 4), ("t = {\n  a = {", "}", 2),
    ("call(function()", "", 2), ("call(function()\n  x()", "end)", 0), ("call(function()\n  x()\nend,", "", 2),
    ("f({", "", 2), ("f({\n  1", "})", 0), ("  while x do", "", 4), ("  while x do", "end", 2),
    ("x = [[", "", 0), ("-- do", "", 0), ("'do'", "", 0), ("end end", "", 0), ("while a do while b do", "", 2),
    ("while a do while b do\n  c()\nend", "end", 0), ("x = 1", "ending", 0), ("do", "ending", 2),
  ])
  func indentsBlocks(before: String, line: String, blanks: Int) throws {
    let session = try RecordedSession()
    #expect(session.session.hooks.indentation(before, line) == blanks)
  }

  @Test func hintsAreForLuaOnly() throws {
    let session = try RecordedSession()
    let hooks = session.session.hooks
    #expect(hooks.hint("who(") == "who()")
    #expect(hooks.hint("?who(") == "who()")
    #expect(hooks.hint("!who(") == nil)
    #expect(hooks.hint("pp({}, { depth = ")?.hasPrefix("depth: integer = 10  ") == true)
  }
}
