// SPDX-License-Identifier: Apache-2.0
// Conversion of Lua numbers to a declared dtype: exact, rounded for floats, or an error.

import LuaHost
import Testing

struct ConversionTests {
  private static let networks = """
    ids = wane.nn.model(function(g, inputs) return { y = g:op("add", { x = inputs.ids, y = 0 }) } end,
      { inputs = { ids = { shape = { 2 }, dtype = "int32" } } })
    half = wane.nn.model(function(g, inputs) return { y = g:op("add", { x = inputs.x, y = 0.0 }) } end,
      { inputs = { x = { shape = { 2 }, dtype = "float16" } } })

    """

  @Test(arguments: [
    ("wane.tensor{ dtype = 'int32', data = { 1, 2.5 } }", "tensor: 2.5 at { 1 } (from 0), but int32 holds"),
    ("wane.tensor{ dtype = 'int32', data = { 2^31 } }", "2147483648 at { 0 }"),
    ("wane.tensor{ dtype = 'uint8', data = { { 0, -1 } } }", "-1 at { 0, 1 } (from 0), but uint8 holds whole numbers from 0 to 255"),
    ("wane.tensor{ dtype = 'int8', data = { 128 } }", "int8 holds whole numbers from -128 to 127"),
    ("wane.tensor{ dtype = 'bool', data = { 0, 2 } }", "2 at { 1 } (from 0), but bool holds"),
    ("wane.tensor{ dtype = 'int64', data = { 0/0 } }", "nan at { 0 }"),
    ("wane.tensor{ dtype = 'int64', data = { 2^63 } }", "int64 holds"),
    ("wane.tensor{ dtype = 'float16', data = { 1, 1e5 } }", "100000 at { 1 } (from 0), but float16 holds numbers from -65504"),
    ("wane.tensor{ dtype = 'float32', data = { 1e39 } }", "1e+39 at { 0 } (from 0), but float32 holds"),
    ("wane.tensor{ dtype = 'int16', data = wane.tensor{ 40000 } }", "40000 at { 0 }"),
    ("wane.tensor{ 1, 1e39 }", "1e+39 at { 1 }"),
    ("wane.tensor{ 1, 16777217 }", "the integer 16777217 is no float32"),
    ("wane.tensor{ shape = { 1.5 }, data = { 1 } }", "shape has 1.5"),
    ("wane.tensor{ shape = { 0/0 }, data = { 1 } }", "expected an integer of at least 0"),
    ("wane.tensor{ dtype = 5, data = { 1 } }", "unknown dtype"),
    ("ids:predict{ ids = { { 0, 2^40 } } }", "input 'ids': 1099511627776 at { 0, 1 } (from 0), but int32 holds"),
    ("ids:predict{ ids = { { 1.5, 0 } } }", "1.5 at { 0, 0 }"),
    ("ids:predict{ ids = wane.tensor{ dtype = 'int64', data = { { 1 << 40, 0 } } } }", "1099511627776 at { 0, 0 }"),
    ("ids:predict{ ids = wane.tensor{ dtype = 'float64', data = { { 2^31, 0 } } } }", "2147483648 at { 0, 0 }"),
    ("half:predict{ x = { { 0, 1e5 } } }", "but float16 holds numbers from -65504 to 65504"),
    ("half:predict{ x = { { 0, 1e39 } } }", "1e+39 at { 0, 1 }"),
    ("ids:benchmark{ runs = 1, inputs = { ids = { { 0, 2^40 } } } }", "int32 holds"),
    (
      "half:evaluate(wane.dataset{ inputs = { x = { { 1, 2 }, { 3, 1e5 } } } }, { baseline = half })",
      "input 'x' of the data set: 100000 at { 1, 1 }"
    ),
    (
      "wane.nn.model(function(g, i) return { y = g:op('concat', { values = { i.x, i.x }, axis = 1.5 }) } end, { inputs = { x = { 2 } } })",
      "axis is given 1.5"
    ),
    (
      "wane.nn.model(function(g, i) return { y = i.x + wane.tensor{ dtype = 'float64', data = { 1e39 } } } end, { inputs = { x = { 2 } } })",
      "y is given 1e+39"
    ),
    (
      "wane.nn.model(function(g, i) return { y = g:constant{ 1, (1 << 40) + 1 } } end, { inputs = { x = { 2 } } })",
      "val is given 1099511627777"
    ),
    ("wane.tensor{ 1 }:scale(1e39)", "scale: 1e+39 is beyond float32"),
    ("wane.dataset{ inputs = { x = { 1 } }, scale = 1e39 }", "option 'scale' must be in"),
  ])
  func isRefused(_ code: String, _ part: String) {
    let failure = Script.failure(Self.networks + code)
    #expect(failure.contains(part), "\(failure)")
  }

