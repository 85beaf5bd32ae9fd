// SPDX-License-Identifier: Apache-2.0
// Runs every example of the reference and compares its output.

import Foundation
import LuaAPI
import LuaHost
import REPL
import Testing

struct ExampleTests {
  /// Definitions of the names that examples use without defining them.
  private static let setting =
    Script.digits + printing + """
      inputs = { image = wane.zeros{ 1, 1, 8, 8 } }
      report = wane.compare({ pal4 = model:palettize{ nbits = 4 } }, data, { baseline = model, latency = false })

      """

  /// Collects what examples print.
  private static let printing =
    """
    local printed = {}
    function print(...)
      local words = table.pack(...)
      for i = 1, words.n do words[i] = tostring(words[i]) end
      printed[#printed + 1] = table.concat(words, "\\t")
    end
    function lines() return printed end

    """

  /// An interpreter with all declarations, including those of the prompt.
  func declared() throws -> Interpreter {
    let interpreter = try Interpreter()
    try LuaAPI.open(in: interpreter)
    _ = try Session(interpreter, console: Console(write: { _ in }, warn: { _ in }))
    return interpreter
  }

  @Test func everyExampleRuns() throws {
    let catalog = try declared().catalog
    let scratch = FileManager.default.temporaryDirectory.path + "/wane-examples-\(UUID().uuidString)/"
    try FileManager.default.createDirectory(atPath: scratch, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: scratch) }
    var count = 0
    for (path, function) in catalog.functions {
      guard let example = function.example else { continue }
      count += 1
      let interpreter = try declared()
      defer { interpreter.close() }
      try interpreter.globals.set("examples", Script.examples)
      // Paths in examples are relative to the repository's folder, to which nothing is written.
      // Examples of tensors need no model.
      let needsModel = ["model", "data", "inputs", "report", "small", "digits"].contains { example.contains($0) }
      let source =
        (needsModel ? Self.setting : Self.printing)
        + example.replacing("\"examples/", with: "\"\(Script.examples)/").replacing("save(\"", with: "save(\"\(scratch)")
      do {
        let results = try interpreter.run(source + "\nreturn lines()", chunkName: "=example")
        let printed = try results.first?.table?.pairs().compactMap(\.value.string) ?? []
        let expected = example.split(separator: "\n").compactMap { line in
          line.firstRange(of: "--> ").map { String(line[$0.upperBound...]) }
        }
        for (got, wanted) in zip(printed, expected) { #expect(got == wanted, "example of \(path)") }
        #expect(printed.count >= expected.count, "example of \(path)")
      } catch {
        Issue.record("example of \(path): \(error)")
      }
    }
    #expect(count > 10)
  }

  /// Every function must have a description.
  @Test func everyFunctionSaysWhatItDoes() throws {
    for (path, function) in try declared().catalog.functions {
      #expect(!function.doc.isEmpty, "\(path) has no documentation")
      for argument in function.arguments where !argument.isVariadic {
        #expect(!argument.doc.isEmpty || argument.options != nil, "\(path): argument \(argument.name) has none")
      }
    }
  }

  @Test func annotationsAreLuaAndNameEveryGlobal() throws {
    let interpreter = try declared()
    let text = Annotations(interpreter.catalog).text
    _ = try interpreter.load(text, chunkName: "=wane.d.lua")
    for key in try interpreter.globals["wane"].table?.pairs().compactMap(\.key.string) ?? [] {
      let isModule = LuaAPI.wane.modules.contains { $0.name == key }
      #expect(text.contains(isModule ? "wane.\(key) = " : "function wane.\(key)("), "wane.\(key) is not annotated")
    }
  }
}

extension ExampleTests {
  /// The introduction of `help()` works line by line.
  @Test func theTourRuns() throws {
    let interpreter = try declared()
    defer { interpreter.close() }
    let scratch = FileManager.default.temporaryDirectory.path + "/wane-tour-\(UUID().uuidString)"
    try FileManager.default.createDirectory(atPath: scratch, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: scratch) }
    let lines = LuaAPI.tour.split(separator: "\n").filter { $0.hasPrefix("  ") }
    #expect(lines.count > 5)
    for line in lines {
      let source = line.replacing("\"examples/", with: "\"\(Script.examples)/").replacing("save \"", with: "save \"\(scratch)/")
      let isExpression = (try? interpreter.load("return " + source, chunkName: "=tour")) != nil
      try interpreter.run((isExpression ? "return " : "") + source, chunkName: "=tour")
    }
  }
}
