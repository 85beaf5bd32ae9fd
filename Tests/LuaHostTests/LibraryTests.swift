// SPDX-License-Identifier: Apache-2.0
// Replaced functions of Lua's library have the same results as the originals.
import CStockLua
import Foundation
import LuaHost
import Testing

@Suite struct LibraryTests {
  /// The result of a chunk in unmodified Lua.
  private func stock(_ source: String) throws -> String {
    var length = 0
    let text = try #require(stock_run(source, &length))
    defer { free(text) }
    return String(decoding: UnsafeRawBufferPointer(start: text, count: length), as: UTF8.self)
  }

  private func ours(_ source: String) throws -> String {
    let value = try Interpreter().run(source).first
    if case .bytes(let bytes)? = value { return String(decoding: bytes, as: UTF8.self) }
    return value?.string ?? "no string"
  }

  private func compare(_ source: String) throws {
    let expected = try stock(source).split(separator: "\n", omittingEmptySubsequences: false)
    let found = try ours(source).split(separator: "\n", omittingEmptySubsequences: false)
    #expect(expected.count > 1, "the comparison itself failed: \(expected)")
    #expect(found.count == expected.count)
    for (ours, theirs) in zip(found, expected) where ours != theirs {
      Issue.record("expected \(theirs)\n     got \(ours)")
      return
    }
  }

  /// A random number generator and a list of results, identical in every Lua.
  private static let tools = """
    local state = SEED
    local function random(n) state = (state * 1103515245 + 12345) % 2147483648 return state // 65536 % n + 1 end
    local function pick(list) return list[random(#list)] end
    local lines = {}
    local function show(...)
      local t = table.pack(...)
      for i = 1, t.n do t[i] = type(t[i]) == "table" and "table" or tostring(t[i]) end
      return table.concat(t, ",")
    end
    local function note(title, ...) lines[#lines + 1] = title .. " -> " .. show(pcall(...)) end

    """

  private static let patterns = """
    local pieces = { "a", "b", "c", "1", ".", "%a", "%d", "%s", "%w", "%W", "%p", "%x", "%g", "%u", "%l", "%c", "%S",
      "[ab]", "[^ab]", "[a-c]", "[%d_]", "[]a]", "[^]a]", "[a-]", "[%a-z]", "[-a]", "[c-a]", "*", "+", "-", "?", "*", "+", "-", "?",
      "(", ")", "()", "(a", "b)", "(.-)", "%1", "%2", "%0", "%b()", "%bab", "%f[%w]", "%f[^a]", "%f", "%b", "%ba", "$", "^", "%", "[", "]", "%%", "%.", "\\0" }
    local letters = { "a", "b", "c", "A", "1", "2", " ", "(", ")", "_", "-", "]", "%", "\\0", ".", "\\xE9", "^", "$" }
    local templates = { "", "<%0>", "%1", "%1%1", "%2", "%%", "x", "%", "%a" }
    local function make(list, most) local t = {} for i = 1, random(most) - 1 do t[i] = pick(list) end return table.concat(t) end
    for n = 1, 3000 do
      local s, p, init = make(letters, 12), make(pieces, 7), random(16) - 8
      local title = string.format("%q %q %d", s, p, init)
      note("find " .. title, string.find, s, p, init)
      note("plain " .. title, string.find, s, make(letters, 4), init, true)
      note("match " .. title, string.match, s, p, init)
      note("gsub " .. title, string.gsub, s, p, pick(templates), random(4) > 1 and random(5) - 1 or nil)
      note("gsub f " .. title, string.gsub, s, p, function(...) local r = random(4) if r == 1 then return nil elseif r == 2 then return false elseif r == 3 then return #show(...) end return show(...) end)
      note("gsub t " .. title, string.gsub, s, p, { a = "1", ["1"] = 7, b = false, ab = "ba" })
      note("gmatch " .. title, function() local t = {} for a, b in string.gmatch(s, p, init) do t[#t + 1] = show(a, b) if #t > 40 then break end end return table.concat(t, ";") end)
    end
    for _, case in ipairs{ { 1 }, { nil, "a" }, { "a", {} }, { "a", "a", "x" }, { 12, 1 }, { "aaa", "a", 1 << 62 }, { "aaa", "a", math.mininteger } } do
      note("arguments", string.find, table.unpack(case, 1, 3))
      note("arguments", string.gsub, table.unpack(case, 1, 3))
      note("arguments", string.gmatch, case[1], case[2] and {})
    end
    note("replacement", string.gsub, "a", "a", true)
    note("replacement", string.gsub, "a", "a", function() return {} end)
    note("many captures", string.find, "a", ("()"):rep(33))
    note("captures", string.find, "a", ("()"):rep(32))
    note("nested", string.match, "key = value", "^(%w+)%s*=%s*(%w+)$")
    note("long", string.rep, "ab", 3, ",")
    note("long", string.find, ("a"):rep(300) .. "b", ("a?"):rep(9) .. "b")
    return table.concat(lines, "\\n")
    """

