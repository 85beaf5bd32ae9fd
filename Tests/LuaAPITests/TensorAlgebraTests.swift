// SPDX-License-Identifier: Apache-2.0

import Testing

@Suite struct TensorAlgebraTests {
  @Test func operatorsBroadcastAndPromote() throws {
    try Script.run(
      """
      local a, b = wane.tensor{ { 1, 2, 3 }, { 4, 5, 6 } }, wane.tensor{ 10, 20, 30 }
      assert((a + b):at{ 1, 2 } == 36 and (2 * a - 1):at{ 0, 0 } == 1 and (-a):at{ 0, 2 } == -3)
      assert((a / 2):at{ 0, 0 } == 0.5 and (a // 2):at{ 0, 0 } == 0 and (a % 2):at{ 1, 0 } == 0 and (a ^ 2):at{ 1, 2 } == 36)
      assert((a + { 1, 1, 1 }):at{ 0, 0 } == 2 and (1 - a):at{ 0, 1 } == -1)
      local i = wane.tensor{ dtype = "int8", data = { 100, -100 } }
      assert((i + 1).dtype == "int8" and (i * 2):at{ 0 } == -56 and (i + 0.5).dtype == "float32" and (i / 4).dtype == "float32")
      assert((i // 3):at{ 1 } == -34 and (i % 3):at{ 1 } == 2)
      local u = wane.tensor{ dtype = "uint8", data = { 250 } }
      assert((u + i).dtype == "int16" and (u + u):at{ 0 } == 244 and (u + -1):at{ 0 } == 249)
      assert((wane.tensor{ true, false } + wane.tensor{ true, true }).dtype == "bool")
      assert((wane.tensor{ true } * 3).dtype == "int64")
      local h = wane.tensor{ dtype = "float16", data = { 0.1 } }
      assert((h + h).dtype == "float16" and (h + wane.zeros{ 1 }).dtype == "float32" and h:eq(0.1):all())
      assert(wane.tensor{ 1 } == wane.tensor{ 1 } and wane.tensor{ 1 } ~= wane.tensor{ 2 })
      """)
  }

  @Test func integersDividedByZeroAreErrors() {
    let tail = "and integers have no quotient by 0; t:cast \"float32\" divides as NumPy does, with inf and nan"
    let i = "wane.tensor{ dtype = 'int32', data = { 1, 2 } }"
    #expect(Script.failure("print(\(i) // 0)") == "//: the divisor is 0, \(tail)")
    #expect(Script.failure("print(\(i) % wane.tensor{ dtype = 'int64', data = { 3, 0 } })") == "%: the divisor is 0 at { 1 }, \(tail)")
    #expect(Script.failure("print(7 // (\(i) - 1))") == "//: the divisor is 0 at { 0 }, \(tail)")
    #expect(Script.failure("print(\(i) // wane.tensor{ dtype = 'uint4', data = { 1, 0 } })").contains("at { 1 }"))
    #expect(Script.failure("assert((\(i) // 0.0):at{ 0 } == math.huge)") == "no error")
  }

  @Test func codesOfFewBitsComputeAsInt32() throws {
    try Script.run(
      """
      for name, most in pairs{ uint1 = 1, uint2 = 3, uint3 = 7, uint4 = 15, uint6 = 63, int4 = 7 } do
        local codes = wane.tensor{ dtype = name, data = { 0, 1, most, 1, most } }
        assert(codes.dtype == name and codes.count == 5 and codes:at{ 2 } == most and codes:max() == most and codes:to_table()[5] == most)
        assert((codes - 8).dtype == "int32" and (codes - 8):at{ 0 } == -8)
        assert((codes * wane.tensor{ 0.5 }).dtype == "float32")
        local moved = wane.concat({ codes, codes:flip() }):reshape{ 5, 2 }:transpose()
        assert(moved.dtype == name and moved:at{ 0, 1 } == most and moved:slice(1, 1, 5, 2).shape[2] == 2)
        assert(codes:set({ 0 }, most):at{ 0 } == most and codes:take({ -1, 1 }):at{ 0 } == most and codes:eq(most):count_nonzero() >= 2)
        assert(not pcall(codes.set, codes, { 0 }, most + 1))
        assert(codes:pad{ widths = 1, value = 1 }:at{ 6 } == 1 and codes:roll(1):at{ 0 } == most and codes:shift(0, 1):at{ 0 } == 0)
        assert(wane.zeros({ 3 }, name):cast(name).dtype == name and tostring(codes):find("max " .. most))
        local values, counts = codes:unique()
        assert(values.dtype == name and counts:sum() == 5)
      end
      local t = wane.tensor{ -9, 3.7, 20 }
      assert(t:cast("int4"):at{ 0 } == -8 and t:cast("int4"):at{ 2 } == 7 and t:cast("uint4"):at{ 0 } == 0)
      """)
  }

