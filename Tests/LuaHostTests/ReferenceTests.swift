// SPDX-License-Identifier: Apache-2.0
// Features that are derived from declarations: help, completion, annotations, reference pages.
import LuaHost
import Testing

@Suite struct ReferenceTests {
  @Test(arguments: [
    ("sample.lo", "load"),
    ("sam", "sample"),
    ("whi", "while"),
    ("x = held.na", "name"),
    ("held:tw", "twice"),
    ("held:", "close fail pack renamed twice"),
    ("held.", "bytes name parts"),
    ("crate_of('x'):pa", ""),
    ("held:renamed('y'):re", "renamed"),
    ("held:renamed 'y':re", "renamed"),
    ("held:renamed('y').na", "name"),
    ("held.parts[1].sh", "shape"),
    ("held.parts.lid.sh", "shape"),
    ("list.a", "alpha"),
    ("list.in", "inner"),
    ("list:al", ""),
    ("('x'):up", "upper"),
    ("held:pack{", "dtype granularity layers nbits sparsity"),
    ("held:pack{ nbits = 4, gr", "granularity"),
    ("held:pack({ nb", "nbits"),
    ("held:pack{ nbits = 4, ", "dtype granularity layers sparsity"),
    ("sample.load('p', { dt", "dtype"),
    ("held:pack{ granularity = \"per_", "per_channel per_tensor"),
    ("held:pack{ dtype = 'u", "uint8"),
    ("held:pack{ nbits = hel", "held"),
    ("held:pack{ layers = { nb", ""),
    ("held:pack{ nbits = ", "1 2 3 4 6 8"),
    ("held:pack{ granularity = ", "\"per_channel\" \"per_tensor\""),
    ("held:pack{ granularity = \"per_channel\", nbits = 4, sparsity = hel", "held"),
    ("held[1].na", ""),
    ("held:renamed 'y':renamed(held.na", "name"),
    ("-- held:", ""),
    ("'closed'", ""),
    ("nothing.at.all.", ""),
  ])
  func completes(text: String, expected: String) throws {
    let sample = try Sample()
    try sample.run(
      """
      held = crate 'held'
      list = setmetatable({alpha = 1}, {__index = {inner = 2}})
      bomb = setmetatable({}, {__index = function() error 'asked' end})
      """)
    let completion = LuaCompletion.complete(text, in: sample.interpreter)
    #expect(completion.candidates.map(\.text).joined(separator: " ") == expected)
  }

  @Test func completionTellsPathsAndSignatures() throws {
    let sample = try Sample()
    try sample.run("held = crate 'held'")
    let path = LuaCompletion.complete("sample.load(\"zoo/mo", in: sample.interpreter)
    #expect(path.path == "zoo/mo")
    #expect(path.signature == "sample.load(path, [{options}]) → Crate")
    let option = LuaCompletion.complete("held:pack{ nb", in: sample.interpreter)
    #expect(option.replaced == 2)
    #expect(option.candidates.map(\.text) == ["nbits"])
    #expect(option.candidates.first?.kind == .option)
    #expect(option.candidates.first?.detail == "bits per weight")
    #expect(LuaCompletion.complete("bomb.x.", in: sample.interpreter).candidates.isEmpty)
  }

  @Test(arguments: [
    ("held:pack{", "Crate:pack([{options}]) → string"),
    ("held:pack{ nbits = ", "nbits: 1|2|3|4|6|8 = 4  bits per weight"),
    ("held:pack{ nbits = 4, ", "Crate:pack([{options}]) → string"),
    ("held:pack{ nbits = 4, granularity = \"per", "granularity: \"per_tensor\"|\"per_channel\" = \"per_tensor\"  what shares a table"),
    ("held:pack{ sparsity = (1 + ", "sparsity: number  fraction of zeros"),
    ("sample.load \"zoo", "sample.load(path, [{options}]) → Crate"),
    ("print(string.format(\"%d\", ", "string.format(format, …)  Text from a format as in C: %d, %.3f, %s, %q."),
    ("sample.add(math.floor(", "math.floor(x)  The largest integer not above x."),
    ("held:pack{}", nil), ("local x = 1", nil), ("nobody(", nil), ("", nil), ("(", nil),
  ])
  func hintsTellTheCallOrTheOption(text: String, hint: String?) throws {
    let sample = try Sample()
    try sample.run("held = crate 'held'")
    #expect(LuaCompletion.hint(text, in: sample.interpreter) == hint)
  }

