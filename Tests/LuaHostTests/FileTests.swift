// SPDX-License-Identifier: Apache-2.0
// Script files and modules on disk.
import Foundation
import LuaHost
import Testing

@Suite struct FileTests {
  /// Runs `body` with a new folder that is removed afterwards.
  func inFolder(_ body: (URL) throws -> Void) throws {
    let folder = FileManager.default.temporaryDirectory.appending(
      path: "lua-host-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    try body(folder)
  }

  @Test func aScriptGetsItsArguments() throws {
    try inFolder { folder in
      let script = folder.appending(path: "script.lua")
      try Data("#!/usr/bin/env -S wane\nreturn select('#', ...), (...)\n".utf8).write(to: script)
      let results = try Interpreter().runFile(script.path, arguments: ["a", "b"])
      #expect(results[0].integer == 2)
      #expect(results[1].string == "a")
    }
  }

  @Test func errorsNameFileAndLine() throws {
    try inFolder { folder in
      let script = folder.appending(path: "bad.lua")
      try Data("#!first\nx = = 1\n".utf8).write(to: script)
      let syntax = #expect(throws: LuaSyntaxError.self) { try Interpreter().loadFile(script.path) }
      #expect(syntax?.message.contains("bad.lua:2:") == true)
      let missing = #expect(throws: LuaError.self) {
        try Interpreter().loadFile(folder.appending(path: "none.lua").path)
      }
      #expect(missing?.kind == .notFound)
    }
  }

  @Test func requireAndDofileTakeTextOnly() throws {
    try inFolder { folder in
      let lua = try Interpreter()
      try lua.globals.set("folder", folder.path)
      try lua.run("package.path = folder .. '/?.lua'")
      try Data("return {name = ..., file = select(2, ...)}".utf8).write(
        to: folder.appending(path: "good.lua"))
      #expect(try lua.run("return require('good').name")[0].string == "good")
      #expect(try lua.run("return require('good') == require('good')")[0].boolean == true)
      #expect(try lua.run("return dofile(folder .. '/good.lua').file")[0].isNil)
      let code = try lua.run(
        "local f = io.open(folder .. '/code.lua', 'wb') f:write(string.dump(function() end)) f:close()"
      )
      #expect(code.isEmpty)
      for source in [
        "require 'code'", "dofile(folder .. '/code.lua')",
        "assert(loadfile(folder .. '/code.lua'))",
      ] {
        let error = #expect(throws: LuaError.self, "\(source)") { try lua.run(source) }
        #expect(error?.message.contains("binary chunk") == true, "\(source)")
      }
      let missing = #expect(throws: LuaError.self) { try lua.run("require 'nowhere'") }
      #expect(missing?.message.contains("module 'nowhere' not found") == true)
      #expect(missing?.message.contains(folder.path + "/nowhere.lua") == true)
    }
  }

  @Test func cModulesAreLoadedOnlyWhenAllowed() throws {
    #expect(try Interpreter().run("return #package.searchers, package.loadlib")[0].integer == 2)
    #expect(try Interpreter(.init(cModules: true)).run("return #package.searchers")[0].integer == 4)
  }
}