  @Test func reductionsTakeAxesAndOptions() throws {
    try Script.run(
      """
      local t = wane.tensor{ { 1, 2, 3 }, { 4, 5, 6 } }
      assert(t:sum(0):at{ 2 } == 9 and t:sum{ 0, 1 }:at{} == 21 and t:sum(-1):at{ 1 } == 15)
      assert(t:sum(1, { keepdims = true }).shape[2] == 1 and t:sum{ keepdims = true }:at{ 0, 0 } == 21 and t:sum{ axes = 0 }:at{ 0 } == 5)
      assert(t:mean(0):at{ 0 } == 2.5 and t:min(0):at{ 1 } == 2 and t:max{ axes = { 0, 1 } }:at{} == 6 and t:prod() == 720)
      assert(t:var() == 3.5 and math.abs(t:std{ correction = 0 } - 1.7078251) < 1e-6 and t:norm{ axes = 1, ord = 1 }:at{ 1 } == 15)
      assert(t:argmin(0):at{ 0 } == 0 and t:argmax(1, { keepdims = true }).shape[2] == 1)
      assert(t:any() == true and t:gt(3):all() == false and t:gt(3):any(0):at{ 0 } == true and t:gt(3):count_nonzero() == 3)
      assert(t:cumsum(0):at{ 1, 2 } == 9 and t:median() == 3.5 and t:quantile({ 0, 1 }, 1).shape[1] == 2)
      local i = t:cast "int32"
      assert(math.type(i:sum()) == "integer" and i:sum(0).dtype == "int64" and i:mean(0).dtype == "float32" and i:max(0).dtype == "int32")
      assert(wane.zeros{ 0 }:sum() == 0 and wane.zeros{ 0, 3 }:sum(0):at{ 2 } == 0 and wane.tensor{ 1, 0/0 }:max() ~= wane.tensor{ 1, 0/0 }:max())
      """)
  }

  @Test func resultsOfSeveralValues() throws {
    try Script.run(
      """
      local values, indices = wane.tensor{ { 3, 1, 2 } }:sort(1, { descending = true })
      assert(values:at{ 0, 0 } == 3 and indices:at{ 0, 2 } == 1 and indices.dtype == "int32")
      local v, i = wane.tensor{ 3, 9, 2 }:topk(2, 0, { largest = false })
      assert(v:at{ 0 } == 2 and i:at{ 1 } == 0)
      local u, s, vt = wane.linalg.svd(wane.random({ 3, 5 }, { dtype = "float64" }))
      assert(u.shape[2] == 3 and s.count == 3 and vt.shape[1] == 3 and vt.shape[2] == 5 and s.dtype == "float64")
      local whole = wane.linalg.svd(wane.random{ 3, 5 }, { full_matrices = true })
      local parts = wane.arange(7):split(3)
      assert(#parts == 3 and parts[3].count == 1)
      local counts, edges = wane.tensor{ 1, 2, 5 }:histogram{ bins = { 0, 2, 5 } }
      assert(counts:at{ 1 } == 2 and edges.count == 3)
      """)
  }

  @Test func everyOperatorRunsAtOnce() throws {
    try Script.run(
      """
      local x = wane.tensor{ { -1, 2 }, { 3, -4 } }
      assert(wane.op.relu{ x = x }:at{ 0, 0 } == 0)
      assert(wane.op.reduce_sum{ x = x, axes = { 1 }, keep_dims = true }.shape[2] == 1)
      assert(wane.op.linear{ x = x, weight = wane.eye(2), bias = { 1, 1 } }:at{ 0, 0 } == 0)
      local a, b = wane.op.split{ x = x, num_splits = 2, axis = 0 }
      assert(a:at{ 0, 1 } == 2 and b:at{ 0, 1 } == -4)
      assert(wane.op.concat{ values = { x, x }, axis = 0 }.shape[1] == 4)
      assert(wane.op.cast{ x = x, dtype = "int32" }.dtype == "int32")
      local y = wane.op.conv{ x = wane.ones{ 1, 1, 4, 4 }, weight = wane.ones{ 1, 1, 3, 3 }, pad_type = "valid" }
      assert(y.shape[3] == 2 and y:at{ 0, 0, 0, 0 } == 9)
      local values, indices = wane.op.topk{ x = x, k = 1, axis = 1 }
      assert(values:at{ 1, 0 } == 3 and indices:at{ 1, 0 } == 0)
      assert(wane.op.gelu{ x = x, mode = "TANH_APPROXIMATION" }.count == 4)
      assert(#wane.op.non_zero{ x = x } == 4)
      """)
  }

