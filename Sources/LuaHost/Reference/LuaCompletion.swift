// SPDX-License-Identifier: Apache-2.0
// How Lua before the cursor could go on.

/// An answer to "what may stand here?", from declarations and from the values of the session.
package struct LuaCompletion: Sendable {
  /// What a candidate is.
  package enum Kind: Sendable { case keyword, name, field, method, option, value }

  /// One way to go on.
  package struct Candidate: Sendable, Equatable {
    /// Replaces the last `replaced` characters.
    package let text: String
    package let kind: Kind
    /// A word of documentation, or empty.
    package let detail: String
  }

  /// Characters before the cursor that a candidate replaces.
  package let replaced: Int
  package let candidates: [Candidate]
  /// The text of the string literal the cursor is in, without its quote, when it may be a path.
  package let path: String?
  /// The signature of the call the cursor is in, such as `Model:quantize([{options}]) → Model`.
  package let signature: String?

  /// Completes the text before the cursor.
  ///
  /// Runs no Lua and no property: looking changes nothing.
  package static func complete(_ text: String, in interpreter: Interpreter) -> LuaCompletion {
    Completer(text, interpreter).completion
  }
}

/// The call around the cursor.
private struct OpenCall {
  let function: LuaFunction
  let path: String
  /// The tokens of the options table typed so far, when the cursor is in one.
  let table: ArraySlice<LuaToken>?
}

private struct Completer {
  private let reader: ExpressionReader
  private let interpreter: Interpreter
  /// The tokens before the word at the cursor.
  private var tokens: [LuaToken]
  private var word: Substring = ""
  /// The contents of the string literal at the cursor.
  private var literal: Substring?
  private var isClosedToken = false

  init(_ text: String, _ interpreter: Interpreter) {
    self.interpreter = interpreter
    reader = ExpressionReader(interpreter)
    tokens = Array(LuaLexer(text))
    guard let last = tokens.last, last.text.endIndex == text.endIndex else { return }
    switch last.kind {
    case .name, .keyword:
      word = last.text
      tokens.removeLast()
    case .unfinished:
      tokens.removeLast()
      if let quote = last.text.first, "\"'".contains(quote) { literal = last.text.dropFirst() }
      isClosedToken = literal == nil
    case .string, .number, .comment: isClosedToken = true
    case .symbol: break
    }
  }

  var completion: LuaCompletion {
    let call = openCall
    let signature = call.map { HelpText.signature(of: $0.function, path: $0.path) }
    if let literal { return completeString(literal, call, signature) }
    var found: [LuaCompletion.Candidate] = []
    if isClosedToken {
      found = []
    } else if let separator = tokens.last?.text, separator == "." || separator == ":" {
      found = members(called: separator == ":")
    } else if let call, let table = call.table, let options = options(call.function, table) {
      found = options
    } else {
      found = names
    }
    return LuaCompletion(
      replaced: word.count, candidates: matching(found, word), path: nil, signature: signature)
  }

  private func matching(
    _ candidates: [LuaCompletion.Candidate], _ word: Substring
  ) -> [LuaCompletion.Candidate] {
    var seen: Set<String> = []
    return candidates.filter { $0.text.hasPrefix(word) && seen.insert($0.text).inserted }
      .sorted { $0.text < $1.text }
  }

  private func members(called: Bool) -> [LuaCompletion.Candidate] {
    guard let meaning = reader.meaning(endingAt: tokens.dropLast()) else { return [] }
    let owner = reader.owner(of: meaning)
    return reader.members(of: meaning, called: called).map { name in
      let doc = called ? owner?.method(name)?.doc : owner?.property(name)?.doc
      return .init(text: name, kind: called ? .method : .field, detail: doc ?? "")
    }
  }

  /// Globals, keywords, and names already used in the input: locals of a block being written.
  private var names: [LuaCompletion.Candidate] {
    let globals = ((try? interpreter.globals.pairs()) ?? []).compactMap(\.key.string)
      .filter(reader.isName)
    let used = word.isEmpty ? [] : tokens.filter { $0.kind == .name }.map { String($0.text) }
    return (globals + used).map { .init(text: $0, kind: .name, detail: "") }
      + LuaLexer.keywords.map { .init(text: $0, kind: .keyword, detail: "") }
  }

  /// Options not yet given, when the cursor is where a key may stand.
  private func options(
    _ function: LuaFunction, _ table: ArraySlice<LuaToken>
  ) -> [LuaCompletion.Candidate]? {
    guard let options = function.options else { return nil }
    if let last = table.last, last.text != ",", last.text != ";" { return nil }
    let given = Set(
      zip(table, table.dropFirst()).filter { $1.text == "=" }.map { String($0.0.text) })
    return options.options.filter { !given.contains($0.name) }
      .map { .init(text: $0.name, kind: .option, detail: $0.doc) }
  }

  /// The values of `option = "…`, else perhaps a path.
  private func completeString(
    _ literal: Substring, _ call: OpenCall?, _ signature: String?
  ) -> LuaCompletion {
    if let call, let table = call.table, table.last?.text == "=",
      let option = call.function.options?[String(table.dropLast().last?.text ?? "")],
      !option.choices.isEmpty
    {
      let values = option.choices.map {
        LuaCompletion.Candidate(text: $0, kind: .value, detail: option.doc)
      }
      return LuaCompletion(
        replaced: literal.count, candidates: matching(values, literal), path: nil,
        signature: signature)
    }
    return LuaCompletion(
      replaced: literal.count, candidates: [], path: String(literal), signature: signature)
  }

  /// The innermost call whose brackets are still open.
  private var openCall: OpenCall? {
    var open: [Int] = []
    for (index, token) in tokens.enumerated() where token.kind == .symbol {
      if ["(", "[", "{"].contains(token.text) { open.append(index) }
      if [")", "]", "}"].contains(token.text) { _ = open.popLast() }
    }
    guard let innermost = open.last else { return nil }
    let isTable = tokens[innermost].text == "{"
    let table = isTable ? tokens[(innermost + 1)...] : nil
    // f{ … , or f(x, { … with the table itself an argument
    let around = open.dropLast().last
    let outer = isTable && around.map { tokens[$0].text } == "(" ? around : nil
    for bracket in [innermost, outer].compactMap({ $0 }) where tokens[bracket].text != "[" {
      if let meaning = reader.meaning(endingAt: tokens[..<bracket]),
        let (function, path) = reader.function(of: meaning)
      {
        return OpenCall(function: function, path: path, table: table)
      }
    }
    return nil
  }
}
