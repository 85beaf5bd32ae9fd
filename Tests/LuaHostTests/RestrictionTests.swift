// SPDX-License-Identifier: Apache-2.0
// Limits, safe mode, strict globals, and permitted files.
import Foundation
import LuaHost
import Testing

@Suite struct RestrictionTests {
  // MARK: Instructions

  @Test(arguments: [
    "while true do end",
    "while true do pcall(function() while true do end end) end",
    "while true do xpcall(function() while true do end end, function() while true do end end) end",
    "coroutine.wrap(function() while true do end end)()",
    "local co = coroutine.create(function() while true do coroutine.yield() end end) while true do coroutine.resume(co) end",
    "sample.call(function() while true do end end)",
    "while true do sample.swallow(function() while true do end end) end",
    "('a'):rep(40):find(('a*'):rep(30) .. 'b')",
    "local t = {} for i = 1, 150000 do t[i] = -i end for i = 1, 100 do table.sort(t) end",
    "setmetatable({}, { __gc = function() while true do end end }) collectgarbage() while true do end",
    "table.move({}, 1, 1 << 50, 2)",
  ])
  func endlessWorkEndsAtTheLimit(source: String) throws {
    let sample = try Sample(.init(instructionLimit: 3_000_000))
    let error = #expect(throws: LuaLimitReached.self, "\(source)") { try sample.run("local held <close> = crate 'x'; " + source) }
    #expect(error?.instructions == 3_000_000)
    #expect(error?.message == "stopped after 3000000 instructions of Lua, its limit")
    #expect(sample.census.alive == 0)
    #expect(try sample.run("local n = 0 for i = 1, 100000 do n = n + i end return n")[0].integer == 5_000_050_000)
    #expect(sample.interpreter.close() == 0)
  }

  @Test func eachCallHasTheWholeLimit() throws {
    let sample = try Sample(.init(instructionLimit: 1_000_000))
    for _ in 1...5 { try sample.run("for i = 1, 200000 do end") }
    #expect(throws: LuaLimitReached.self) { try sample.run("for i = 1, 2000000 do end") }
    try sample.run("for i = 1, 200000 do end")
  }

  @Test func memoryLimitIsAnErrorOfItsOwnKind() throws {
    let sample = try Sample(.init(memoryLimit: 16 << 20))
    #expect(sample.error("local t = {} while true do t[#t + 1] = ('x'):rep(1000) .. #t end")?.kind == .memory)
    #expect(sample.error("return ('x'):rep(1 << 30)")?.message.contains("not enough memory") == true)
    #expect(try sample.run("return 1 + 1")[0].integer == 2)
  }

  // MARK: Safe mode

  private func restricted(_ folder: String = "/nowhere") throws -> Sample {
    let sample = try Sample()
    try sample.interpreter.restrict(modulesBelow: folder)
    return sample
  }

  @Test(arguments: [
    "io", "debug", "dofile", "loadfile", "warn", "os.execute", "os.getenv", "os.remove", "os.rename", "os.tmpname",
    "os.setlocale", "string.dump", "package.loadlib", "package.searchpath", "package.loaded.io", "package.loaded.debug",
  ])
  func isGone(name: String) throws {
    #expect(try restricted().run("return \(name)")[0].isNil, "\(name)")
    #expect(try !Sample().run("return \(name)").isEmpty)
  }

  @Test(arguments: [
    ("return os.time() > 0 and os.clock() >= 0 and os.date('%Y') ~= nil", "true"),
    ("return string.format('%d', 3)", "3"), ("return load('return 2')()", "2"),
    ("return load(function() end) ~= nil", "true"), ("return collectgarbage('count') > 0", "true"),
    ("return math.type(1) .. utf8.char(65) .. table.concat({ 1 })", "integerA1"),
    ("return select(2, pcall(collectgarbage))", "in safe mode collectgarbage only counts: collectgarbage(\"count\")"),
    (
      "return select(2, pcall(setmetatable, {}, { __gc = print }))", "in safe mode a metatable has no __gc; use __close, or close() by hand"
    ),
    ("local x <close> = setmetatable({}, { __close = function() end }) return 'ok'", "ok"),
    (
      "return select(2, pcall(require, 'io'))",
      "module 'io' not found:\n\tno field package.preload['io']\n\tno file '/nowhere/io.lua'\n\tno file '/nowhere/io/init.lua'"
    ),
    (
      "package.path = '/etc/?' package.searchpath = nil return (select(2, pcall(require, 'passwd')):find('/nowhere/passwd.lua', 1, true)) ~= nil",
      "true"
    ),
    ("return getmetatable('').__index == string", "true"),
    ("return sample.add(1, 2)", "3"),
  ])
  func safeScriptsDoWhatTheyMay(source: String, result: String) throws {
    #expect(try restricted().text("return tostring((function() \(source) end)())") == result)
  }

