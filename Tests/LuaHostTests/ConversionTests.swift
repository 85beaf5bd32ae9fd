// SPDX-License-Identifier: Apache-2.0
// Conversion of Swift values to Lua and back.
import LuaHost
import Testing

@Suite struct ConversionTests {
  func roundTrip<T: LuaConvertible>(_ value: T) throws -> T {
    let lua = try Interpreter()
    return try lua.value(value).read(as: T.self, in: lua)
  }

  @Test func valuesSurvive() throws {
    #expect(try roundTrip(true))
    #expect(try roundTrip(Int.min) == Int.min)
    #expect(try roundTrip(0.1) == 0.1)
    #expect(try roundTrip("naïve 月") == "naïve 月")
    #expect(try roundTrip("a\0b") == "a\0b")
    #expect(try roundTrip(LuaBytes([0, 255, 10])) == LuaBytes([0, 255, 10]))
    #expect(try roundTrip([1, 2, 3]) == [1, 2, 3])
    #expect(try roundTrip([0.5, 2]) == [0.5, 2])
    #expect(try roundTrip([[1.5], [], [2, 3]]) == [[1.5], [], [2, 3]])
    #expect(try roundTrip(["a": [1], "b": []]) == ["a": [1], "b": []])
    #expect(try roundTrip(Int?.none) == nil)
    #expect(try roundTrip(Crate.Granularity.perChannel) == .perChannel)
  }

  @Test func mismatchesSayWhere() throws {
    let lua = try Interpreter()
    func mismatch<T: LuaConvertible>(_ source: String, _ type: T.Type) throws -> String? {
      let value = try lua.run("return " + source)[0]
      return #expect(throws: LuaMismatch.self) { _ = try value.read(as: type, in: lua) }?.sentence
    }
    #expect(try mismatch("{{1}, {2, 'x'}}", [[Int]].self) == "[2][2]: integer expected, got string")
    #expect(
      try mismatch("{a = {1, true}}", [String: [Double]].self)
        == ".a[2]: number expected, got boolean")
    #expect(try mismatch("{[1] = 2}", [String: Int].self) == "string as key expected, got number")
    #expect(try mismatch("2^63", Int.self) == "integer expected, got 9.223372036854776e+18")
    #expect(try mismatch("-1", UInt8.self) == "-1 is out of range (0 to 255)")
    #expect(
      try mismatch("'per'", Crate.Granularity.self)?.hasPrefix("must be one of 'per_tensor'")
        == true)
  }

  @Test func numbersInBulk() throws {
    let lua = try Interpreter()
    let table = try #require(
      lua.run("local t = {} for i = 1, 1000 do t[i] = i / 2 end return t")[0].table)
    let numbers = try table.numbers()
    #expect(numbers.count == 1000)
    #expect(numbers[0] == 0.5 && numbers[999] == 500)
    try table.set(7, "seven")
    let mismatch = #expect(throws: LuaMismatch.self) { try table.numbers() }
    #expect(mismatch?.sentence == "[7]: number expected, got string")
    #expect(try lua.newTable().numbers() == [])
  }

  @Test func tables() throws {
    let lua = try Interpreter()
    let table = lua.newTable()
    try table.set("a", 1)
    try table.set(1, "first")
    try table.set(2, [1, 2])
    #expect(table["a"].integer == 1)
    #expect(table[1].string == "first")
    #expect(table[2].table?.count == 2)
    #expect(table.count == 2)
    #expect(try table.pairs().count == 3)
    #expect(table["absent"].isNil)
    #expect(throws: LuaError.self) { try table.set(LuaValue.nil, 1) }
    #expect(throws: LuaError.self) { try table.set(Double.nan, 1) }
    let meta = try #require(
      lua.run("return setmetatable({}, {__index = function(t, k) return k .. '!' end})")[0].table)
    #expect(try meta.get("x").string == "x!")
    #expect(meta["x"].isNil, "raw")
    let bomb = try #require(
      lua.run("return setmetatable({}, {__index = function() error 'bang' end})")[0].table)
    #expect(throws: LuaError.self) { try bomb.get("x") }
  }

  @Test func valuesOfAnotherStateAreRefused() throws {
    let one = try Interpreter()
    let two = try Interpreter()
    let table = try one.run("return {}")[0]
    #expect(throws: LuaError.self) { try two.globals.set("x", table) }
  }

  @Test func typesInWords() {
    #expect("\([[Double]]?.luaType)" == "number[][]?")
    #expect("\([String: Int].luaType)" == "table<string, integer>")
    #expect("\(Crate.Granularity?.luaType)" == "(\"per_tensor\"|\"per_channel\")?")
    #expect("\([Crate].luaType)" == "Crate[]")
    #expect("\(LuaValue?.luaType)" == "any")
  }
}
