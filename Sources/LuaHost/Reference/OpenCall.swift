// SPDX-License-Identifier: Apache-2.0
// The call that contains the cursor.

import Options

/// The innermost call whose parentheses are still open, and the position of the cursor in it.
struct OpenCall {
  let function: LuaFunction
  let path: String
  /// The receiver of a method call, if known.
  let receiver: (any LuaBoxed)?
  /// The tables around the cursor within an argument, outermost first.
  let tables: [OpenTable]
  /// The permitted values at the position of the innermost table, or of the argument if there is no table.
  let expectation: Expectation?
  private let catalog: LuaCatalog

  init?(around tokens: ArraySlice<LuaToken>, _ reader: ExpressionReader) {
    var open = tokens.openBrackets
    // Parentheses as in (1 + … only group; they are not a call.
    while let last = open.last, Self.groups(last, in: tokens) { open.removeLast() }
    guard let innermost = open.last, tokens[innermost].text != "[", !Self.isInBody(tokens[(innermost + 1)...]) else { return nil }
    var tables: [OpenTable] = []
    var end = tokens.endIndex
    while let bracket = open.popLast() {
      let inside = tokens[(bracket + 1)..<end]
      let isTable = tokens[bracket].text == "{"
      if isTable { tables.insert(OpenTable(inside), at: 0) }
      if let meaning = reader.meaning(endingAt: tokens[..<bracket]), let (function, path) = reader.function(of: meaning) {
        let receiver = Self.receiver(tokens[..<bracket], reader)
        self.init(function, path, receiver, tables, isTable ? 0 : Self.commas(inside), reader.interpreter.catalog)
        return
      }
      guard isTable, let around = open.last, tokens[around].text != "[" else { return nil }
      end = bracket
    }
    return nil
  }

  /// A call of the form `f "` or `f '`, whose only argument is incomplete.
  init?(stringArgumentAfter tokens: ArraySlice<LuaToken>, _ reader: ExpressionReader) {
    guard let last = tokens.last, last.kind == .name || [")", "]", "}"].contains(last.text),
      let meaning = reader.meaning(endingAt: tokens),
      let (function, path) = reader.function(of: meaning)
    else { return nil }
    self.init(function, path, Self.receiver(tokens, reader), [], 0, reader.interpreter.catalog)
  }

  private init(
    _ function: LuaFunction, _ path: String, _ receiver: (any LuaBoxed)?, _ tables: [OpenTable], _ position: Int,
    _ catalog: LuaCatalog
  ) {
    var expectation = Expectation(function, path: path, position: position)
    for table in tables.dropLast() { expectation = expectation?.inside(table.key, of: table, catalog) }
    if let table = tables.last { expectation = expectation?.resolved(by: table, catalog) }
    self.function = expectation?.function ?? function
    self.path = expectation?.path ?? path
    self.receiver = receiver
    self.tables = tables
    self.expectation = expectation
    self.catalog = catalog
    isTopic = tables.isEmpty && function.arguments.indices.contains(position) && function.arguments[position].isTopic
  }

  /// Whether a string argument is the name of a declaration.
  let isTopic: Bool

  /// The permitted values at the cursor: a value in the innermost table, or the argument.
  var value: Expectation? {
    guard let table = tables.last else { return expectation }
    return table.beginsValue ? expectation?.inside(table.key, of: table, catalog) : nil
  }

  /// The options that can be set in the innermost table.
  var options: [OptionDeclaration] {
    tables.last.flatMap { expectation?.options(in: $0, catalog) } ?? []
  }

  /// The option that is set at the cursor: `nbits` after `{ mode = "uniform", nbits = 4`.
  var option: OptionDeclaration? {
    guard let table = tables.last else { return nil }
    if case .named = table.key, let option = expectation?.inside(table.key, of: table, catalog)?.option { return option }
    return options.isEmpty ? expectation?.option : nil
  }

  /// Names in the receiver's content that can be keys of the innermost table.
  var contentNames: [String] {
    guard let expectation, expectation.isKeyedByContent, let receiver else { return [] }
    return type(of: receiver).luaClass.contentNames?(receiver, function.name, expectation.option?.name) ?? []
  }

  private static func groups(_ bracket: Int, in tokens: ArraySlice<LuaToken>) -> Bool {
    guard tokens[bracket].text == "(" else { return false }
    guard bracket > tokens.startIndex else { return true }
    let before = tokens[bracket - 1]
    return before.kind != .name && before.kind != .string && ![")", "]", "}", "function"].contains(before.text)
  }

  /// Whether the tokens contain the start of a function but not its end.
  private static func isInBody(_ tokens: ArraySlice<LuaToken>) -> Bool {
    var depth = LuaDepth()
    for token in tokens { depth.pass(token) }
    return depth.isInBlock
  }

  /// The object before `:method`.
  private static func receiver(
    _ call: ArraySlice<LuaToken>, _ reader: ExpressionReader
  ) -> (any LuaBoxed)? {
    guard call.dropLast().last?.text == ":",
      case .value(let value)? = reader.meaning(endingAt: call.dropLast(2))
    else { return nil }
    return value.box
  }

  /// The number of commas outside of nested brackets and functions.
  private static func commas(_ tokens: ArraySlice<LuaToken>) -> Int {
    var depth = LuaDepth()
    return tokens.count { token in
      defer { depth.pass(token) }
      return depth.isZero && token.kind == .symbol && token.text == ","
    }
  }
}
