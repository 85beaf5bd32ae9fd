// SPDX-License-Identifier: Apache-2.0
// The call that the cursor is in.

/// The innermost call whose brackets are still open, and where in it the cursor is.
struct OpenCall {
  let function: LuaFunction
  let path: String
  /// The object a method is called on, where it is known.
  let receiver: (any LuaBoxed)?
  /// The tokens of the table typed so far, when the cursor is in one.
  let table: ArraySlice<LuaToken>?
  /// The options in whose tables that table lies, outermost first: `op_names`, then a name of its.
  let nesting: [String]
  /// Which argument the cursor is in, from 0; the receiver of a method is not counted.
  let position: Int

  init?(around tokens: ArraySlice<LuaToken>, _ reader: ExpressionReader) {
    var open: [Int] = []
    for (index, token) in zip(tokens.indices, tokens) where token.kind == .symbol {
      if ["(", "[", "{"].contains(token.text) { open.append(index) }
      if [")", "]", "}"].contains(token.text) { _ = open.popLast() }
    }
    // (1 + … groups; it calls nothing.
    while let last = open.last, Self.groups(last, in: tokens) { open.removeLast() }
    guard let innermost = open.last else { return nil }
    let inside = tokens[(innermost + 1)...]
    let isTable = tokens[innermost].text == "{"
    // op_names = { fc = { …
    var nesting: [String] = []
    while open.count > 1, let bracket = open.last, tokens[bracket].text == "{",
      let option = Self.option(before: bracket, in: tokens)
    {
      nesting.insert(option, at: 0)
      open.removeLast()
    }
    guard let bracket = open.last else { return nil }
    // f{ … , or f(x, { … with the table itself an argument
    let around = tokens[bracket].text == "{" ? open.dropLast().last : nil
    let outer = around.map { tokens[$0].text } == "(" ? around : nil
    for bracket in [bracket, outer].compactMap({ $0 }) where tokens[bracket].text != "[" {
      guard let meaning = reader.meaning(endingAt: tokens[..<bracket]),
        let (function, path) = reader.function(of: meaning)
      else { continue }
      self.function = function
      self.path = path
      receiver = Self.receiver(tokens[..<bracket], reader)
      table = isTable ? inside : nil
      self.nesting = nesting
      position = tokens[bracket].text == "(" ? Self.commas(tokens[(bracket + 1)...]) : 0
      return
    }
    return nil
  }

  private static func groups(_ bracket: Int, in tokens: ArraySlice<LuaToken>) -> Bool {
    guard tokens[bracket].text == "(" else { return false }
    guard bracket > tokens.startIndex else { return true }
    let before = tokens[bracket - 1]
    return before.kind != .name && before.kind != .string && ![")", "]", "}"].contains(before.text)
  }

  /// Whether the argument the cursor is in may be the table of options.
  var takesOptions: Bool {
    guard function.arguments.indices.contains(position) else { return false }
    let argument = function.arguments[position]
    if argument.options != nil { return true }
    guard case .union(let types) = argument.type else { return false }
    return types.contains { if case .options = $0 { true } else { false } }
  }

  /// The name in `name = {`, or in `["name"] = {`.
  private static func option(before bracket: Int, in tokens: ArraySlice<LuaToken>) -> String? {
    guard bracket - 2 >= tokens.startIndex, tokens[bracket - 1].text == "=" else { return nil }
    if tokens[bracket - 2].kind == .name { return String(tokens[bracket - 2].text) }
    guard tokens[bracket - 2].text == "]", bracket - 3 >= tokens.startIndex,
      tokens[bracket - 3].kind == .string
    else { return nil }
    return String(tokens[bracket - 3].text.dropFirst().dropLast())
  }

  /// The option that is being set where the cursor is: `nbits` after `{ mode = "uniform", nbits = 4`.
  var option: LuaOptionDescription? {
    guard let table, nesting.count != 1 else {
      return nesting.first.flatMap { function.options?[$0] }
    }
    var depth = 0
    for index in table.indices.reversed() {
      let token = table[index]
      if [")", "]", "}"].contains(token.text), token.kind == .symbol { depth += 1 }
      // One that was never closed groups a part of the value.
      if ["(", "[", "{"].contains(token.text), token.kind == .symbol { depth = max(0, depth - 1) }
      guard depth == 0, token.kind == .symbol else { continue }
      if token.text == "," || token.text == ";" { return nil }
      if token.text == "=", index > table.startIndex {
        return function.options?[String(table[index - 1].text)]
      }
    }
    return nil
  }

  /// A call of `f "` or `f '`: its only argument is being typed.
  init?(stringArgumentAfter tokens: ArraySlice<LuaToken>, _ reader: ExpressionReader) {
    guard let last = tokens.last, last.kind == .name || [")", "]", "}"].contains(last.text),
      let meaning = reader.meaning(endingAt: tokens),
      let (function, path) = reader.function(of: meaning)
    else { return nil }
    self.function = function
    self.path = path
    receiver = Self.receiver(tokens, reader)
    table = nil
    nesting = []
    position = 0
  }

  /// The object before `:method`.
  private static func receiver(
    _ call: ArraySlice<LuaToken>, _ reader: ExpressionReader
  ) -> (any LuaBoxed)? {
    guard call.dropLast().last?.text == ":",
      case .value(.object(let object))? = reader.meaning(endingAt: call.dropLast(2))
    else { return nil }
    return object
  }

  /// Commas outside further brackets.
  private static func commas(_ tokens: ArraySlice<LuaToken>) -> Int {
    var depth = 0
    return tokens.count { token in
      guard token.kind == .symbol else { return false }
      if ["(", "[", "{"].contains(token.text) { depth += 1 }
      if [")", "]", "}"].contains(token.text) { depth -= 1 }
      return depth == 0 && token.text == ","
    }
  }
}
