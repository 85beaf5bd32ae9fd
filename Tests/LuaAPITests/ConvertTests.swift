// SPDX-License-Identifier: Apache-2.0
// Options of wane.convert as scripts give them: known results, chosen precision, states.

import Testing

struct ConvertTests {
  /// `path` is a network of two layers, `known` its results for `inputs`.
  private static let digits = """
    path = examples .. "/digits_mlp.onnx"
    local reference = wane.convert(path, { precision = "float32", dims = { batch = 1 } })
    input, output = reference.inputs[1].name, reference.outputs[1].name
    local x = wane.load_npz(examples .. "/digits.npz").test_x:slice(0, 0, 1):scale(1 / 16):reshape(reference.inputs[1].shape)
    inputs = { [input] = x }
    known = reference:predict(inputs)
    function convert(options)
      options.dims = { batch = 1 }
      return wane.convert(path, options)
    end

    """

  private func run(_ code: String) throws { try Script.run(Self.digits + code) }

  private func expectFailure(_ code: String, _ parts: [String]) {
    let failure = Script.failure(Self.digits + code)
    for part in parts { #expect(failure.contains(part), "\(failure)") }
  }

  @Test func knownResultsAreCompared() throws {
    try run(
      """
      convert{ precision = "float32", check = { inputs = inputs, outputs = known } }
      convert{ check = { inputs = inputs, outputs = known } }
      wane.save_npz(scratch .. "-in.npz", inputs)
      wane.save_npz(scratch .. "-out.npz", known)
      convert{ precision = "float32", check = { inputs = scratch .. "-in.npz", outputs = scratch .. "-out.npz", atol = 1e-6, rtol = 0 } }
      os.remove(scratch .. "-in.npz"); os.remove(scratch .. "-out.npz")
      """)
  }

  @Test func anErrorNamesTheWorstElement() {
    expectFailure(
      "local wrong = known[output]:set({ 0, 3 }, 100); convert{ check = { inputs = inputs, outputs = { [output] = wrong } } }",
      ["differs from check.outputs: 1 of 10 elements", "at { 0, 3 }", "100"])
    expectFailure(
      "convert{ check = { inputs = inputs, outputs = { [output] = known[output] * (0 / 0) } } }", ["10 of 10 elements", "by up to inf"])
  }

  @Test func resultsThatDoNotFitAreErrors() {
    expectFailure("convert{ check = { inputs = inputs, outputs = { other = known[output] } } }", ["no output 'other'"])
    expectFailure("convert{ check = { inputs = { other = inputs[input] }, outputs = known } }", ["no input 'other'"])
    expectFailure("convert{ check = { inputs = inputs, outputs = {} } }", ["no results are given"])
    expectFailure("convert{ check = { inputs = inputs, outputs = { [output] = wane.zeros{ 1, 9 } } } }", ["[1, 10], expected [1, 9]"])
    expectFailure("convert{ check = { inputs = inputs } }", ["check.outputs must be the path"])
    expectFailure("convert{ check = { inputs = inputs, outputs = known, tolerance = 1 } }", ["unknown field 'tolerance'"])
    expectFailure("convert{ check = { inputs = inputs, outputs = known, atol = -1 } }", ["atol must be a number of at least 0"])
    expectFailure("convert{ dry_run = true, check = { inputs = inputs, outputs = known } }", ["dry run"])
    expectFailure("convert{ check = { inputs = 'missing.npz', outputs = known } }", ["missing.npz"])
  }

  @Test func aFunctionChoosesThePrecision() throws {
    try run(
      """
      local seen = {}
      local model = convert{ precision = function(op)
        seen[op.type] = op
        return op.type ~= "softmax"
      end }
      assert(seen.linear and #seen.linear.name > 0 and seen.linear.inputs.x)
      local halves = select(2, model:text():gsub("fp16", ""))
      local none = select(2, convert{ precision = function() return false end }:text():gsub("fp16", ""))
      local single = select(2, convert{ precision = "float32" }:text():gsub("fp16", ""))
      assert(halves > 0 and none == single)
      """)
    expectFailure("convert{ precision = function() end }", ["must return true for float16 or false"])
    expectFailure("convert{ precision = function() error('mine') end }", ["mine"])
    expectFailure("convert{ precision = 'float64' }", ["float16", "float32"])
  }

  @Test func statesArePairsOfNames() {
    expectFailure("convert{ states = 5 }", ["states must be true, false, or pairs"])
    expectFailure("convert{ states = { 'past', 'present' } }", ["entry 1 is not a pair"])
    expectFailure("convert{ states = { { 'past' } } }", ["entry 1 is not a pair"])
    expectFailure("convert{ states = {} }", ["states must be"])
    expectFailure("convert{ states = { past = 'present' } }", ["states must be"])
    expectFailure("convert{ states = { { 'past', 'present' } } }", ["there is no input 'past'"])
  }

  @Test func statesMayBeOff() throws {
    try Script.run(
      """
      local with = wane.convert(fixtures .. "/torch/counter.pt2", { precision = "float32" })
      local without = wane.convert(fixtures .. "/torch/counter.pt2", { precision = "float32", states = false })
      assert(with:text():find("read_state", 1, true) and not without:text():find("read_state", 1, true))
      local told = false
      for _, note in ipairs(without.report.notes) do told = told or note:find("without states", 1, true) end
      assert(told)
      """)
  }
}
