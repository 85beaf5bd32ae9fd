// SPDX-License-Identifier: Apache-2.0
// Restrictions of scripts: --safe, --strict, --max-memory, --max-instructions.

import Foundation
import TerminalSupport
import Testing

struct RestrictionTests {
  private func withFolder(_ files: [String: String], _ body: (String) throws -> Void) throws {
    let folder = NSTemporaryDirectory() + "wane-restricted-" + UUID().uuidString
    defer { try? FileManager.default.removeItem(atPath: folder) }
    for (name, text) in files {
      let url = URL(fileURLWithPath: folder + "/" + name)
      try FileManager.default.createDirectory(at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
      try Data(text.utf8).write(to: url)
    }
    try body(folder)
  }

  @Test func instructionsRunOut() throws {
    for option in [["--max-instructions", "5M"], ["--max-instructions=5000000"]] {
      let result = try WaneCommand.run(option + ["-e", "print(1) while true do pcall(function() while true do end end) end"])
      #expect(result == CommandResult(out: "1\n", err: "wane: stopped after 5000000 instructions of Lua, its limit\n", status: 1))
    }
    #expect(try WaneCommand.run(["--max-instructions", "5M", "-e", "for i = 1, 1e5 do end print('done')"]).out == "done\n")
  }

  @Test func memoryRunsOut() throws {
    let code = "print(pcall(function() local t = {} while true do t[#t + 1] = ('x'):rep(1 << 16) .. #t end end))"
    let result = try WaneCommand.run(["--max-memory", "32M", "-e", code])
    #expect(result.out == "false\tnot enough memory\n" && result.status == 0)
    let uncaught = try WaneCommand.run(["--max-memory=32M", "-e", "local s = ('x'):rep(1 << 30)"])
    #expect(uncaught.status == 1 && uncaught.err.contains("not enough memory"))
    #expect(try WaneCommand.run(["--max-memory", "32M", "-e", "print(#('x'):rep(1 << 20))"]).out == "1048576\n")
  }

  @Test(arguments: [
    ["--max-memory", "lots"], ["--max-memory"], ["--max-instructions", "-1"], ["--max-instructions=1.5"],
    ["--max-memory", "99999999999G"], ["--color", "sometimes"], ["--color"], ["--safe=yes"], ["--out"],
  ])
  func wrongValuesAreUsageErrors(words: [String]) throws {
    let result = try WaneCommand.run(words + (words.count == 1 && !words[0].contains("=") ? [] : ["-e", "print(1)"]))
    #expect(result.status == 2 && result.out == "" && result.err.contains("usage: wane"), "\(words): \(result)")
  }

  @Test func strictGlobalsAreForThoseWhoAsk() throws {
    let typo = "counter = 1 print(countr)"
    #expect(try WaneCommand.run(["-e", typo]).out == "nil\n")
    let result = try WaneCommand.run(["--strict", "-e", typo])
    #expect(result.status == 1)
    #expect(result.err.hasPrefix("wane: (command line):1: undeclared global 'countr'; did you mean 'counter'?\nstack traceback:"))
    try withFolder(["s.lua": "local function f() leak = 1 end\nf()", "fine.lua": "x = 1 function f() x = x + 1 end f() print(x, ...)"]) {
      folder in
      let leak = try WaneCommand.run(["--strict", "s.lua"], folder: folder)
      #expect(leak.status == 1 && leak.err.hasPrefix("wane: s.lua:1: assignment to undeclared global 'leak' within a function"))
      #expect(try WaneCommand.run(["--strict", "fine.lua", "a"], folder: folder).out == "2\ta\n")
    }
  }

  @Test func safeScriptsStayInTheirFolder() throws {
    let script = """
      local mine = require "mine"
      print(mine, io, os.execute, debug, ...)
      wane.save_npy("a/t.npy", wane.zeros{ 2 })
      print(wane.load_npy("a/t.npy").count)
      wane.save_npy("results/t.npy", wane.zeros{ 3 })
      for _, f in ipairs{
        function() wane.load_npy "secret.npy" end, function() wane.save_npy("t.npy", wane.zeros{ 1 }) end,
        function() wane.load "/etc/model.mlpackage" end, function() wane.load "a/../../x.mlpackage" end,
        function() wane.dataset("secret.npy") end, function() wane.recipe "secret.npy" end,
        function() require "secret" end, function() return io.open "secret.npy" end,
      } do print((select(2, pcall(f)))) end
      """
    try withFolder(["a/s.lua": script, "a/mine.lua": "return 'mine'", "secret.npy": "x", "secret.lua": "x", "results/keep": ""]) { folder in
      let result = try WaneCommand.run(["--safe", "--out", "results", "a/s.lua", "word"], folder: folder)
      let lines = result.out.split(separator: "\n").map(String.init)
      #expect(result.err == "" && result.status == 0)
      #expect(lines.prefix(2) == ["mine\tnil\tnil\tnil\tword", "2"])
      #expect(lines.count { $0.contains("where safe mode keeps files") } == 6, "\(result.out)")
      #expect(result.out.contains("module 'secret' not found") && result.out.contains("a nil value (global 'io')"))
      #expect(!FileManager.default.fileExists(atPath: folder + "/t.npy"))
      #expect(FileManager.default.fileExists(atPath: folder + "/results/t.npy"))
    }
  }

  @Test func safeModeHasLimitsOfItsOwn() throws {
    let endless = try WaneCommand.run(["--safe", "--max-instructions", "2M", "-e", "while true do end"])
    #expect(endless.status == 1 && endless.err.contains("2000000 instructions"))
    let greedy = try WaneCommand.run(["--safe", "-e", "local s = ('x'):rep(1 << 30)"])
    #expect(greedy.status == 1 && greedy.err.contains("not enough memory"))
    #expect(try WaneCommand.run(["--safe", "-e", "print(collectgarbage('count') > 0)"]).out == "true\n")
  }

  @Test func helpIsHonestAboutSafeMode() throws {
    let help = try WaneCommand.run(["--help"]).out
    for word in ["--safe", "--strict", "--max-memory", "--max-instructions", "--out", "--color", "not a wall"] {
      #expect(help.contains(word), "\(word)")
    }
    #expect(help.split(separator: "\n").allSatisfy { $0.count <= 100 })
  }

  @Test func colorsAsTold() throws {
    let colored = "\u{1B}[31mboo\u{1B}[0m\n"
    let input = "error('boo', 0)"
    #expect(try WaneCommand.run(["-i"], input: input).err == "boo\n")
    #expect(try WaneCommand.run(["-i", "--color=always"], input: input).err == colored)
    let environment = WaneCommand.environment(["NO_COLOR": "1", "FORCE_COLOR": "1"])
    #expect(try WaneCommand.run(["-i"], input: input, environment: environment).err == "boo\n")
    #expect(try WaneCommand.run(["-i", "--color", "always"], input: input, environment: environment).err == colored)
    #expect(
      try WaneCommand.run(["-i"], input: input, environment: WaneCommand.environment(["FORCE_COLOR": "1"])).err == colored)
    #expect(
      try WaneCommand.run(["-i", "--color=never"], input: input, environment: WaneCommand.environment(["FORCE_COLOR": "1"])).err == "boo\n")
  }
}
