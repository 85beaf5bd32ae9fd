// SPDX-License-Identifier: Apache-2.0
// Boxed objects, records and keyed sequences in Lua.
import LuaHost
import Testing

@Suite struct ObjectTests {
  @Test(arguments: [
    ("return crate('ab').name", "ab"),
    ("return crate('ab'):twice()", "ab-ab"),
    ("return crate('ab'):twice('+')", "ab+ab"),
    ("return tostring(crate 'ab')", "Crate ab"),
    ("return tostring(#crate 'abc')", "3"),
    ("return crate('abc')[2]", "b"),
    ("return tostring(crate('abc')[9])", "nil"),
    ("local s = '' for _, c in ipairs(crate 'abc') do s = s .. c end return s", "abc"),
    (
      "local s = '' for k, v in pairs(crate 'abc') do s = s .. k .. v end return s", "nameabcbytes0"
    ),
    ("return (crate 'x')(1, 2)", "called"),
    ("return tostring(getmetatable(crate 'x'))", "false"),
    ("local c = crate 'x' return tostring(c == c and c ~= crate 'x')", "true"),
    ("local c = crate 'x' return tostring(rawequal(c, sample.echo(c)))", "true"),
    ("local c = crate 'x' return tostring(rawequal(c.parts, c.parts))", "true"),
    ("return crate('x').parts.lid.name .. crate('x').parts[2].name", "lidbody"),
    ("return tostring(#crate('x').parts)", "2"),
    ("local n = 0 for _ in pairs(crate('x').parts) do n = n + 1 end return tostring(n)", "2"),
    ("local n = 0 for _ in ipairs(crate('x').parts) do n = n + 1 end return tostring(n)", "2"),
    ("return tostring(crate('x').parts[3])", "nil"),
    ("return table.concat(crate('x').parts.lid.shape, 'x')", "2x3"),
    ("return sample.version", "1.0"),
    ("return tostring(require 'sample' == sample)", "true"),
    ("local c = crate 'x' c:close() c:close() return tostring(c)", "Crate (closed)"),
  ])
  func use(source: String, expected: String) throws {
    #expect(try Sample().text(source) == expected)
  }

  @Test(arguments: [
    (
      "return crate('x').nmae",
      "Crate has no field or method 'nmae'; did you mean 'name'? (it has: name, bytes, parts, pack, twice, renamed, fail, close)"
    ),
    (
      "crate('x'):quantise()",
      "Crate has no field or method 'quantise'; it has: name, bytes, parts, pack, twice, renamed, fail, close"
    ),
    ("crate('x').name = 'y'", "Crate is immutable: cannot set 'name'"),
    (
      "return sample.lod",
      "sample has no 'lod'; did you mean 'load'? (it has: add, call, load, echo, sum, spin, swallow, version)"
    ),
    ("return crate('x').parts.ild", "no part named 'ild'; did you mean 'lid'? (parts: lid, body)"),
    (
      "return crate('x').parts.lid.shapes",
      "Part has no 'shapes'; did you mean 'shape'? (it has: name, shape)"
    ),
    ("local c = crate 'x' c:close() return c.name", "name: crate is closed"),
    ("local c = crate 'x' c:close() c:pack()", "pack: crate is closed"),
    ("local c = crate 'x' do local k <close> = c end return #c", "len: crate is closed"),
    (
      "crate('x').pack(io.stdout)",
      "bad argument #1 to 'pack' (Crate expected, got FILE*; did you write c.pack instead of c:pack?)"
    ),
    (
      "crate('x').pack()",
      "bad argument #1 to 'pack' (Crate expected, got no value; did you write c.pack instead of c:pack?)"
    ),
    (
      "crate('x').pack({nbits = 4})",
      "bad argument #1 to 'pack' (Crate expected, got table; did you write c.pack instead of c:pack?)"
    ),
    ("crate('x').close(5)", "bad argument #1 to 'close' (Crate expected, got number)"),
  ])
  func misuse(source: String, expected: String) throws {
    #expect(try #require(try Sample().error(source)).sentence == expected)
  }

  @Test func onlyClosableObjectsClose() throws {
    final class Plain: LuaBoxed {
      static let luaClass = LuaClass(Plain.self, "Plain.")
    }
    let sample = try Sample()
    try sample.interpreter.globals.set("plain", Plain())
    #expect(sample.error("local p <close> = plain")?.message.contains("non-closable") == true)
  }

  @Test func foreignUserdataIsNotMistaken() throws {
    let sample = try Sample()
    // a script with the debug library may call metamethods with anything
    for name in [
      "__gc", "__close", "__eq", "__index", "__newindex", "__tostring", "__len", "__call",
    ] {
      _ = try sample.run(
        "local m = debug.getmetatable(crate 'x') pcall(m.\(name)) pcall(m.\(name), io.stdout, 'name') pcall(m.\(name), 5, 5) pcall(m.\(name), crate 'x', nil)"
      )
    }
    // the metatable is restored, since otherwise the box could never release the object that it owns
    let fake = """
      local c = crate 'x'
      local m = debug.getmetatable(c)
      debug.setmetatable(c, {__index = {name = 'fake'}})
      local name, ok = c.name, pcall(m.__index, c, 'name')
      debug.setmetatable(c, m)
      return name .. tostring(ok) .. c.name
      """
    #expect(try sample.text(fake) == "fakefalsex")
  }
}
