// SPDX-License-Identifier: Apache-2.0
// Checks of arguments and options, with exact messages.
import LuaHost
import Options
import Testing

@Suite struct ArgumentTests {
  @Test(arguments: [
    ("return tostring(sample.add(1, 2))", "3"),
    ("return tostring(sample.add(4.0))", "4"),
    ("return tostring(sample.add(1, nil, nil))", "1"),
    ("return tostring(sample.sum{1, 2.5})", "3.5"),
    ("return crate('x'):pack()", "x 4 per_tensor int8"),
    ("return crate('x'):pack{}", "x 4 per_tensor int8"),
    (
      "return crate('x'):pack{nbits = 8.0, granularity = 'per_channel', sparsity = 0.5, dtype = 'int4'}",
      "x 8 per_channel int4 0.5"
    ),
    ("return sample.call(function(name) return name end)", "call"),
    ("return math.type(sample.echo(3)) .. math.type(sample.echo(3.0))", "integerfloat"),
    ("return sample.echo('\\xff') == '\\xff' and 'same' or 'changed'", "same"),
    ("return #sample.echo('a\\0b') == 3 and 'whole' or 'cut'", "whole"),
    ("return tostring(sample.echo(math.mininteger) == math.mininteger)", "true"),
  ])
  func accepted(source: String, expected: String) throws {
    #expect(try Sample().text(source) == expected)
  }

  @Test(arguments: [
    ("sample.add()", "bad argument #1 to 'add' (a: integer expected, got no value)"),
    ("sample.add('4')", "bad argument #1 to 'add' (a: integer expected, got string)"),
    ("sample.add(4.5)", "bad argument #1 to 'add' (a: integer expected, got 4.5)"),
    ("sample.add(0/0)", "bad argument #1 to 'add' (a: integer expected, got nan)"),
    ("sample.add(1, {})", "bad argument #2 to 'add' (b: integer expected, got table)"),
    ("sample.add(1, 2, 3)", "add: at most 2 arguments expected, got 3; write add(a, b)"),
    ("crate('x'):twice(5)", "bad argument #1 to 'twice' (separator: string expected, got number)"),
    ("crate('x'):twice('a', 'b')", "twice: at most 1 argument expected, got 2; write twice(separator)"),
    ("sample.load('\\xff')", "bad argument #1 to 'load' (path: string is not valid UTF-8)"),
    ("sample.sum{1, 'two'}", "bad argument #1 to 'sum' (list[2]: number expected, got string)"),
    ("sample.sum(5)", "bad argument #1 to 'sum' (list: number[] expected, got number; write { 5 })"),
    ("sample.load('p', 'q')", "bad argument #2 to 'load' (options: table expected, got string)"),
    (
      "crate('x'):pack{granularty = 1}",
      "pack: unknown option 'granularty'; did you mean 'granularity'? (options: nbits, granularity, sparsity, dtype, layers)"
    ),
    (
      "crate('x'):pack{zzz = 1}",
      "pack: unknown option 'zzz'; options: nbits, granularity, sparsity, dtype, layers"
    ),
    (
      "crate('x'):pack{bits = 4}",
      "pack: unknown option 'bits'; did you mean 'nbits'? (options: nbits, granularity, sparsity, dtype, layers)"
    ),
    ("crate('x'):pack{4}", "pack: options are named, but 4 has no name; write nbits = 4"),
    (
      "crate('x'):pack{'per_channel'}",
      "pack: options are named, but \"per_channel\" has no name; write granularity = \"per_channel\""
    ),
    ("crate('x'):pack{nbits = '4'}", "pack: option 'nbits' must be an integer, got string"),
    ("crate('x'):pack{nbits = 4.5}", "pack: option 'nbits' must be an integer, got 4.5"),
    ("crate('x'):pack{nbits = 5}", "pack: option 'nbits' must be one of 1, 2, 3, 4, 6, 8, got 5"),
    ("crate('x'):pack{sparsity = 1}", "pack: option 'sparsity' must be in [0, 1), got 1"),
    ("crate('x'):pack{sparsity = 0/0}", "pack: option 'sparsity' must be in [0, 1), got nan"),
    (
      "crate('x'):pack{granularity = 'per_chanel'}",
      "pack: option 'granularity' must be one of 'per_tensor', 'per_channel', got 'per_chanel'; did you mean 'per_channel'?"
    ),
    (
      "crate('x'):pack{granularity = 3}",
      "pack: option 'granularity' must be one of 'per_tensor', 'per_channel', got number"
    ),
    (
      "crate('x'):pack{dtype = 'int9'}",
      "pack: option 'dtype' must be one of 'int8', 'uint8', 'int4', got 'int9'; did you mean 'int4'?"
    ),
    ("crate('x'):pack{layers = 1}", "pack: option 'layers' must be a table, got number"),
  ])
  func refused(source: String, expected: String) throws {
    let error = try #require(try Sample().error(source))
    #expect(error.sentence == expected)
    #expect(error.kind == .usage)
  }

  @Test func optionsDescribedAtRunTime() throws {
    let table = LuaOptionTable(
      "Dynamic",
      [
        OptionDeclaration("steps", .sequence(.integer), "when"),
        OptionDeclaration("mode", .enumeration(["a", "b"]), "how", default: "\"a\""),
        OptionDeclaration("lr", .number, "rate", required: true),
      ])
    let sample = try Sample()
    func read(_ source: String) throws -> LuaOptions {
      try LuaOptions.read(#require(sample.run("return " + source)[0].table), as: table, for: "fit")
    }
    let options = try read("{lr = 0.1, steps = {1, 2}}")
    #expect(options.given == ["steps", "lr"])
    #expect(options["lr"]?.number == 0.1)
    #expect(options["mode"] == nil)
    #expect(options["steps"]?.table?.count == 2)
    let cases = [
      ("{lr = 1, steps = {1, 'x'}}", "fit: option 'steps[2]' must be an integer, got string"),
      ("{lr = 1, mode = 'c'}", "fit: option 'mode' must be one of 'a', 'b', got 'c'"),
      ("{}", "fit: option 'lr' is required; rate"),
    ]
    for (source, expected) in cases {
      #expect(#expect(throws: LuaError.self) { try read(source) }?.sentence == expected)
    }
  }

  @Test func numbersThatDoNotFit() throws {
    let sample = try Sample()
    #expect(throws: LuaError.self) { try sample.interpreter.value(UInt64.max) }
    #expect(try sample.interpreter.value(UInt64(Int64.max)).integer == Int.max)
    #expect(throws: LuaMismatch.self) {
      try LuaValue.integer(300).read(as: UInt8.self, in: sample.interpreter)
    }
  }

  @Test func callbacksAreChecked() throws {
    let sample = try Sample()
    let f = try #require(sample.run("return function(x) return x end")[0].function)
    #expect(try f.call(5, returning: Int.self) == 5)
    let error = #expect(throws: LuaError.self) {
      try f.call("a", returning: Double.self, role: "metric function")
    }
    #expect(error?.message == "the metric function must return number: number expected, got string")
  }
}
