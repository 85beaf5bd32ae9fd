// SPDX-License-Identifier: Apache-2.0
// One-line documentation of Lua's standard library, for users who are new to Lua.

/// The functions of Lua 5.4's standard library.
package enum StandardLibrary {
  package struct Entry: Sendable {
    /// `string.format`.
    package let name: String
    private let arguments: String
    let doc: String

    var signature: String { "\(name)(\(arguments))" }

    /// Signature, description and a link to the manual.
    package var help: String {
      "\(signature)\n\(doc)\nPart of Lua: https://www.lua.org/manual/5.4/manual.html#pdf-\(name)\n"
    }
  }

  /// The standard function with that name.
  package static func entry(named name: String) -> Entry? { entries.first { $0.name == name } }

  /// The standard function that a value is, if any. Does not run Lua code.
  package static func entry(of function: LuaClosure, in interpreter: Interpreter) -> Entry? {
    entries.first { entry in
      let parts = entry.name.split(separator: ".").map(String.init)
      let found =
        parts.count == 2
        ? interpreter.globals[parts[0]].table?[parts[1]] : interpreter.globals[parts[0]]
      return found?.function?.reference.identity == function.reference.identity
    }
  }

  package static let entries: [Entry] = [
    .init("assert", "value, [message]", "Gives the value back, or raises the message when it is nil or false."),
    .init("collectgarbage", "[what]", "Frees what is no longer used; \"count\" gives Lua's memory in kB."),
    .init("dofile", "path", "Runs a file of Lua."),
    .init("error", "message, [level]", "Raises an error."),
    .init("getmetatable", "value", "The table that says how operators treat the value."),
    .init("ipairs", "list", "for i, v in ipairs(list): the elements 1, 2, … up to the first nil."),
    .init("load", "text, [name]", "Compiles text to a function; nil and a message when it is no Lua."),
    .init("next", "table, [key]", "The key and value after a key; the first without one."),
    .init("pairs", "table", "for k, v in pairs(t): every key and value, in no particular order."),
    .init("pcall", "f, …", "Calls f; true and its results, or false and the error."),
    .init("print", "…", "Writes values to standard output, separated by tabs."),
    .init("rawequal", "a, b", "Whether two values are the same, without metamethods."),
    .init("rawget", "table, key", "table[key] without metamethods."),
    .init("rawlen", "table", "#table without metamethods."),
    .init("rawset", "table, key, value", "table[key] = value without metamethods."),
    .init("require", "name", "Loads a module once and gives it back."),
    .init("select", "n, …", "The values from the n-th on; \"#\" gives how many there are."),
    .init("setmetatable", "table, metatable", "Sets how operators treat a table; gives the table."),
    .init("tonumber", "text, [base]", "The number in a text; nil when there is none."),
    .init("tostring", "value", "The value as text."),
    .init("type", "value", "\"nil\", \"number\", \"string\", \"boolean\", \"table\", \"function\", \"userdata\" or \"thread\"."),
    .init("xpcall", "f, handler, …", "As pcall, with a function that sees the error first."),
    .init("string.byte", "s, [i], [j]", "Codes of the characters i to j."),
    .init("string.char", "…", "The string of these codes."),
    .init("string.find", "s, pattern, [from], [plain]", "Where a pattern is found: first and last position, counted from 1."),
    .init("string.format", "format, …", "Text from a format as in C: %d, %.3f, %s, %q."),
    .init("string.gmatch", "s, pattern", "for word in s:gmatch(pattern): each match."),
    .init("string.gsub", "s, pattern, replacement, [n]", "A copy with matches replaced, and how many there were."),
    .init("string.len", "s", "Bytes of the string; also #s."),
    .init("string.lower", "s", "A copy in small letters."),
    .init("string.match", "s, pattern", "The first match, or its captures."),
    .init("string.rep", "s, n, [separator]", "The string n times."),
    .init("string.reverse", "s", "The bytes backwards."),
    .init("string.sub", "s, i, [j]", "The part from i to j; negative positions count from the end."),
    .init("string.upper", "s", "A copy in capital letters."),
    .init("table.concat", "list, [separator], [i], [j]", "The elements as one string."),
    .init("table.insert", "list, [position], value", "Adds an element, at the end without a position."),
    .init("table.move", "a, from, to, at, [b]", "Copies elements to another position or table."),
    .init("table.pack", "…", "{ …, n = how many }."),
    .init("table.remove", "list, [position]", "Takes an element out, the last without a position."),
    .init("table.sort", "list, [less]", "Sorts in place."),
    .init("table.unpack", "list, [i], [j]", "The elements as values."),
    .init("math.abs", "x", "The absolute value."),
    .init("math.ceil", "x", "The smallest integer not below x."),
    .init("math.exp", "x", "e to the power x."),
    .init("math.floor", "x", "The largest integer not above x."),
    .init("math.log", "x, [base]", "The logarithm, natural without a base."),
    .init("math.max", "x, …", "The largest."),
    .init("math.min", "x, …", "The smallest."),
    .init("math.random", "[m], [n]", "A random number in [0, 1), or an integer from m to n."),
    .init("math.randomseed", "[seed]", "Starts the random numbers anew."),
    .init("math.sqrt", "x", "The square root."),
    .init("math.tointeger", "x", "The number as an integer; nil when it is none."),
    .init("math.type", "x", "\"integer\", \"float\", or nil."),
    .init("io.lines", "path", "for line in io.lines(path): each line of a file."),
    .init("io.open", "path, [mode]", "Opens a file; nil and a message when that fails."),
    .init("io.read", "[what]", "Reads from standard input: \"l\" a line, \"n\" a number, \"a\" all."),
    .init("io.write", "…", "Writes strings and numbers to standard output."),
    .init("os.clock", "", "Processor seconds used so far."),
    .init("os.date", "[format], [time]", "A date as text or, with \"*t\", as a table."),
    .init("os.execute", "command", "Runs a shell command."),
    .init("os.exit", "[status]", "Ends the program after cleaning up."),
    .init("os.getenv", "name", "An environment variable; nil when it is not set."),
    .init("os.remove", "path", "Deletes a file."),
    .init("os.rename", "from, to", "Renames a file."),
    .init("os.time", "[table]", "Seconds since 1970."),
    .init("coroutine.create", "f", "A coroutine that will run f."),
    .init("coroutine.resume", "co, …", "Goes on with a coroutine; true and what it yields, or false and the error."),
    .init("coroutine.status", "co", "\"running\", \"suspended\", \"normal\" or \"dead\"."),
    .init("coroutine.wrap", "f", "A function that goes on with a coroutine each time it is called."),
    .init("coroutine.yield", "…", "Pauses the coroutine and hands values to its caller."),
    .init("utf8.char", "…", "The string of these code points."),
    .init("utf8.codes", "s", "for position, code in utf8.codes(s): each code point."),
    .init("utf8.len", "s", "How many code points a string has."),
  ]
}

extension StandardLibrary.Entry {
  fileprivate init(_ name: String, _ arguments: String, _ doc: String) {
    self.init(name: name, arguments: arguments, doc: doc)
  }
}
