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
    let call = OpenCall(around: tokens[...], reader)
    let signature = call.map { HelpText.signature(of: $0.function, path: $0.path) }
    if let literal { return completeString(literal, call, signature) }
    var found: [LuaCompletion.Candidate] = []
    if isClosedToken {
      found = []
    } else if let separator = tokens.last?.text, separator == "." || separator == ":" {
      found = members(called: separator == ":")
    } else if let call, let table = call.table, let keys = keys(call, table) {
      found = keys
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

  /// What may stand as a key in the table the cursor is in: options not yet given, and names of the
  /// receiver's content, such as weights within `op_names`.
  private func keys(_ call: OpenCall, _ table: ArraySlice<LuaToken>) -> [LuaCompletion.Candidate]? {
    if let last = table.last, last.text != ",", last.text != ";" { return nil }
    let given = Set(
      zip(table, table.dropFirst()).filter { $1.text == "=" }.map { String($0.0.text) })
    var found: [LuaCompletion.Candidate] = []
    if call.nesting.count != 1, call.takesOptions, let options = call.function.options {
      found += options.options.map { .init(text: $0.name, kind: .option, detail: $0.doc) }
    }
    if call.takesOptions == (call.nesting.count == 1), let object = call.receiver {
      let names =
        type(of: object).luaClass.contentNames?(
          object, call.function.name, call.nesting.first) ?? []
      found += names.filter(reader.isName).map { .init(text: $0, kind: .option, detail: "") }
    }
    guard !found.isEmpty else { return nil }
    return found.filter { !given.contains($0.text) }
  }

  /// The values of `option = "…`, of a list of them, or of an argument; else perhaps a path.
  private func completeString(
    _ literal: Substring, _ call: OpenCall?, _ signature: String?
  ) -> LuaCompletion {
    let (choices, doc) = call.flatMap(choices) ?? ([], "")
    guard !choices.isEmpty else {
      return LuaCompletion(
        replaced: literal.count, candidates: [], path: String(literal), signature: signature)
    }
    let values = choices.map { LuaCompletion.Candidate(text: $0, kind: .value, detail: doc) }
    return LuaCompletion(
      replaced: literal.count, candidates: matching(values, literal), path: nil,
      signature: signature)
  }

  /// The strings allowed where the cursor is.
  private func choices(_ call: OpenCall) -> (choices: [String], doc: String)? {
    if call.table == nil, call.position < call.function.arguments.count {
      let argument = call.function.arguments[call.position]
      guard case .strings(let names)? = argument.allowed else { return nil }
      return (names, argument.doc)
    }
    guard let table = call.table else { return nil }
    var name: String?
    switch call.nesting.count {
    case 0 where table.last?.text == "=": name = table.dropLast().last.map { String($0.text) }
    case 1 where table.isEmpty || table.last?.text == ",": name = call.nesting[0]
    default: break
    }
    return name.flatMap { call.function.options?[$0] }.map { ($0.choices, $0.doc) }
  }
}
