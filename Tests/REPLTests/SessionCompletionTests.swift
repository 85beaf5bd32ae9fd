// SPDX-License-Identifier: Apache-2.0
// Completion of Lua at the prompt.

import Foundation
import LineEditor
import LuaHost
import REPL
import Testing

struct SessionCompletionTests {
  private func complete(_ text: String, after setup: String...) throws -> Completion {
    let session = try RecordedSession()
    for line in setup { session.out(line) }
    return session.session.hooks.complete(text)
  }

  @Test(arguments: [
    ("whi", 3, ["while"]),
    ("x = fu", 2, ["function"]),
    ("string.rep", 3, ["rep"]),
    ("string.re", 2, ["rep", "reverse"]),
    ("a.b.", 0, ["inner", "other"]),
    ("a.b.in", 2, ["inner"]),
    ("a:", 0, ["method"]),
    ("name:rev", 3, ["reverse"]),
    ("?string.rep", 3, ["rep"]),
    ("!ls str", 3, []),
    ("'x':rev", 3, ["reverse"]),
    ("child.inh", 3, ["inherited"]),
    ("trap.fie", 3, []),
    ("f().x", 1, []),
    ("-- whi", 0, []),
    ("'whi", 0, []),
    ("12", 0, []),
    ("undefined.x", 1, []),
    ("local counter = 1 coun", 4, ["counter"]),
  ])
  func completesNames(text: String, replaced: Int, names: [String]) throws {
    let completion = try complete(
      text,
      after: "a = {b = {inner = 1, other = 2, ['no name'] = 3}, method = function() end}",
      "name = 'text'", "child = setmetatable({}, {__index = {inherited = 1}})",
      "trap = setmetatable({}, {__index = function() error('called') end})")
    #expect(completion.candidates.map(\.text) == names)
    #expect(names.isEmpty || completion.replacedCount == replaced)
  }

  @Test(arguments: [
    ("help 'who", ["who"], "'"), ("help(\"who", ["who"], "\""), ("pp(x, { de", ["depth"], " = "),
  ])
  func endsWhatItCompletes(text: String, names: [String], suffix: String) throws {
    let completion = try complete(text)
    #expect(completion.candidates.map(\.text) == names)
    #expect(completion.candidates.map(\.suffix) == [suffix])
  }

  @Test func aTildeIsTheHomeFolder() throws {
    let home = ProcessInfo.processInfo.environment["HOME"] ?? ""
    let names = try complete("'~/").candidates.map(\.text)
    let found = try FileManager.default.contentsOfDirectory(atPath: home).filter { !$0.hasPrefix(".") }
    #expect(Set(names.map { $0.hasSuffix("/") ? String($0.dropLast()) : $0 }).isSubset(of: found))
    #expect(names.isEmpty == found.isEmpty)
  }

  @Test func completesGlobalsOfTheSession() throws {
    let completion = try complete("my_mod", after: "my_model = 1")
    #expect(completion.candidates.map(\.text) == ["my_model"])
  }

  @Test func completesPathsInStrings() throws {
    let folder = NSTemporaryDirectory() + "wane-paths-" + UUID().uuidString
    defer { try? FileManager.default.removeItem(atPath: folder) }
    for name in ["resnet.mlpackage", "results", ".hidden"] {
      try FileManager.default.createDirectory(
        atPath: folder + "/" + name, withIntermediateDirectories: true)
    }
    try "x".write(toFile: folder + "/readme.txt", atomically: true, encoding: .utf8)
    let completion = try complete("wane.load(\"\(folder)/re")
    #expect(completion.candidates.map(\.text) == ["readme.txt", "resnet.mlpackage", "results/"])
    #expect(completion.replacedCount == 2)
    #expect(try complete("\"\(folder)/.").candidates.map(\.text) == [".hidden/"])
    #expect(try complete("'\(folder)/none").candidates == [])
    // Completing a file closes the string, completing a folder does not.
    #expect(try complete("'\(folder)/rea").candidates.map(\.suffix) == ["'"])
    #expect(try complete("\"\(folder)/resu").candidates.map(\.suffix) == [""])
  }

  @Test func namesAreFoundByTheirParts() throws {
    let session = try RecordedSession()
    session.out("local encoder_weights = { query_table = 1, key_table = 2 }", "decoder = 1")
    #expect(session.session.complete("weigh").candidates.map(\.text) == ["encoder_weights"])
    #expect(session.session.complete("encoder_weights.tabl").candidates.map(\.text) == ["key_table", "query_table"])
    #expect(session.session.complete("encoder_weights.KEY").candidates.map(\.text) == ["key_table"])
    // If names start with the word, other matches are not listed.
    #expect(session.session.complete("deco").candidates.map(\.text) == ["decoder"])
    #expect(session.session.complete("x").candidates.map(\.text).contains("next") == false)
  }
}
