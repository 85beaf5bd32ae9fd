// SPDX-License-Identifier: Apache-2.0
// Plot functions in Lua: where charts are written, and errors if there are no data.

import Foundation
import LuaAPI
import LuaHost
import Synchronization
import Testing

@Suite struct PlotTests {
  /// The values that a script displays.
  private func shown(_ source: String) throws -> [LuaPresentation] {
    let interpreter = try Interpreter()
    defer { interpreter.close() }
    try LuaAPI.open(in: interpreter)
    try interpreter.globals.set("examples", Script.examples)
    let seen = Mutex<[LuaPresentation]>([])
    interpreter.presenter = { picture in seen.withLock { $0.append(picture) } }
    try interpreter.run(source, chunkName: "@script.lua")
    return seen.withLock { $0 }
  }

  @Test(arguments: [
    "report:plot{ max_drop = 0.01 }", "report:plot{ x = 'ratio', y = 'snr_db', title = 'T' }", "small.report:plot{}",
    "small.report:plot{ value = 'bits', limit = 1 }", "small.report:plot{ value = 'bytes_after' }", "model.weights[2]:plot{}",
    "small.weights.const_2:plot{ before = model.weights.const_2, bins = 10 }",
    "wane.plot({ { a = 1, b = 2 }, { a = 2, b = 3 } }, { x = 'a', y = 'b', kind = 'line' })",
    "wane.plot(report, { x = 'name', y = 'size' })",
    "wane.plot({ { a = 1, b = 'x', c = 2 } }, { x = 'a', y = 'b', value = 'c' })",
  ])
  func picturesAreTextAndSVG(call: String) throws {
    let pictures = try shown(
      Script.digits + """
        small = model:palettize{ nbits = 4, weight_threshold = 512 }
        report = wane.compare({ small = small }, data, { baseline = model, latency = false, metrics = { "accuracy", "snr_db" } })
        \(call)
        """)
    #expect(pictures.count == 1)
    #expect(pictures.first?.text.split(separator: "\n").count ?? 0 >= 3)
    #expect(pictures.first?.forms["image/svg+xml"]?.hasPrefix("<svg ") == true)
  }

  @Test func picturesGoToFiles() throws {
    let path = NSTemporaryDirectory() + "wane-plot-\(UUID().uuidString).svg"
    defer { try? FileManager.default.removeItem(atPath: path) }
    #expect(try shown("wane.plot({ { a = 1, b = 2 } }, { x = 'a', y = 'b', file = '\(path)' })").isEmpty)
    #expect(try String(contentsOfFile: path, encoding: .utf8).hasSuffix("</svg>\n"))
  }

  @Test(arguments: [
    ("{}, { x = 'a', y = 'b' }", "plot: rows is empty"),
    ("5, { x = 'a', y = 'b' }", "plot: rows must be a sequence, got number"),
    ("nil, { x = 'a', y = 'b' }", "plot: rows must be a sequence, got nil"),
    ("{ 1 }, { x = 'a', y = 'b' }", "plot: row 1 must be a table"),
    ("{ { a = 1 } }, { x = 'a', y = 'b' }", "plot: row 1 has nothing as 'b' (number or string expected)"),
    ("{ { a = {}, b = 1 } }, { x = 'a', y = 'b' }", "plot: row 1 has table as 'a'"),
    ("{ { a = 1, b = 1 } }, { x = 'a' }", "plot: option 'y' is required"),
    ("{ { a = 1, b = 1 } }, { x = 'a', y = 'b', kind = 'heatmap' }", "plot: a heat map needs a value"),
    ("{ { a = 1, b = 1 } }, { x = 'a', y = 'b', kind = 'pie' }", "points"),
    ("{ { a = 1, b = 0/0 } }, { x = 'a', y = 'b' }", "there is no finite point to draw"),
    ("{ { a = 1, b = 1 } }, { x = 'a', y = 'b', file = 'x.png' }", "plot: file must end in .svg, got \"x.png\""),
    ("{ { a = 1, b = 1 } }, { x = 'a', y = 'b', file = '/nowhere/x.svg' }", "/nowhere/x.svg"),
  ])
  func whatCannotBeDrawnIsExplained(call: String, sentence: String) {
    let failure = Script.failure("wane.plot(\(call))")
    #expect(failure.contains(sentence), "\(failure)")
  }

  @Test func reportsWithoutLossSayWhatToDraw() {
    let failure = Script.failure(
      "wane.load(examples .. '/digits_cnn.mlpackage'):palettize{ nbits = 4, dry_run = true }:plot{}")
    #expect(failure.contains("a dry run has measured nothing") && failure.contains("value = \"bits\""), "\(failure)")
  }

  @Test func errorsOfRowsPassThrough() {
    #expect(
      Script.failure("wane.plot({ setmetatable({}, { __index = function() error('mine') end }) }, { x = 'a', y = 'b' })").contains("mine"))
  }
}
