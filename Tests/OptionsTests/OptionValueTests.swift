// SPDX-License-Identifier: Apache-2.0
// Option values: equality, text, numbers for axes.

import Options
import Testing

@Suite("OptionValue") struct OptionValueTests {
  @Test func lenientEquality() {
    #expect(OptionValue.integer(1) != .number(1) && OptionValue.integer(1).equals(.number(1)))
    #expect(OptionValue.number(1.5).equals(.number(1.5)) && !OptionValue.number(1.5).equals(.integer(1)))
    #expect(OptionValue.list([]).equals(.dictionary([:])) && !OptionValue.list([.null]).equals(.dictionary([:])))
  }

  @Test func words() {
    let value: OptionValue = .dictionary(["b": .list([.null, .bool(true), .number(0.5)]), "a": .string("x")])
    #expect("\(value)" == "{a: \"x\", b: [null, true, 0.5]}")
    #expect(value.kind == "a table with named fields" && OptionValue.list([]).kind == "a list")
  }

  @Test func numbersForAxes() {
    #expect(PerAxis.one(2).values(axes: 3) == [2, 2, 2])
    #expect(PerAxis.each([1, 2]).values(axes: 2) == [1, 2])
    #expect(PerAxis.each([1, 2]).values(axes: 3) == nil)
  }
}
