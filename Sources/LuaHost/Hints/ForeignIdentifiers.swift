// SPDX-License-Identifier: Apache-2.0
// Functions, methods and constants of other languages, and their Lua equivalents.

/// Hints for errors caused by names that do not exist in Lua.
enum ForeignIdentifiers {
  /// Global functions and modules of other languages.
  private static let globals: [String: String] = [
    "len": "a length is written #x", "length": "a length is written #x", "str": "write tostring(x)", "repr": "pp(x) shows a value",
    "int": "write math.tointeger(x) or x // 1", "float": "write x + 0.0, or tonumber(text)", "bool": "write not not x",
    "range": "write for i = 1, n do … end", "xrange": "write for i = 1, n do … end", "list": "a list is written { 1, 2 }",
    "dict": "a table is written { name = value }", "tuple": "a list is written { 1, 2 }", "set": "a set is written { [x] = true }",
    "enumerate": "write for i, x in ipairs(list) do … end", "zip": "write for i = 1, #a do … a[i] … b[i] … end",
    "map": "write for i, x in ipairs(list) do result[i] = f(x) end", "filter": "write a loop: for _, x in ipairs(list) do … end",
    "sorted": "table.sort(list) sorts in place", "reversed": "write for i = #list, 1, -1 do … end",
    "isinstance": "write type(x) == \"table\"", "typeof": "write type(x)", "hasattr": "write x.name ~= nil",
    "dir": "pp(x) shows the fields",
    "open": "write io.open(path)", "input": "write io.read()", "abs": "write math.abs(x)", "max": "write math.max(a, b)",
    "min": "write math.min(a, b)", "sum": "write a loop: for _, x in ipairs(list) do total = total + x end",
    "round": "write math.floor(x + 0.5)",
    "sqrt": "write math.sqrt(x)", "floor": "write math.floor(x)", "ceil": "write math.ceil(x)", "pow": "write x ^ y",
    "log": "write math.log(x)", "exp": "write math.exp(x)", "sin": "write math.sin(x)", "cos": "write math.cos(x)",
    "random": "write math.random()", "rand": "write math.random()", "printf": "write print(string.format(\"%d\", n))",
    "format": "write string.format(\"%d\", n)", "sprintf": "write string.format(\"%d\", n)", "puts": "write print(x)",
    "echo": "write print(x)",
    "f": "text with values in it is string.format(\"%d of %s\", n, name)", "exit": "write os.exit()", "quit": "write os.exit()",
    "sleep": "write os.execute \"sleep 1\"", "eval": "write load(\"return \" .. text)()", "exec": "write load(text)()",
    "try": "errors are caught by local ok, err = pcall(function() … end)", "import": "write local x = require \"x\"",
    "unpack": "write table.unpack(t)", "loadstring": "write load(text)",
    "console": "write print(x)", "Math": "write math.floor and the like", "math.PI": "write math.pi",
    "sys": "the words of the command line are in arg",
    "string.join": "write table.concat(list, \", \")", "JSON": "require \"cjson\" of Debian's lua-cjson reads and writes JSON",
    "json": "require \"cjson\" of Debian's lua-cjson reads and writes JSON", "this": "a method's object is self, in function T:name()",
  ]

  /// Methods and fields of lists, dictionaries and strings in other languages.
  private static let members: [String: String] = [
    "append": "write table.insert(list, x)", "push": "write table.insert(list, x)", "add": "write table.insert(list, x)",
    "extend": "write for _, x in ipairs(more) do table.insert(list, x) end", "pop": "write table.remove(list)",
    "length": "a length is written #x", "size": "a length is written #x", "len": "a length is written #x", "shape": "a table has #x",
    "keys": "write for key in pairs(t) do … end", "values": "write for _, value in pairs(t) do … end",
    "items": "write for key, value in pairs(t) do … end", "get": "write t[key] or default", "join": "write table.concat(list, \", \")",
    "split": "write for word in s:gmatch \"[^,]+\" do … end", "strip": "write s:match \"^%s*(.-)%s*$\"",
    "trim": "write s:match \"^%s*(.-)%s*$\"",
    "startswith": "write s:sub(1, #start) == start", "endswith": "write s:sub(-#tail) == tail", "replace": "write s:gsub(old, new)",
    "toString": "write tostring(x)", "forEach": "write for _, x in ipairs(list) do … end", "sort": "write table.sort(list)",
    "index": "write a loop over ipairs(list)", "substring": "write s:sub(from, to)", "includes": "write s:find(text, 1, true) ~= nil",
    "contains": "write s:find(text, 1, true) ~= nil", "path": "paths are strings: folder .. \"/\" .. name",
  ]

  /// Constants of other languages. Reading them is not an error in Lua, but yields nil.
  private static let constants: [String: String] = [
    "True": "true", "False": "false", "TRUE": "true", "FALSE": "false", "None": "nil", "null": "nil", "NULL": "nil", "Nil": "nil",
    "nullptr": "nil", "NaN": "0/0", "Infinity": "math.huge", "inf": "math.huge", "nan": "0/0",
  ]

  /// The key of the host's hint for arithmetic on tables.
  static let tableArithmetic = "table arithmetic"