  @Test(arguments: 1...8)
  func patternsMeanWhatTheyMean(seed: Int) throws {
    try compare(Self.tools.replacing("SEED", with: "\(seed)") + Self.patterns)
  }

  @Test(arguments: 1...4)
  func movingSortingAndRepeatingAreLuas(seed: Int) throws {
    try compare(
      Self.tools.replacing("SEED", with: "\(seed)") + """
        local function list(n) local t = {} for i = 1, n do t[i] = random(1000) end return t end
        for n = 1, 12 do
          local t, u = list(140000), list(10)
          local from, to, at = random(100) - 50, random(140000), random(140000) - 100
          note("move", function() table.move(t, from, to, at) return table.concat(t, " ", 1, #t) end)
          note("move to", function() return table.concat(table.move(t, 1, to, 1, u), " ") end)
        end
        for _, n in ipairs{ 0, 1, 100, 131072, 140000 } do
          note("sort", function() local t = list(n) table.sort(t) return #t, table.concat(t, " ", 1, math.min(#t, 100)), t[#t] end)
          note("sort down", function() local t = list(n) table.sort(t, function(a, b) return a > b end) return #t, t[1], t[#t] end)
        end
        for _, f in ipairs{ "move", "sort" } do for _, x in ipairs{ 1, {}, "x" } do note(f, table[f], x, 1, 2, 3) note(f, table[f], x) end end
        note("no arguments", table.move) note("no arguments", table.sort) note("nil", table.sort, nil) note("order", table.sort, { 2, 1 }, 5)
        note("move", table.move, {}, 1, math.maxinteger, 2)
        note("move", table.move, {}, math.mininteger, math.maxinteger, 2)
        note("move", table.move, {}, -1, math.maxinteger, 2)
        note("move", table.move, setmetatable({}, { __index = function(_, k) return k * 10 end }), 1, 5000, 3, setmetatable({}, { __newindex = function() end }))
        note("mixed", function() local t = list(140000) t[77] = "x" table.sort(t) end)
        note("rep", string.rep, "", 5) note("rep", string.rep, "x", -1) note("rep", string.rep, "x", 3, "ab") note("rep", string.rep)
        note("rep", string.rep, "", 3, "-") note("rep", string.rep, "x", 1 << 40, "yy")
        note("setmetatable", setmetatable, 1, {}) note("setmetatable", setmetatable, {}) note("setmetatable", setmetatable, {}, 1)
        note("setmetatable", setmetatable, setmetatable({}, { __metatable = 1 }), {})
        note("setmetatable", function() local m = {} return getmetatable(setmetatable({}, m)) == m, getmetatable(setmetatable({}, nil)) end)
        return table.concat(lines, "\\n")
        """)
  }

  @Test func nothingRepeatedIsNothingAtOnce() throws {
    #expect(try ours("return #(''):rep(math.maxinteger) .. '!'") == "0!")
  }

  @Test func finalizersRunAndTellErrorsAsWarnings() throws {
    let sample = try Sample()
    try sample.run(
      """
      log = {}
      do
        local mt = { __gc = function(t) log[#log + 1] = t.name end }
        setmetatable({ name = "a" }, mt) setmetatable({ name = "b" }, mt)
        setmetatable({}, { __gc = function() error "lost" end })
        setmetatable({}, { __gc = function() coroutine.yield() end })
        setmetatable({}, { __gc = true })
        local called = setmetatable({ name = "by hand" }, mt)
        mt.__gc(called)
        called.name = "c"
      end
      collectgarbage()
      """)
    #expect(try sample.text("table.sort(log) return table.concat(log, ' ')") == "a b by hand c")
    try sample.run("kept = setmetatable({}, { __gc = function() at_close = crate 'x' end })")
    #expect(sample.interpreter.close() == 0)
    #expect(sample.census.alive == 0)
  }
}
