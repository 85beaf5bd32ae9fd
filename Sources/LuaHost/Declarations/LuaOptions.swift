// SPDX-License-Identifier: Apache-2.0
// Reads and checks the options of a call.
import CLuaShim
import Options

/// The options of a call, checked against their declarations.
package struct LuaOptions {
  package let table: LuaOptionTable
  /// The names of the given options, in the order of declaration.
  package private(set) var given: [String] = []
  /// The string given instead of the table, if the function accepts one.
  package private(set) var text: String?
  private var values: [String: Any] = [:]
  private var raw: [String: LuaValue] = [:]

  /// The value of a declared option, or its default.
  package subscript<V>(option: LuaOption<V>) -> V {
    if let value = values[option.declaration.name] as? V { return value }
    guard let makeDefault = option.makeDefault else {
      preconditionFailure("option '\(option.declaration.name)' is not in \(table.name)")
    }
    return makeDefault()
  }

  /// The given value of an option; nil if it was not given.
  package subscript(name: String) -> LuaValue? { raw[name] }
}

extension LuaOptions {
  /// Reads the next argument of a call.
  fileprivate init(_ reader: inout ArgumentReader, as declared: LuaOptionTable, named name: String, acceptsText: Bool) throws {
    let index = reader.advance()
    let interpreter = reader.interpreter
    self.init(table: declared)
    if acceptsText, let text = interpreter.string(at: index) {
      self.text = text
      return
    }
    if !interpreter.isNil(at: index) {
      guard interpreter.kind(at: index) == SHIM_TABLE else {
        let expected = acceptsText ? "table or string" : "table"
        throw reader.badArgument(
          index, named: name,
          LuaMismatch(expected: expected, found: interpreter.typeName(at: index)))
      }
      try read(interpreter, at: index, of: reader.context.name)
    }
    try checkRequired(for: reader.context.name)
  }

  private func checkRequired(for function: String) throws {
    for option in table.options where option.isRequired && raw[option.name] == nil {
      throw LuaError(.usage, "\(function): option '\(option.name)' is required", hint: option.doc)
    }
  }

  /// Reads the options table at `index` for `function`. It is also used for tables nested in options.
  package static func read(
    _ value: LuaTable, as declared: LuaOptionTable, for function: String
  ) throws -> LuaOptions {
    var options = LuaOptions(table: declared)
    try value.withTable { try options.read($0, at: -1, of: function) }
    try options.checkRequired(for: function)
    return options
  }

  private init(table: LuaOptionTable) { self.table = table }

  private mutating func read(
    _ interpreter: Interpreter, at index: Int32, of function: String
  ) throws {
    var keys: [LuaValue] = []
    try interpreter.forEachRaw(at: index) { keys.append(LuaValue(interpreter, at: -2)) }
    let names = keys.compactMap(\.string)
    for key in keys where key.string == nil {
      throw try positional(key, interpreter, at: index, of: function)
    }
    if let unknown = names.filter({ table[$0] == nil }).min() {
      throw unknownOption(unknown, of: function)
    }
    let position = interpreter.absolute(index)
    for reader in table.readers {
      shim_raw_get_field(interpreter.stack, position, reader.declaration.name)
      defer { interpreter.pop() }
      if interpreter.isNil(at: -1) { continue }
      try read(reader, interpreter, of: function)
    }
  }

  private mutating func read(
    _ reader: any LuaReadable, _ interpreter: Interpreter, of function: String
  ) throws {
    let option = reader.declaration
    let value = LuaValue(interpreter, at: -1)
    do {
      values[option.name] = try reader.read(interpreter, at: -1)
    } catch let mismatch as LuaMismatch {
      let core = mismatch.note ?? "must be \(mismatch.expected.withArticle), got \(mismatch.found)"
      throw LuaError(
        .usage, "\(function): option '\(option.name)\(mismatch.path)' \(core)",
        hint: interpreter.origin(of: mismatch.expected))
    }
    if let violation = option.allowed?.violation(value) {
      throw LuaError(.usage, "\(function): option '\(option.name)' \(violation)")
    }
    raw[option.name] = value
    given.append(option.name)
  }

  private func unknownOption(_ name: String, of function: String) -> LuaError {
    let names = table.options.map(\.name)
    var hint = Suggestion.hint(for: name, among: names, called: "options")
    if let meant = table.options.first(where: { $0.aliases.contains(name) }) {
      hint = "did you mean '\(meant.name)'?"
    }
    return LuaError(.usage, "\(function): unknown option '\(name)'", hint: hint)
  }

  /// A hint for positional values as in `m:palettize{4}`, with the option that accepts such a value.
  private func positional(
    _ key: LuaValue, _ interpreter: Interpreter, at index: Int32, of function: String
  ) throws -> LuaError {
    let position = interpreter.absolute(index)
    try key.push(to: interpreter)
    shim_raw_get(interpreter.stack, position)
    defer { interpreter.pop() }
    let value = LuaValue(interpreter, at: -1)
    let taker = table.readers.first { reader in
      (try? reader.read(interpreter, at: -1)) != nil && reader.declaration.allowed?.violation(value) == nil
    }?.declaration
    // The default text of a table is its address.
    let isObject = if case .object = value { true } else { false }
    let shown =
      isObject ? "a \(interpreter.typeName(at: -1))" : value.table == nil ? (try? interpreter.describe(at: -1)) ?? "value" : "{ … }"
    let literal = value.string.map { "\"\($0)\"" } ?? shown
    return LuaError(
      .usage, "\(function): options are named, but \(literal) has no name",
      hint: taker.map { "write \($0.name) = \(isObject ? "…" : literal)" })
  }
}

extension String {
  /// The phrase with an article: `a table`, `an integer`. Descriptions with several words are unchanged.
  var withArticle: String {
    guard allSatisfy(\.isLetter), let first = first?.lowercased() else { return self }
    return "aeio".contains(first) ? "an \(self)" : "a \(self)"
  }
}

extension Arg where A == LuaOptions {
  /// A table of declared options; if it is omitted, all options have their defaults.
  package static func options(
    _ table: LuaOptionTable, _ doc: String = "named options", name: String = "options"
  ) -> Arg<LuaOptions> {
    Arg(declared: [LuaArgument(name, .options(table.name), doc, options: table)]) { reader in
      try LuaOptions(&reader, as: table, named: name, acceptsText: false)
    }
  }

  /// A table of declared options, or a string instead of it (in `LuaOptions.text`).
  package static func optionsOrText(
    _ table: LuaOptionTable, _ doc: String, name: String = "options"
  ) -> Arg<LuaOptions> {
    Arg(declared: [LuaArgument(name, .union([.options(table.name), .string]), doc, options: table)]) { reader in
      try LuaOptions(&reader, as: table, named: name, acceptsText: true)
    }
  }
}