  // MARK: Messages

  /// The hint for a Lua error message; `nil` if there is none.
  static func hint(for message: String, named: [String: String]) -> String? {
    guard let start = message.firstRange(of: "attempt to ") else { return nil }
    let text = message[start.upperBound...]
    if text.contains("(for iterator 'for iterator')") || text == "call a table value" {
      return "write for _, x in ipairs(list) do … end, or for key, value in pairs(t) do … end"
    }
    if text.hasPrefix("perform arithmetic on a string value") || isStringArithmetic(text) {
      return "strings are joined by .., repeated by s:rep(n), and filled in by string.format"
    }
    if text.hasPrefix("perform arithmetic on a table value") { return named[tableArithmetic] }
    guard let subject = Subject(text) else { return nil }
    if text.hasPrefix("call a nil value") || text.hasPrefix("index a nil value") {
      if subject.kind == "global" { return named[subject.name] ?? globals[subject.name] }
      return members[subject.name]
    }
    if text.hasPrefix("get length of a nil value"), subject.kind == "global" { return "# gives a length; comments begin with --" }
    for kind in ["table", "number", "string", "boolean"] where text.hasPrefix("call a \(kind) value") {
      guard subject.kind == "field" else { return nil }
      return kind == "table"
        ? "'\(subject.name)' is a table: x.\(subject.name)[1] is its first element"
        : "'\(subject.name)' is a \(kind): write x.\(subject.name) without brackets"
    }
    return nil
  }

  /// Whether the text is the string library's form of an arithmetic error: `add a 'string' with a 'number'`.
  private static func isStringArithmetic(_ text: Substring) -> Bool {
    let operation = text.prefix { $0 != " " }
    return ["add", "sub", "mul", "div", "mod", "pow", "idiv", "unm"].contains(operation) && text.contains("'string'")
  }

  /// The variable at the end of an error message: `(global 'len')`.
  private struct Subject {
    let kind: Substring
    let name: String

    init?(_ text: Substring) {
      guard let opening = text.lastIndex(of: "("), text.hasSuffix("')") else { return nil }
      let parts = text[text.index(after: opening)...].dropLast(2).split(separator: " '", maxSplits: 1)
      guard parts.count == 2 else { return nil }
      kind = parts[0]
      name = String(parts[1])
    }
  }

  // MARK: Constants

  /// A constant of another language that a chunk reads without defining it.
  struct Constant: Equatable {
    let name: String
    let meant: String
    /// The line number, starting from 1.
    let line: Int
  }

  /// The constants of other languages in a chunk, without duplicates and without those that the chunk assigns or
  /// declares.
  ///
  /// - Parameter values: the strings that options accept. If an option is set to a variable with one of these names,
  ///   the string was meant.
  static func constants(in text: String, values: Set<String> = [], isDefined: (String) -> Bool) -> [Constant] {
    let tokens = LuaLexer(text).filter { $0.kind != .comment }
    var found: [Constant] = []
    var own: Set<String> = []
    for (i, token) in tokens.enumerated() where token.kind == .name {
      let name = String(token.text)
      let before = i > 0 ? tokens[i - 1].text : ""
      let next = i + 1 < tokens.count ? tokens[i + 1].text : ""
      let isGiven = before == "=" && i > 1 && tokens[i - 2].kind == .name && ["}", ",", ";", ")"].contains(next)
      guard let meant = constants[name] ?? (values.contains(name) ? "\"\(name)\"" : nil), !isDefined(name) else { continue }
      if constants[name] == nil, !isGiven {
        // Any other use may assign the name.
        if next == "=" || next == "," || before == "local" || before == "function" || before == "," || isParameter(tokens, i) {
          own.insert(name)
        }
        continue
      }
      if [".", ":", "::", "goto"].contains(before) { continue }
      if next == "=" || before == "local" || isParameter(tokens, i) {
        // A table key is not a variable.
        if !["{", ",", ";"].contains(before) || before == ";" { own.insert(name) }
        continue
      }
      guard !found.contains(where: { $0.name == name }) else { continue }
      found.append(Constant(name: name, meant: meant, line: 1 + text[..<token.text.startIndex].count(where: \.isNewline)))
    }
    return found.filter { !own.contains($0.name) }
  }

  /// The name in `i--`, which Lua parses as `i` followed by an empty comment.
  static func decremented(in text: String) -> String? {
    let tokens = Array(LuaLexer(text))
    guard tokens.count == 2, tokens[0].kind == .name, tokens[1].text == "--", tokens[0].text.endIndex == tokens[1].text.startIndex
    else { return nil }
    return String(tokens[0].text)
  }

  private static func isParameter(_ tokens: [LuaToken], _ index: Int) -> Bool {
    var i = index - 1
    while i >= 0, tokens[i].kind == .name || tokens[i].text == "," { i -= 1 }
    guard i > 0, tokens[i].text == "(" else { return i >= 0 && ["local", "for"].contains(tokens[i].text) }
    var j = i - 1
    while j >= 0, tokens[j].kind == .name || [".", ":"].contains(tokens[j].text) { j -= 1 }
    return j >= 0 && tokens[j].text == "function"
  }
}