  @Test func helpOnAMethod() throws {
    let sample = try Sample()
    let text = try HelpText(sample.interpreter.catalog).text(named: "pack")
    #expect(
      text == """
        Crate:pack([{options}]) → string
        Describe how it would be packed.

        options (named options)
          nbits: integer = 4            bits per weight; one of 1, 2, 3, 4, 6, 8
          granularity: "per_tensor"|"per_channel" = "per_tensor"
                                        what shares a table
          sparsity: number?             fraction of zeros; in [0, 1)
          dtype: string = "int8"        storage type; one of 'int8', 'uint8', 'int4'
          layers: table?                per layer

        returns the options in words

        example
          print(crate:pack{ nbits = 4 })

        """)
  }

  @Test func helpFindsEveryName() throws {
    let sample = try Sample()
    let help = HelpText(sample.interpreter.catalog)
    for name in sample.interpreter.catalog.names { #expect(try !help.text(named: name).isEmpty) }
    for name in [
      "sample", "sample.load", "Crate", "Crate.pack", "Crate:pack", "Part", "Crate.name",
    ] {
      #expect(try help.text(named: name).contains(name.split(separator: ".").last ?? ""), "\(name)")
    }
    #expect(try help.text(named: "nbits").hasPrefix("option of sample.load, Crate:pack\n"))
    let error = #expect(throws: LuaError.self) { try help.text(named: "pakc") }
    #expect(error?.sentence == "no help on 'pakc'; did you mean 'pack'?")
    #expect(help.overview.contains("sample.add(a, [b]) → integer"))
  }

  @Test func valuesHaveDeclarations() throws {
    let sample = try Sample()
    func path(_ source: String) throws -> String {
      switch sample.interpreter.declared(by: try sample.run("return " + source)[0]) {
      case .function(_, let path)?, .module(_, let path)?: path
      case .class(let owner)?: owner.name
      case .record(let record)?: record.name
      default: "nothing"
      }
    }
    #expect(try path("sample.add") == "sample.add")
    #expect(try path("crate('x').pack") == "Crate:pack")
    #expect(try path("sample") == "sample")
    #expect(try path("crate('x')") == "Crate")
    #expect(try path("crate('x').parts[1]") == "Part")
    #expect(try path("print") == "nothing")
    #expect(try path("{}") == "nothing")
  }

  @Test func annotationsParseAndNameEverything() throws {
    let sample = try Sample()
    let catalog = sample.interpreter.catalog
    let text = Annotations(catalog).text
    #expect(text.hasPrefix("---@meta\n"))
    _ = try sample.interpreter.load(text, chunkName: "=sample.d.lua")
    let page = ReferencePages(catalog, title: "Sample").pages.map(\.text).joined()
    for name in catalog.names {
      #expect(text.contains(name), "annotations lack \(name)")
      #expect(page.contains(name), "the page lacks \(name)")
    }
    #expect(
      text.contains(
        "---@field dtype? \"int8\"|\"uint8\"|\"int4\" storage type (default \"int8\")\n"))
    #expect(text.contains("---@field nbits? 1|2|3|4|6|8 bits per weight (default 4)\n"))
    #expect(
      text.contains(
        "---@param b? integer another\n---@return integer # their sum\nfunction sample.add(a, b) end\n"
      ))
    #expect(text.contains("---@field parts Part[]|table<string, Part> its parts\n"))
    #expect(text.contains("---@field [integer] string counted from 1\n---@operator len: integer\nlocal Crate = {}\n"))
    #expect(text.contains("---Describe how it would be packed.\n---```lua\n---print(crate:pack{ nbits = 4 })\n---```\n"))
    #expect(text.contains("---@class Error\n---@field kind string "))
  }

  @Test func referencePage() throws {
    let pages = ReferencePages(try Sample().interpreter.catalog, title: "Sample").pages
    #expect(pages[0].text.hasPrefix("# Sample\n"))
    #expect(pages[0].text.contains("- [Crate](Crate.md)\n"))
    let page = pages.first { $0.file == "Crate.md" }?.text ?? ""
    #expect(page.hasPrefix("# Crate\n"))
    #expect(page.contains("## `Crate:twice([separator]) → string`\n\nIts name twice.\n"))
    #expect(
      page.contains("| `nbits` | `integer` | `4` | bits per weight; one of 1, 2, 3, 4, 6, 8 |\n"))
    #expect(page.contains("```lua\nprint(crate:pack{ nbits = 4 })\n```\n"))
    #expect(page.contains(#"| `granularity` | `"per_tensor"\|"per_channel"` |"#))
  }

  @Test(arguments: [
    ("a.b:c{x = 1.5e-3}", ["a", ".", "b", ":", "c", "{", "x", "=", "1.5e-3", "}"]),
    ("'it\\'s' \"x", ["'it\\'s'", "\"x"]),
    ("[[long\n]] --[==[ c ]] ]==] end", ["[[long\n]]", "--[==[ c ]] ]==]", "end"]),
    ("a..b...", ["a", "..", "b", "..."]),
    ("0x1p-4 .5 3", ["0x1p-4", ".5", "3"]),
  ])
  func lexes(text: String, expected: [String]) {
    #expect(LuaLexer(text).map { String($0.text) } == expected)
  }
}
