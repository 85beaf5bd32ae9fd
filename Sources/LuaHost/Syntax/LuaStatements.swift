// SPDX-License-Identifier: Apache-2.0
// Parses the statements in the outermost block of a chunk.

/// A `local` statement in the outermost block of a chunk.
struct LocalStatement: Equatable {
  struct Name: Equatable {
    let text: String
    /// The attribute: the name in `<const>` or `<close>`.
    let attribute: Substring?
  }

  let names: [Name]
  /// The end of the statement's last token.
  let end: String.Index
}

/// Parses as much of the grammar of Lua 5.4 as is needed to find the ends of statements.
///
/// It is designed for text that Lua compiles. For other text it may find fewer statements, but never incorrect ones.
struct LuaStatementReader {
  private struct NotAChunk: Error {}

  private let tokens: [LuaToken]
  private var index = 0
  private var found: [LocalStatement] = []

  /// The `local` statements outside of functions and nested blocks, in order.
  static func locals(of text: String) -> [LocalStatement] {
    var reader = LuaStatementReader(text)
    try? reader.block(isOutermost: true)
    return reader.found
  }

  private init(_ text: String) { tokens = LuaLexer(text).filter { $0.kind != .comment } }

  // MARK: Tokens

  private func text(ahead offset: Int = 0) -> Substring? {
    tokens.indices.contains(index + offset) ? tokens[index + offset].text : nil
  }

  private func isNext(_ text: String) -> Bool {
    guard tokens.indices.contains(index) else { return false }
    return tokens[index].text == text && tokens[index].kind != .string
  }

  private mutating func take(_ text: String) -> Bool {
    guard isNext(text) else { return false }
    index += 1
    return true
  }

  private mutating func expect(_ text: String) throws {
    guard take(text) else { throw NotAChunk() }
  }

  @discardableResult
  private mutating func token(_ kind: LuaToken.Kind) throws -> LuaToken {
    guard tokens.indices.contains(index), tokens[index].kind == kind else { throw NotAChunk() }
    defer { index += 1 }
    return tokens[index]
  }

  // MARK: Statements

  private mutating func block(isOutermost: Bool = false) throws {
    while index < tokens.count {
      if take(";") { continue }
      if ["end", "else", "elseif", "until"].contains(where: { isNext($0) }) { return }
      if take("return") {
        if index < tokens.count, !isNext(";"), !["end", "else", "elseif", "until"].contains(where: { isNext($0) }) { try list() }
        _ = take(";")
        return
      }
      try statement(isOutermost: isOutermost)
    }
  }

  private mutating func statement(isOutermost: Bool) throws {
    if take("if") {
      try expression()
      try expect("then")
      try block()
      while take("elseif") {
        try expression()
        try expect("then")
        try block()
      }
      if take("else") { try block() }
      try expect("end")
    } else if take("while") {
      try expression()
      try expect("do")
      try block()
      try expect("end")
    } else if take("do") {
      try block()
      try expect("end")
    } else if take("for") {
      repeat { try token(.name) } while take(",")
      guard take("=") || take("in") else { throw NotAChunk() }
      try list()
      try expect("do")
      try block()
      try expect("end")
    } else if take("repeat") {
      try block()
      try expect("until")
      try expression()
    } else if take("function") {
      try token(.name)
      while take(".") || take(":") { try token(.name) }
      try function()
    } else if take("local") {
      try local(isOutermost: isOutermost)
    } else if take("goto") {
      try token(.name)
    } else if take("::") {
      try token(.name)
      try expect("::")
    } else if !take("break") {
      try suffixed()
      while take(",") { try suffixed() }
      if take("=") { try list() }
    }
  }

  private mutating func local(isOutermost: Bool) throws {
    var names: [LocalStatement.Name] = []
    if take("function") {
      names.append(.init(text: String(try token(.name).text), attribute: nil))
      try function()
    } else {
      repeat {
        let name = String(try token(.name).text)
        var attribute: Substring?
        if take("<") {
          attribute = try token(.name).text
          try expect(">")
        }
        names.append(.init(text: name, attribute: attribute))
      } while take(",")
      if take("=") { try list() }
    }
    if isOutermost { found.append(LocalStatement(names: names, end: tokens[index - 1].text.endIndex)) }
  }

  /// Parses parameters and body, after `function` and the name.
  private mutating func function() throws {
    try expect("(")
    while !take(")") {
      guard index < tokens.count else { throw NotAChunk() }
      index += 1
    }
    try block()
    try expect("end")
  }

  // MARK: Expressions

  private mutating func list() throws {
    repeat { try expression() } while take(",")
  }

  private static let binary: Set<Substring> = [
    "+", "-", "*", "/", "//", "%", "^", "&", "|", "~", "<<", ">>", "..", "==", "~=", "<", "<=", ">", ">=", "and", "or",
  ]

  private mutating func expression() throws {
    repeat {
      while take("not") || take("-") || take("#") || take("~") {}
      try simple()
    } while takeBinary()
  }

  private mutating func takeBinary() -> Bool {
    guard tokens.indices.contains(index), tokens[index].kind == .symbol || tokens[index].kind == .keyword,
      Self.binary.contains(tokens[index].text)
    else { return false }
    index += 1
    return true
  }

  private mutating func simple() throws {
    guard tokens.indices.contains(index) else { throw NotAChunk() }
    let next = tokens[index]
    switch (next.kind, next.text) {
    case (.number, _), (.string, _), (.keyword, "nil"), (.keyword, "true"), (.keyword, "false"), (.symbol, "..."): index += 1
    case (.symbol, "{"): try table()
    case (.keyword, "function"):
      index += 1
      try function()
    default: try suffixed()
    }
  }

  private mutating func suffixed() throws {
    if take("(") {
      try expression()
      try expect(")")
    } else {
      try token(.name)
    }
    while tokens.indices.contains(index) {
      let next = tokens[index]
      switch (next.kind, next.text) {
      case (.symbol, "."):
        index += 1
        try token(.name)
      case (.symbol, "["):
        index += 1
        try expression()
        try expect("]")
      case (.symbol, ":"):
        index += 1
        try token(.name)
        try arguments()
      case (.symbol, "("), (.symbol, "{"), (.string, _): try arguments()
      default: return
      }
    }
  }

  private mutating func arguments() throws {
    if isNext("{") { return try table() }
    if tokens.indices.contains(index), tokens[index].kind == .string {
      index += 1
      return
    }
    try expect("(")
    if take(")") { return }
    try list()
    try expect(")")
  }

  private mutating func table() throws {
    try expect("{")
    while !take("}") {
      if take("[") {
        try expression()
        try expect("]")
        try expect("=")
      } else if tokens.indices.contains(index), tokens[index].kind == .name, text(ahead: 1) == "=" {
        index += 2
      }
      try expression()
      guard take(",") || take(";") || isNext("}") else { throw NotAChunk() }
    }
  }
}