  @Test(arguments: [
    ("wane.zeros{ 2, 3 } + wane.zeros{ 2, 4 }", "the shapes [2, 3] and [2, 4] do not broadcast: axis -1 has the extents 3 and 4"),
    ("wane.zeros{ 2 } + 'a'", "got a string"), ("wane.zeros{ 2 } + nil", "got nil"), ("wane.zeros{ 2 } - wane.load", "got a function"),
    ("wane.tensor{ dtype = 'uint8', data = { 1 } } + 300", "300 does not fit uint8"),
    ("wane.tensor{ true } - wane.tensor{ true }", "expected numbers"), ("wane.arange(3) ^ -1", "negative power"),
    ("wane.zeros{ 2, 3 }:sum(2)", "axis 2 is outside a tensor of rank 2 (shape [2, 3])"),
    ("wane.zeros{ 2, 3 }:sum{ 0, 0 }", "axis 0 is named twice"),
    ("wane.zeros{ 2 }:sum(0, { keepdim = true })", "did you mean 'keepdims'"), ("wane.zeros{ 0, 2 }:max(0)", "no elements along axis 0"),
    ("wane.zeros{ 0 }:min()", "no elements"), ("wane.zeros{ 0 }:mean()", "no elements"),
    ("wane.zeros{ 2, 3 }:matmul(wane.zeros{ 2, 3 })", "axis -1 of the first has 3 elements, axis -2 of the second 2"),
    ("wane.zeros{ 2, 3 }:take({ 3 }, 1)", "index 3 is outside axis 1, which has 3 positions"),
    ("wane.zeros{ 2 }:take(0.5)", "whole numbers"),
    ("wane.zeros{ 2 }:take(wane.tensor{ true })", "the mask has shape [1]"),
    ("wane.zeros{ 2, 2 }:transpose{ 0 }", "1 axes for a tensor of rank 2"),
    ("wane.zeros{ 2 }:expand{ 3 }", "does not expand"),
    ("wane.zeros{ 2, 2 }:pad{ widths = { { 1, 1 } } }", "a pair of integers for each of the 2 axes"),
    ("wane.zeros{ 2 }:pad{ widths = 3, mode = 'reflect' }", "at most 1 positions"), ("wane.zeros{ 2 }:pad{}", "'widths' is required"),
    ("wane.zeros{ 2 }:topk(3)", "k is 3, expected 0 to 2"), ("wane.zeros{ 2 }:quantile(2)", "between 0 and 1"),
    ("wane.zeros{ 2 }:slice(0, 0, 2, 0)", "must not be 0"),
    ("wane.concat{ wane.zeros{ 2, 3 }, wane.zeros{ 2, 4 } }", "differ in axis 1"),
    ("wane.stack{ wane.zeros{ 2 }, wane.zeros{ 3 } }", "all must be equal"),
    ("wane.concat{}", "no tensors"), ("wane.einsum('ij,jk', wane.zeros{ 2, 3 })", "1 operands are given, but there are 2"),
    ("wane.einsum('ij->k', wane.zeros{ 2, 3 })", "the axis 'k' of the result is in no operand"),
    ("wane.einsum('i,i', {1, 2}, {1, 2, 3})", "has 2 and 3 positions"),
    ("wane.linalg.inv(wane.zeros{ 2, 2 })", "singular"), ("wane.linalg.cholesky(wane.zeros{ 2, 2 } - 1)", "not positive definite"),
    ("wane.linalg.inv(wane.zeros{ 2, 3 })", "square matrix"), ("wane.linalg.svd(wane.tensor{ { 0/0 } })", "NaN"),
    ("wane.linalg.svd(wane.zeros{ 2 })", "expected a matrix"),
    ("wane.ones{ 1 << 20, 1 } + wane.ones{ 1 << 20 }", "does not fit in memory"), ("wane.arange(1e300)", "does not fit in memory"),
    ("wane.arange(0, 1, 0)", "must not be 0"),
    ("wane.full({ 1 << 62, 4 }, 1)", "does not fit in memory"), ("wane.tensor{ 1 }:histogram{ bins = 0 }", "must be 1 to"),
    ("wane.op.relux", "did you mean 'relu'"),
    ("wane.op.relu{ x = wane.arange(3) }", "relu: x must be fp16, fp32, found int64; t:cast \"int32\""),
    ("wane.op.relu{ y = 1 }", "unknown option 'y'"),
    ("wane.op.add{ x = wane.zeros{ 2 }, y = wane.zeros{ 3 } }", "do not broadcast"), ("wane.op.relu{}", "'x' is required"),
    ("wane.op.matmul{ x = wane.zeros{ 2, 3 }, y = wane.zeros{ 2, 3 } }", "inner extents differ"),
    ("wane.op.softmax{ x = wane.zeros{ 2 }, axis = 4 }", "axis is 4"),
    ("wane.zeros({ 2 }, 'uint5')", "'uint6'"), ("wane.tensor{ dtype = 'uint4', data = { 16 } }", "from 0 to 15"),
    ("wane.tensor{ 1, 2 }:map(function() end)", "must return a number"),
    ("wane.tensor{ 1, 2 }:set({ 0 }, { 1, 2, 3 })", "does not expand"), ("wane.stats.pearson({ 1, 2 }, { 1 })", "differ"),
    ("wane.uniform({ 2 }, { low = 2, high = 1 })", "must not exceed"),
  ])
  func mistakesAreExplained(_ source: String, _ part: String) {
    let failure = Script.failure("local _ = " + source)
    #expect(failure.contains(part), "\(failure)")
  }

