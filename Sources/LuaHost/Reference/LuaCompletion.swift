// SPDX-License-Identifier: Apache-2.0
// Completion of Lua code.

import Options

/// Completion candidates, from declarations and from the values of the session.
package struct LuaCompletion: Sendable {
  /// The kind of a candidate.
  package enum Kind: Sendable {
    case keyword, name, field, method, option
    /// A name within `["…"]` in a table constructor.
    case quotedOption
    /// A name within `["…"]`, after a value.
    case quotedKey
    /// The content of a string.
    case value
  }

  /// A completion candidate.
  package struct Candidate: Sendable, Equatable {
    /// The text that replaces the last `replaced` characters.
    package let text: String
    package let kind: Kind
    /// A short description, or an empty string.
    package let detail: String
  }

  /// The number of characters before the cursor that a candidate replaces.
  package let replaced: Int
  package let candidates: [Candidate]
  /// The quotation mark of the string literal at the cursor.
  package var quote: Character?
  /// The text of the string literal at the cursor, without its quotation mark, if it may be a path.
  package let path: String?
  /// The signature of the call at the cursor, such as `Model:quantize([{options}]) → Model`.
  package let signature: String?

  init(
    replaced: Int, candidates: [Candidate], quote: Character? = nil, path: String? = nil,
    signature: String?
  ) {
    self.replaced = replaced
    self.candidates = candidates
    self.quote = quote
    self.path = path
    self.signature = signature
  }

  /// Completes the text before the cursor.
  ///
  /// It does not run Lua code or read properties, so it has no side effects.
  package static func complete(_ text: String, in interpreter: Interpreter) -> LuaCompletion {
    Completer(text, interpreter).completion
  }

  /// A line about the call at the cursor: the description of the option, or else the signature.
  package static func hint(_ text: String, in interpreter: Interpreter) -> String? {
    Completer(text, interpreter).hint
  }
}

private struct Completer {
  private var reader: ExpressionReader
  private let interpreter: Interpreter
  /// The tokens before the word at the cursor.
  private var tokens: [LuaToken]
  private var word: Substring = ""
  /// The content of the string literal at the cursor.
  private var literal: Substring?
  private var quote: Character?
  private var isClosedToken = false

  init(_ text: String, _ interpreter: Interpreter) {
    self.interpreter = interpreter
    reader = ExpressionReader(interpreter)
    tokens = Array(LuaLexer(text)).filter { $0.kind != .comment || $0.text.endIndex == text.endIndex }
    reader.readLocals(tokens)
    guard let last = tokens.last, last.text.endIndex == text.endIndex else { return }
    switch last.kind {
    case .name, .keyword:
      word = last.text
      tokens.removeLast()
    case .unfinished:
      tokens.removeLast()
      if let quote = last.text.first, "\"'".contains(quote) {
        literal = last.text.dropFirst()
        self.quote = quote
      }
      isClosedToken = literal == nil
    case .string, .number, .comment: isClosedToken = true
    case .symbol: break
    }
  }

  var completion: LuaCompletion {
    let call = OpenCall(around: tokens[...], reader)
    let signature = call.map { HelpText.signature(of: $0.function, path: $0.path) }
    if let literal { return completeString(literal, call, signature) }
    var found: [LuaCompletion.Candidate] = []
    if isClosedToken {
      found = []
    } else if let separator = tokens.last?.text, separator == "." || separator == ":" {
      found = members(called: separator == ":")
    } else if let entries = call.map(entries),
      !matching(entries, word).isEmpty || call?.options.isEmpty == false && call?.tables.last?.beginsEntry == true
    {
      found = entries
    } else {
      found = names
    }
    return LuaCompletion(
      replaced: word.count, candidates: matching(found, word), signature: signature)
  }

  var hint: String? {
    guard let call = OpenCall(around: tokens[...], reader) ?? stringCall else {
      return standardFunction.map { "\($0.signature)  \($0.doc)" }
    }
    if let option = call.option {
      let otherwise = option.defaultText.map { " = \($0)" } ?? ""
      return "\(option.name): \(option.type.unwrapped.text(allowing: option.allowed))\(otherwise)  \(option.doc)"
    }
    return HelpText.signature(of: call.function, path: call.path)
  }

  /// A call of the form `f "` with the cursor in the string.
  private var stringCall: OpenCall? {
    literal == nil ? nil : OpenCall(stringArgumentAfter: tokens[...], reader)
  }