  @Test func modulesComeFromTheFolder() throws {
    let folder = NSTemporaryDirectory() + "wane-safe-" + UUID().uuidString
    try FileManager.default.createDirectory(atPath: folder + "/sub", withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    try "return 'module'".write(toFile: folder + "/sub/mine.lua", atomically: true, encoding: .utf8)
    #expect(try restricted(folder).text("package.path = '' return require 'sub.mine'") == "module")
    #expect(try restricted(folder).text("return require '../../sub.mine'") == "module", "it leads nowhere else")
  }

  // MARK: Files

  @Test func filesBelowTheFoldersOnly() throws {
    let folder = NSTemporaryDirectory() + "wane-access-" + UUID().uuidString
    let inside = folder + "/inside"
    try FileManager.default.createDirectory(atPath: inside + "/deep", withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    try "x".write(toFile: folder + "/secret", atomically: true, encoding: .utf8)
    for (link, target) in [("out", ".."), ("file", "../secret"), ("dangling", "../none"), ("in", "deep")] {
      try FileManager.default.createSymbolicLink(atPath: inside + "/" + link, withDestinationPath: target)
    }
    let access = FileAccess(below: [inside, folder + "/later"])
    for path in ["", "/deep", "/new", "/new/deeper/still", "/deep/../new", "/in/x", "/./deep//x", "/"] {
      #expect(access.refusal(of: inside + path) == nil, "\(path)")
    }
    #expect(access.refusal(of: folder + "/later/x") == nil)
    for path in [
      folder, folder + "/secret", inside + "/../secret", inside + "/out/secret", inside + "/file", inside + "/dangling",
      inside + "/none/../../secret", inside + "side", "/etc/passwd", "/", "", "relative", inside + "/a\0b",
    ] {
      #expect(access.refusal(of: path)?.hasSuffix("where safe mode keeps files") == true, "\(path)")
      #expect(FileAccess.everywhere.refusal(of: path) == nil)
    }
    #expect(FileAccess(below: ["."]).refusal(of: "some/new/file") == nil)
    #expect(FileAccess(below: ["."]).refusal(of: "../x") != nil)
    #expect(FileAccess(below: ["/"]).refusal(of: "/etc/passwd") == nil)
  }

  // MARK: Strict globals

  @Test(arguments: [
    ("x = 1 return x", nil), ("function f() return print end return f()", nil),
    ("x = nil return x", nil), ("counter = 0 local function f() counter = counter + 1 end f() return counter", nil),
    ("return countr", "undeclared global 'countr'"),
    ("counter = 1 return countr", "undeclared global 'countr'; did you mean 'counter'?"),
    ("return pritn", "undeclared global 'pritn'; did you mean 'print'?"),
    (
      "local function f() leak = 1 end f()",
      "assignment to undeclared global 'leak' within a function; write 'local', or assign it outside of functions first"
    ),
    ("return rawget(_G, 'anything')", nil), ("_G.made = 1 return made", nil), ("return _G[1]", nil),
  ])
  func undeclaredGlobalsAreErrors(source: String, sentence: String?) throws {
    let sample = try Sample()
    try sample.interpreter.makeGlobalsStrict()
    let error = sample.error(source)
    if let sentence {
      #expect(error?.sentence.hasSuffix(sentence) == true, "\(source): \(error?.sentence ?? "no error")")
    } else {
      #expect(error == nil, "\(source)")
    }
  }
}
