// SPDX-License-Identifier: Apache-2.0

import LuaHost
import Testing

@Suite struct TensorTests {
  @Test func tablesBecomeTensorsAndComeBack() throws {
    try Script.run(
      """
      local t = wane.tensor{ { 1, 2, 3 }, { 4, 5, 6 } }
      assert(t.dtype == "float32" and t.shape[1] == 2 and t.shape[2] == 3 and t.count == 6)
      assert(t:at{ 1, 0 } == 4 and t:at{ -1, -1 } == 6)
      local back = t:to_table()
      assert(back[2][3] == 6)
      assert(t:reshape{ 3, -1 }:at{ 2, 1 } == 6)
      assert(t:slice(1, 1, 3):to_table()[2][1] == 5)
      assert(t:argmax(0):to_table()[1] == 1 and t:argmax():to_table()[2] == 2)
      assert(t:min() == 1 and t:max() == 6 and t:sum() == 21 and t:mean() == 3.5)
      local i = wane.tensor{ shape = { 2, 2 }, dtype = "int32", data = { 1, 2, 3, 2147483647 } }
      assert(i:at{ 1, 1 } == 2147483647 and math.type(i:max()) == "integer")
      assert(wane.tensor{ 1.7, -1.7 }:cast("int8"):to_table()[2] == -1)
      assert(wane.tensor{ true, false }.dtype == "bool")
      assert(wane.random({ 5 }, { seed = 3 }) == wane.random({ 5 }, { seed = 3 }))
      """)
  }

  @Test func arraysOnDisk() throws {
    try Script.run(
      """
      local t = wane.random{ 3, 4 }
      wane.save_npy(scratch .. ".npy", t)
      assert(wane.load_npy(scratch .. ".npy") == t)
      wane.save_npz(scratch .. ".npz", { a = t, b = wane.zeros({ 2 }, "int64") })
      local all = wane.load_npz(scratch .. ".npz")
      assert(all.a == t and all.b.dtype == "int64")
      wane.save_npz(scratch .. ".npz", { label = "cat", labels = { "cat", "dog" }, odds = { dog = 0.25, cat = 0.75 } })
      local file = assert(io.open(scratch .. ".npz", "rb")):read("a")
      for _, name in ipairs{ "label", "labels", "odds", "odds_labels" } do assert(file:find(name .. ".npy", 1, true)) end
      assert(file:find("'descr': '<U3', 'fortran_order': False, 'shape': ()", 1, true))
      assert(not pcall(wane.save_npz, scratch .. ".npz", { mixed = { "cat", 1 } }))
      os.remove(scratch .. ".npy") os.remove(scratch .. ".npz")
      """)
  }

  @Test(arguments: [
    ("wane.tensor{ { 1, 2 }, { 3 } }", "rows of different lengths: 2 and 1"),
    ("wane.tensor{ { 1, 2 }, 3 }", "numbers and tables side by side"),
    ("wane.tensor{ 1, { 2 } }", "numbers and tables side by side"),
    ("wane.tensor{ { 1, 2 }, { { 3 }, { 4 } } }", "numbers and tables side by side"),
    ("wane.tensor{ { { 1 }, { 2 } }, { 3, 4 } }", "numbers and tables side by side"),
    ("wane.tensor{ true, { false } }", "numbers and tables side by side"),
    ("wane.tensor{ true, 2 }", "booleans and numbers side by side"),
    ("wane.zeros({ 2, -1 })", "extents not below 0"),
    ("wane.zeros({ 2 }, \"float23\")", "'float16'"),
    ("wane.zeros({ 2, 3 }):reshape{ 4 }", "has 6 elements"),
    ("wane.zeros({ 2, 3 }):at{ 2, 0 }", "index 2 is outside axis 0"),
    ("wane.zeros({ 2, 3 }):slice(2, 0)", "axis 2 is outside a tensor of rank 2"),
    ("local x = wane.zeros({ 2 }).shap", "did you mean 'shape'"),
    ("wane.load_npy(\"/no/such.npy\")", "/no/such.npy"),
  ])
  func mistakesAreExplained(_ source: String, _ part: String) {
    #expect(Script.failure(source).contains(part), "\(Script.failure(source))")
  }

  @Test func extremesOfIntegersAreWhole() throws {
    try Script.run(
      """
      local t = wane.tensor{ dtype = "int32", data = { 20720, -123456, 7 } }
      assert(tostring(t):find("min -123456  max 20720", 1, true), tostring(t))
      assert(tostring(wane.tensor{ 20720, 1 }):find("max 2.072e+04", 1, true))
      """)
  }
}