  /// The function of Lua's library whose parentheses are open.
  private var standardFunction: StandardLibrary.Entry? {
    for bracket in tokens.openBrackets.reversed() where tokens[bracket].text == "(" {
      guard case .value(.function(let function))? = reader.meaning(endingAt: tokens[..<bracket]) else { continue }
      return StandardLibrary.entry(of: function, in: interpreter)
    }
    return nil
  }

  /// The candidates that start with the word, or else those that contain it, compared without regard to case.
  private func matching(
    _ candidates: [LuaCompletion.Candidate], _ word: Substring
  ) -> [LuaCompletion.Candidate] {
    func distinct(_ found: [LuaCompletion.Candidate]) -> [LuaCompletion.Candidate] {
      var seen: Set<String> = []
      return found.filter { seen.insert($0.text).inserted }.sorted { $0.text < $1.text }
    }
    let begun = distinct(candidates.filter { $0.text.hasPrefix(word) })
    guard begun.isEmpty, word.count >= Self.shortestPart else { return begun }
    let part = word.lowercased()
    return distinct(candidates.filter { $0.kind != .keyword && $0.text.lowercased().contains(part) })
  }

  /// The minimum length of a word that is searched for inside names.
  private static let shortestPart = 2

  private func members(called: Bool) -> [LuaCompletion.Candidate] {
    guard let meaning = reader.meaning(endingAt: tokens.dropLast()) else { return [] }
    let owner = reader.owner(of: meaning)
    return reader.members(of: meaning, called: called).map { name in
      let doc = called ? owner?.method(name)?.doc : owner?.property(name)?.doc
      return .init(text: name, kind: called ? .method : .field, detail: doc ?? "")
    }
  }

  /// Globals, keywords, and names that occur in the input, such as locals.
  private var names: [LuaCompletion.Candidate] {
    let globals = interpreter.variableNames.filter(reader.isName)
    let used = word.isEmpty ? [] : tokens.filter { $0.kind == .name }.map { String($0.text) }
    return (globals + used).map { .init(text: $0, kind: .name, detail: "") }
      + LuaLexer.keywords.map { .init(text: $0, kind: .keyword, detail: "") }
  }

  /// Candidates for the next entry of the table at the cursor: options not yet given, names in the receiver's content
  /// such as weights within `op_names`; or else values, if the list is closed.
  private func entries(_ call: OpenCall) -> [LuaCompletion.Candidate] {
    var found: [LuaCompletion.Candidate] = []
    if let table = call.tables.last, table.beginsEntry {
      found += call.options.map { .init(text: $0.name, kind: .option, detail: $0.doc) }
      found += call.contentNames.map { name in
        .init(text: reader.isName(name) ? name : "[\"\(name)\"]", kind: .option, detail: "")
      }
      found.removeAll { table.given.contains($0.text) }
    }
    guard call.tables.last != nil, let value = call.value else { return found }
    return found + value.literals.map { .init(text: $0, kind: .value, detail: value.doc) }
  }

  /// Candidates for the value in `option = "…`, in a list, or in an argument; names in the content within `["…`; or
  /// else paths.
  private func completeString(
    _ literal: Substring, _ call: OpenCall?, _ signature: String?
  ) -> LuaCompletion {
    var found: [LuaCompletion.Candidate] = []
    if tokens.last?.text == "[" {
      found = quotedKeys
    } else if let call = call ?? stringCall, !choices(call).isEmpty {
      found = choices(call).map { .init(text: $0, kind: .value, detail: call.value?.doc ?? "") }
    } else {
      return LuaCompletion(
        replaced: literal.count, candidates: [], quote: quote, path: String(literal),
        signature: signature)
    }
    return LuaCompletion(
      replaced: literal.count, candidates: matching(found, literal), quote: quote,
      signature: signature)
  }

  /// Candidates after `["`: keys of a table constructor, or of the value before it.
  private var quotedKeys: [LuaCompletion.Candidate] {
    if let call = OpenCall(around: tokens.dropLast(), reader), call.tables.last?.beginsEntry == true {
      return call.contentNames.map { .init(text: $0, kind: .quotedOption, detail: "") }
    }
    guard let meaning = reader.meaning(endingAt: tokens.dropLast()) else { return [] }
    return reader.keys(of: meaning).map { .init(text: $0, kind: .quotedKey, detail: "") }
  }

  /// The permitted strings at the cursor.
  private func choices(_ call: OpenCall) -> [String] {
    call.isTopic ? interpreter.catalog.names : call.value?.choices ?? []
  }
}
