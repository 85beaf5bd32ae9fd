// SPDX-License-Identifier: Apache-2.0
// How Lua before the cursor could go on.

/// An answer to "what may stand here?", from declarations and from the values of the session.
package struct LuaCompletion: Sendable {
  /// What a candidate is.
  package enum Kind: Sendable {
    case keyword, name, field, method, option
    /// A name within `["…"]`.
    case quotedOption
    /// The contents of a string.
    case value
  }

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
  /// The quote of the string literal the cursor is in.
  package var quote: Character?
  /// The text of the string literal the cursor is in, without its quote, when it may be a path.
  package let path: String?
  /// The signature of the call the cursor is in, such as `Model:quantize([{options}]) → Model`.
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
  /// Runs no Lua and no property: looking changes nothing.
  package static func complete(_ text: String, in interpreter: Interpreter) -> LuaCompletion {
    Completer(text, interpreter).completion
  }

  /// A line about the call the cursor is in: the option being set, else the signature.
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
  /// The contents of the string literal at the cursor.
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
    } else if let call, let table = call.table, let keys = keys(call, table) {
      found = keys
    } else if let values = call.flatMap(values), !matching(values, word).isEmpty {
      found = values
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

  /// `f "` with the cursor in the string.
  private var stringCall: OpenCall? {
    literal == nil ? nil : OpenCall(stringArgumentAfter: tokens[...], reader)
  }

  /// The function of Lua's own library whose brackets are open.
  private var standardFunction: StandardLibrary.Entry? {
    var open: [Int] = []
    for (index, token) in zip(tokens.indices, tokens) where token.kind == .symbol {
      if ["(", "[", "{"].contains(token.text) { open.append(index) }
      if [")", "]", "}"].contains(token.text) { _ = open.popLast() }
    }
    for bracket in open.reversed() where tokens[bracket].text == "(" {
      guard case .value(.function(let function))? = reader.meaning(endingAt: tokens[..<bracket]) else { continue }
      return StandardLibrary.entry(of: function, in: interpreter)
    }
    return nil
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
      found += names.map { name in
        reader.isName(name)
          ? .init(text: name, kind: .option, detail: "")
          : .init(text: "[\"\(name)\"]", kind: .option, detail: "")
      }
    }
    guard !found.isEmpty else { return nil }
    return found.filter { !given.contains($0.text) }
  }

  /// What may stand after `option = `, where that is a closed list.
  private func values(_ call: OpenCall) -> [LuaCompletion.Candidate]? {
    guard call.nesting.count != 1, call.table?.last?.text == "=", let option = call.option else {
      return nil
    }
    var texts = option.choices.map { "\"\($0)\"" }
    if case .integers(let values)? = option.allowed { texts = values.map(String.init) }
    if option.type.unwrapped == .boolean { texts = ["true", "false"] }
    guard !texts.isEmpty else { return nil }
    return texts.map { .init(text: $0, kind: .value, detail: option.doc) }
  }

  /// The values of `option = "…`, of a list of them, or of an argument; a name of the content in
  /// `["…`; else perhaps a path.
  private func completeString(
    _ literal: Substring, _ call: OpenCall?, _ signature: String?
  ) -> LuaCompletion {
    var found: [LuaCompletion.Candidate] = []
    if tokens.last?.text == "[", let before = tokens.dropLast().last?.text,
      ["{", ",", ";"].contains(before)
    {
      found = contentNames.map { .init(text: $0, kind: .quotedOption, detail: "") }
    } else if let (choices, doc) = (call ?? stringCall).flatMap(choices), !choices.isEmpty {
      found = choices.map { .init(text: $0, kind: .value, detail: doc) }
    } else {
      return LuaCompletion(
        replaced: literal.count, candidates: [], quote: quote, path: String(literal),
        signature: signature)
    }
    return LuaCompletion(
      replaced: literal.count, candidates: matching(found, literal), quote: quote,
      signature: signature)
  }

  /// Names of the receiver's content that may be keys of the table around the `[` just typed.
  private var contentNames: [String] {
    guard let call = OpenCall(around: tokens.dropLast(), reader), let object = call.receiver else {
      return []
    }
    return type(of: object).luaClass.contentNames?(
      object, call.function.name, call.nesting.first) ?? []
  }

  /// The strings allowed where the cursor is.
  private func choices(_ call: OpenCall) -> (choices: [String], doc: String)? {
    if call.table == nil, call.position < call.function.arguments.count {
      let argument = call.function.arguments[call.position]
      if argument.isTopic { return (interpreter.catalogue.names, "") }
      guard case .strings(let names)? = argument.allowed else { return nil }
      return (names, argument.doc)
    }
    guard let table = call.table else { return nil }
    var name: String?
    switch call.nesting.count {
    case 0 where table.last?.text == "=", 2 where table.last?.text == "=": name = table.dropLast().last.map { String($0.text) }
    case 1 where table.isEmpty || table.last?.text == ",": name = call.nesting[0]
    default: break
    }
    return name.flatMap { call.function.options?[$0] }.map { ($0.choices, $0.doc) }
  }
}