  @Test func whatFitsIsExact() throws {
    try Script.run(
      Self.networks + """
        local big = 2^24 + 1
        assert(ids:predict{ ids = { { 16777217, -2147483648 } } }.y:at{ 0, 0 } == 16777217)
        assert(ids:predict{ ids = { { big, 2147483647.0 } } }.y:at{ 0, 1 } == 2147483647)
        assert(ids:predict{ ids = { { big, 0 } } }.y:at{ 0, 0 } == 16777217)
        assert(ids:predict{ ids = { { true, false } } }.y:at{ 0, 0 } == 1)
        local wide = wane.tensor{ dtype = "int64", data = { math.maxinteger, math.mininteger, (1 << 53) + 1 } }
        assert(wide:at{ 0 } == math.maxinteger and wide:at{ 1 } == math.mininteger and wide:at{ 2 } == (1 << 53) + 1)
        assert(wide:to_table()[3] == (1 << 53) + 1 and wide:max() == math.maxinteger and wide:min() == math.mininteger)
        assert(#tostring(wide) > 0)
        assert(wane.tensor{ dtype = "float64", data = { 0.1 } }:at{ 0 } == 0.1)
        assert(wane.tensor{ dtype = "int32", data = { { 1, 2 }, { 3, 4 } } }.shape[2] == 2)
        assert(wane.tensor{ 0.1, 1/0, 2^40 }.dtype == "float32")
        assert(wane.tensor{ dtype = "float16", data = { 1/0 } }:at{ 0 } == 1/0)
        assert(wane.tensor{ true, false }.dtype == "bool")
        -- An explicit cast makes do, as PyTorch's.
        local t = wane.tensor{ 1.9, -1.9, 300 }
        assert(t:cast("int32"):at{ 1 } == -1 and t:cast("uint8"):at{ 2 } == 255 and t:cast("float16"):at{ 2 } == 300)
        wane.save_npz(scratch .. ".npz", { ids = { 16777217, 1 }, x = { 0.5 } })
        local back = wane.load_npz(scratch .. ".npz")
        assert(back.ids:at{ 0 } == 16777217 and back.x.dtype == "float32")
        os.remove(scratch .. ".npz")
        """)
  }

  @Test(arguments: [
    ("t:step{ inputs = { ids = { { 0, 2^40 } } }, labels = { 0 } }", "the input 'ids' has 1099511627776 at { 0, 1 }"),
    ("t:step{ inputs = { ids = { { 0, 1 } } }, labels = { 1.5 } }", "labels are classes from 0 to 2, found 1.5"),
    ("t:step{ inputs = { ids = { { 0, 1 } } }, labels = wane.tensor{ dtype = 'int64', data = { 1 << 40 } } }", "1099511627776"),
    ("t:step{ inputs = { ids = { { 0, 1 } } }, lables = { 1 } }", "not 'lables'; did you mean 'labels'?"),
  ])
  func trainingRefusesTheSame(_ code: String, _ part: String) {
    let failure = Script.failure(
      """
      local net = wane.nn.model(function(g, inputs)
        return { y = wane.nn.linear{ out_features = 3 }(g:op("cast", { x = inputs.ids, dtype = "fp32" })) }
      end, { inputs = { ids = { shape = { 2 }, dtype = "int32" } } })
      local t = wane.trainer(net, {})

      """ + code)
    #expect(failure.contains(part), "\(failure)")
  }
}