  @Test func resultsDoNotChangeTheirSources() throws {
    try Script.run(
      """
      local t = wane.tensor{ 1, 2, 3 }
      local r = t:reshape{ 3, 1 }
      local s = r:set({ 0, 0 }, 9)
      assert(t:at{ 0 } == 1 and r:at{ 0, 0 } == 1 and s:at{ 0, 0 } == 9)
      local part = t:slice(0, 1)
      assert(part:set({ 0 }, 7):at{ 0 } == 7 and t:at{ 1 } == 2)
      """)
  }

  @Test func jsonAndTables() throws {
    try Script.run(
      """
      local v = wane.json.decode('{"a": [1, 2.5, null, {}], "b": [], "c": "é"}')
      assert(v.a[1] == 1 and math.type(v.a[1]) == "integer" and v.a[3] == wane.json.null and #v.b == 0)
      assert(wane.json.encode(v) == '{"a": [1, 2.5, null, {}], "b": [], "c": "é"}')
      assert(wane.json.encode(wane.tensor{ { 1, 0.1 } }) == "[[1.0, 0.1]]")
      assert(wane.json.encode({ 1 }, { indent = 2 }) == "[\\n  1\\n]")
      local cycle = {} cycle.x = cycle
      for _, bad in ipairs{ cycle, { [1.5] = 1 }, { 1, a = 2 }, 0/0, print, { [3] = 1 } } do assert(not pcall(wane.json.encode, bad)) end
      local ok, e = pcall(wane.json.decode, "[1,\\n 2,, 3]")
      assert(not ok and e.kind == "format" and e.message:find("line 2, column 4"), e.message)
      local rows = wane.csv.decode("a,b\\n1,x\\n2,\\"y,z\\"\\n", { header = true, numbers = true })
      assert(#rows == 2 and rows[2].a == 2 and rows[2].b == "y,z")
      assert(wane.csv.encode(rows, { header = { "b", "a" } }) == "b,a\\nx,1\\n\\"y,z\\",2\\n")
      assert(wane.csv.encode(rows) == "a,b\\n1,x\\n2,\\"y,z\\"\\n")
      local found = wane.glob(examples .. "/*.lua")
      assert(#found > 3 and found[1]:match("01") and #wane.glob(examples .. "/{01,02}*.lua") == 2 and #wane.glob(examples .. "/**/*.mlmodel") >= 1)
      """)
  }
}
