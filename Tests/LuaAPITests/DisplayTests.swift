// SPDX-License-Identifier: Apache-2.0
// The display of tensors, weights and reports on screens of different sizes.

import LuaAPI
import LuaHost
import Testing
import TextLayout

@Suite struct DisplayTests {
  /// The text that the prompt displays for an expression on a screen of this size.
  private func shown(_ setting: String, _ expression: String, _ columns: Int, _ rows: Int) throws -> String {
    let interpreter = try Interpreter()
    defer { interpreter.close() }
    try LuaAPI.open(in: interpreter)
    interpreter.screen = { DisplayFrame(columns: columns, rows: rows) }
    try interpreter.globals.set("examples", Script.examples)
    try interpreter.run(setting)
    let value = try interpreter.run("return " + expression).first ?? .nil
    interpreter.isShowing = true
    return try interpreter.describe(value)
  }

  private func fits(_ text: String, _ columns: Int, _ rows: Int) -> Bool {
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
    return lines.count <= rows - 1 && lines.allSatisfy { DisplayWidth.of($0) <= columns }
  }

  @Test(
    arguments: [
      "{ 3 }", "{ 64 }", "{ 1000 }", "{ 8, 8 }", "{ 100, 100 }", "{ 4, 5, 6 }", "{ 2, 3, 4, 5 }", "{ 8, 8, 8, 8 }", "{ 2, 2, 2, 2, 2, 2 }",
      "{ 4, 4, 4, 4, 4, 4, 4 }", "{ 1, 1, 1, 1, 1, 1, 1, 70 }", "{ 70, 1, 1, 1 }",
    ], [(60, 24), (200, 50)])
  func tensorsOfAnyRankFit(shape: String, screen: (Int, Int)) throws {
    let text = try shown("", "wane.random(\(shape))", screen.0, screen.1)
    #expect(fits(text, screen.0, screen.1), "\(shape) on \(screen):\n\(text)")
    #expect(text.count { $0 == "[" } == text.count { $0 == "]" })
  }

  @Test func tensorsAreAlignedAsInNumPy() throws {
    let text = try shown("", "wane.tensor{ { 1, -20 }, { 300.5, 4 } }", 80, 24)
    #expect(text.hasSuffix("[[    1   -20]\n [300.5     4]]"))
    #expect(
      try shown(
        "",
        "wane.tensor{ shape = { 100 }, dtype = 'int32', data = (function() local t = {} for i = 1, 100 do t[i] = i end return t end)() }",
        80, 24
      ).hasSuffix("[  1   2   3 …  98  99 100]"))
  }

  private let setting = """
    model = wane.load(examples .. "/digits_cnn.mlpackage")
    small = model:palettize{ nbits = 4, weight_threshold = 512 }
    """

  @Test(arguments: [(60, 24), (80, 24), (200, 50)])
  func reportsFit(columns: Int, rows: Int) throws {
    for expression in ["small.report", "model.weights", "small:benchmark{ runs = 2, profile = true }", "model:memory_plan()"] {
      let text = try shown(setting, expression, columns, rows)
      #expect(fits(text, columns, rows), "\(expression) at \(columns):\n\(text)")
    }
  }

  @Test func reportsTellReasonsOnce() throws {
    let text = try shown(setting, "small.report", 100, 24)
    #expect(text.contains("palettized") && text.contains("left alone") && !text.contains("skipped"))
    #expect(text.contains("elements do not exceed weight_threshold 512"))
    try Script.run(
      """
      local model = wane.load(examples .. "/digits_cnn.mlpackage")
      local report = model:palettize{ nbits = 4, weight_threshold = 512 }.report
      local text = tostring(report)
      for i = 1, #report do assert(report[i].action ~= "palettized" or text:find(report[i].name, 1, true)) end
      assert(not pcall(report.print, report, { sort = "colour" }))
      report:print{ all = true, sort = "snr_db" }
      """)
  }

  @Test func tostringIsWholeAndPrintFits() throws {
    let interpreter = try Interpreter()
    defer { interpreter.close() }
    try LuaAPI.open(in: interpreter)
    interpreter.screen = { DisplayFrame(columns: 40, rows: 12) }
    try interpreter.globals.set("examples", Script.examples)
    let whole = try interpreter.run("model = wane.load(examples .. '/digits_cnn.mlpackage') return tostring(model.weights)").first?.string
    #expect(whole?.contains("…") == false)
    interpreter.isShowing = true
    let weights = try interpreter.run("return model.weights").first ?? .nil
    #expect(try interpreter.describe(weights).split(separator: "\n").allSatisfy { DisplayWidth.of($0) <= 40 })
  }

  @Test(arguments: [
    ("model.weights[0]", "count from 1"), ("small.report[0]", "count from 1"), ("model.weights[1].shape[0]", "count from 1"),
    ("wane.zeros{ 2 }.shape[0]", "x[1] is the first"), ("model.inputs[0]", "count from 1"), ("wane.zeros{ 2 }[0]", "t:at{ 0"),
    ("np.zeros(3)", "wane.tensor"), ("ct.models", "wane.load"), ("len(model.weights)", "#x"), ("{} + 1", "wane.tensor"),
  ])
  func habitsOfPythonAreAnswered(code: String, part: String) throws {
    let failure = Script.failure(
      "local examples = examples model = wane.load(examples .. '/digits_cnn.mlpackage') small = model:palettize{ nbits = 4 } return \(code)"
    )
    #expect(failure.contains(part), "\(failure)")
  }

  @Test func metricsAreListed() throws {
    let interpreter = try Interpreter()
    try LuaAPI.open(in: interpreter)
    let help = HelpText(interpreter.catalog)
    let metrics = try help.text(named: "metrics")
    #expect(metrics.contains("snr_db") && metrics.contains("accuracy") && metrics.contains("agreement"))
    for word in ["where", "per_block", "kmeans", "weight_threshold", "snr_db", "sparsity", "front"] {
      #expect(try !help.text(named: word).isEmpty, "\(word)")
    }
    #expect(try help.text(named: "per_block").contains("granularity"))
  }

  @Test func barsOfManyLayersAreReadable() throws {
    try Script.run(
      """
      local model = wane.load(examples .. "/digits_cnn.mlpackage")
      local report = model:quantize{ weight_threshold = 0 }.report
      local path = scratch .. ".svg"
      report:plot{ order = "value", limit = 2, file = path }
      local svg = assert(io.open(path)):read("a")
      assert(svg:find("the 2 lowest of", 1, true))
      report:plot{ label = function(entry) return "<" .. entry.op_name end, file = path }
      assert(assert(io.open(path)):read("a"):find("&lt;", 1, true))
      os.remove(path)
      """)
  }

  @Test func recordsShowTheirFields() throws {
    try Script.run(
      Script.digits + """
        local reader = model.weights.f1_weight.readers[1]
        assert(tostring(reader):find('^WeightReader{\\n  op_type = "linear",\\n  op_name = "linear_0",\\n  parameter = "weight"'), tostring(reader))
        -- Short ones take a line; fields without a value are left out, tables are cut.
        local entry = wane.convert(examples .. "/digits_mlp.onnx").report[1]
        assert(tostring(entry) == 'ConversionEntry{ operator = "Flatten", count = 1, becomes = { reshape = 1 } }', tostring(entry))
        local context
        model:map_weights(function(w, c) context = context or c end)
        local text = tostring(context)
        assert(text:find("WeightContext{", 1, true) and text:find("is_dry_run = false", 1, true) and not text:find("statistics", 1, true), text)
        assert(not text:find("table: 0x", 1, true) and text:find("weight = ", 1, true))
        """)
  }
}
