// SPDX-License-Identifier: Apache-2.0
// Packages with several functions whose weights have the same names.

import Testing

struct SeveralFunctionTests {
  private static let setting = """
    local path = fixtures .. "/models/functions.mlpackage"
    local one, two = wane.load(path), wane.load(path, { ["function"] = "two" })

    """

  @Test func aNameMeansTheWeightOfTheFunctionThatRuns() throws {
    try Script.run(
      Self.setting + """
        for name, model in pairs{ one = one, two = two } do
          assert(model.weights.own_weight_0.function_name == name and model.weights[1].function_name == name)
          assert(#model.weights == 8)
          local x = wane.random({ 1, 16 }, { seed = 1 })
          -- y = own · shared · x: only the weight of that function gives it.
          local y = model:predict{ x = x }.own
          local h = {}
          local shared, own = model.weights.shared_weight_0:to_tensor(), model.weights.own_weight_0:to_tensor()
          for i = 0, 15 do
            h[i] = 0
            for j = 0, 15 do h[i] = h[i] + shared:at{ i, j } * x:at{ 0, j } end
          end
          for i = 0, 15 do
            local sum = 0
            for j = 0, 15 do sum = sum + own:at{ i, j } * h[j] end
            assert(math.abs(sum - y:at{ 0, i }) < 1e-3, name .. " " .. i)
          end
        end
        """)
  }

  @Test func tablesNameTheFunction() throws {
    try Script.run(
      Self.setting + """
        local shown = tostring(one.weights)
        assert(shown:find("own_weight_0     one", 1, true) and shown:find("own_weight_0     two", 1, true), shown)
        local small = one:palettize{ nbits = 2, weight_threshold = 0 }
        local report = tostring(small.report)
        assert(report:find("^weight +function +operator"), report)
        assert(report:find("own_weight_0 +one") and report:find("own_weight_0 +two"), report)
        assert(small.report[1].function_name == "one" or small.report[1].function_name == "two")
        -- The reasons count what the totals count: the shared biases are zeros, and one.
        local left = 0
        for n in report:gmatch("left alone (%d+):") do left = left + tonumber(n) end
        assert(left == small.report.skipped, left .. " " .. small.report.skipped)
        assert(not tostring(wane.load(examples .. "/digits_cnn.mlpackage").weights):find("function", 1, true))
        """)
  }

  @Test func anotherFunctionIsADifference() throws {
    try Script.run(
      Self.setting + """
        local rows = wane.diff(one, two)
        assert(#rows == 1 and rows[1].part == "model" and rows[1].name == "function", tostring(rows))
        assert(rows[1].first == "one" and rows[1].second == "two")
        assert(#wane.diff(one, one) == 0)
        """)
  }
}
