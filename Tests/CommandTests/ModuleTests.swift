// SPDX-License-Identifier: Apache-2.0
// Modules in the script's folder, C modules, `pp`, and hints for names of other languages.

import Foundation
import TerminalSupport
import Testing

struct ModuleTests {
  private func withFolder(_ body: (String) throws -> Void) throws {
    let folder = NSTemporaryDirectory() + "wane-modules-" + UUID().uuidString
    try FileManager.default.createDirectory(atPath: folder + "/lib/inner", withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    for (name, text) in [
      ("lib/side.lua", "return { name = 'side', where = ... }"), ("lib/inner/init.lua", "return 'inner'"),
      ("lib/main.lua", "print(require('side').name, (require 'inner'))"), ("lib/string.lua", "error 'not this one'"),
    ] { try text.write(toFile: folder + "/" + name, atomically: true, encoding: .utf8) }
    try body(folder)
  }

  @Test(arguments: [[], ["--safe"]])
  func modulesBesideTheScriptAreFound(options: [String]) throws {
    try withFolder { folder in
      for (script, place) in [(folder + "/lib/main.lua", nil), ("main.lua", folder + "/lib"), ("lib/main.lua", folder)] {
        let result = try WaneCommand.run(options + [script], folder: place)
        #expect(result.out == "side\tinner\n", "\(result.err)")
      }
    }
  }

  @Test func aLinkLeadsToTheModulesOfItsFile() throws {
    try withFolder { folder in
      try FileManager.default.createDirectory(atPath: folder + "/bin", withIntermediateDirectories: true)
      try FileManager.default.createSymbolicLink(atPath: folder + "/bin/tool", withDestinationPath: "../lib/main.lua")
      #expect(try WaneCommand.run([folder + "/bin/tool"]).out == "side\tinner\n")
    }
  }

  /// C modules of system packages, if they are installed.
  private static func hasModule(_ name: String) -> Bool {
    let folders = [
      "/usr/lib/x86_64-linux-gnu/lua/5.4", "/usr/lib/aarch64-linux-gnu/lua/5.4", "/usr/local/lib/lua/5.4", "/opt/homebrew/lib/lua/5.4",
    ]
    return folders.contains { FileManager.default.fileExists(atPath: "\($0)/\(name).so") }
  }

  @Test(.enabled(if: hasModule("cjson"), "no lua-cjson"))
  func cjsonLoads() throws {
    let result = try WaneCommand.run([
      "-e", "local j = require 'cjson' local t = j.decode '{\"a\":[1,2.5,\"x\",null]}' print(t.a[2], j.encode{ 1, 2 }, t.a[4] == j.null)",
    ])
    #expect(result.out == "2.5\t[1,2]\ttrue\n", "\(result.err)")
    #expect(try WaneCommand.run(["-e", "print(pcall(require('cjson').decode, '{'))"]).out.hasPrefix("false\t"))
  }

  @Test(.enabled(if: hasModule("lfs"), "no lua-filesystem"))
  func lfsLoads() throws {
    try withFolder { folder in
      let code =
        "local lfs = require 'lfs' local n = {} for f in lfs.dir '\(folder)/lib' do n[#n + 1] = f end table.sort(n) print(#n, lfs.attributes('\(folder)', 'mode'))"
      let result = try WaneCommand.run(["-e", code])
      #expect(result.out == "6\tdirectory\n", "\(result.err)")
      #expect(try WaneCommand.run(["--safe", "-e", "require 'lfs'"]).status == 1)
      #expect(try WaneCommand.run(["--safe", "-e", "print(package.loadlib)"]).out == "nil\n")
    }
  }

  @Test func scriptsHavePp() throws {
    let result = try WaneCommand.run(["-e", "pp{ 1, { '2', 2 } } pp '5' pp(5)"])
    #expect(result.out == "{1, {\"2\", 2}}\n\"5\"\n5\n", "\(result.err)")
    #expect(try WaneCommand.run(["--strict", "--safe", "-e", "pp(1)"]).out == "1\n")
    // The prompt's own `pp` is used if a session follows.
    #expect(try WaneCommand.run(["-i", "-e", "pp(1)"], input: "pp(2)\n").out == "1\n2\n")
  }

  @Test func scriptsAreAnsweredLikePeople() throws {
    func failure(_ code: String) throws -> String {
      try withScript(code) { try WaneCommand.run([$0]).err }
    }
    #expect(try failure("x = 1\nx += 1").contains("write x = x + 1"))
    #expect(try failure("print(len({}))").contains("a length is written #x"))
    #expect(try failure("for w in { 1 } do end").contains("ipairs(list)"))
    #expect(try failure("local ok = True\nprint(ok)").contains(":1: True is no word of Lua"))
    #expect(try failure("print(true)").isEmpty)
    #expect(try failure("import numpy as np").contains("wane.tensor"))
  }

  private func withScript<T>(_ code: String, _ body: (String) throws -> T) throws -> T {
    let path = NSTemporaryDirectory() + "wane-script-" + UUID().uuidString + ".lua"
    defer { try? FileManager.default.removeItem(atPath: path) }
    try code.write(toFile: path, atomically: true, encoding: .utf8)
    return try body(path)
  }
}
