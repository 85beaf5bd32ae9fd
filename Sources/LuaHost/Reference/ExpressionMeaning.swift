// SPDX-License-Identifier: Apache-2.0
// Determines the value or type of an incomplete expression without running it.

import Options

/// The known information about an expression: its value, or its declared type.
enum Meaning {
  case value(LuaValue)
  case type(LuaType)
  case function(LuaFunction, path: String)
}

/// Determines the meaning of expressions such as `wane.load("x").weights` from globals and declarations.
///
/// Tables are read raw, and no metamethods or functions of scripts are called. Of the host's properties only the
/// cached ones, which never change, are read.
struct ExpressionReader {
  let interpreter: Interpreter
  /// The variables of the input itself.
  var locals: [String: Meaning] = [:]
  private var catalog: LuaCatalog { interpreter.catalog }

  /// The maximum number of `__index` tables that are followed.
  private static let inheritanceLimit = 8

  init(_ interpreter: Interpreter) { self.interpreter = interpreter }

  /// The meaning of the longest expression at the end of the tokens.
  func meaning(endingAt tokens: ArraySlice<LuaToken>) -> Meaning? {
    guard let start = start(of: tokens) else { return nil }
    var rest = tokens[start...]
    guard let first = rest.popFirst() else { return nil }
    var meaning: Meaning
    switch first.kind {
    case .name:
      let name = String(first.text)
      meaning = locals[name] ?? .value(interpreter.variable(named: name))
    case .string: return rest.isEmpty ? .value(.string("")) : nil
    case .symbol where first.text == "(":
      let contents = removeEnclosed(from: &rest)
      guard self.start(of: contents) == contents.startIndex,
        let enclosed = self.meaning(endingAt: contents)
      else { return nil }
      meaning = enclosed
    default: return nil
    }
    while let token = rest.popFirst() {
      guard let next = step(from: meaning, token, &rest) else { return nil }
      meaning = next
    }
    return meaning
  }

  /// The index at which the chain of names, indices and calls starts.
  private func start(of tokens: ArraySlice<LuaToken>) -> Int? {
    var index = tokens.endIndex
    while index > tokens.startIndex {
      let token = tokens[index - 1]
      switch (token.kind, token.text) {
      case (.name, _), (.string, _):
        index -= 1
        if index > tokens.startIndex, token.kind == .name,
          [".", ":"].contains(tokens[index - 1].text)
        {
          index -= 1
        } else if token.kind == .string, index > tokens.startIndex,
          tokens[index - 1].kind == .name || tokens[index - 1].text == ")"
        {
          continue  // f "x"
        } else {
          return index
        }
      case (.symbol, ")"), (.symbol, "]"), (.symbol, "}"):
        guard let opening = tokens.opening(of: index - 1) else { return nil }
        index = opening
        let before = index > tokens.startIndex ? tokens[index - 1] : nil
        let continues = before.map {
          $0.kind == .name || $0.kind == .string || ")]}".contains($0.text)
        }
        if continues != true { return tokens[index].text == "(" ? index : nil }
      default:
        return nil
      }
    }
    return nil
  }

  private func step(
    from meaning: Meaning, _ token: LuaToken, _ rest: inout ArraySlice<LuaToken>
  ) -> Meaning? {
    switch token.text {
    case ".", ":":
      guard let name = rest.popFirst() else { return nil }
      return member(String(name.text), of: meaning)
    case "[":
      let key = removeEnclosed(from: &rest)
      return element(of: meaning, at: key.count == 1 ? key.first : nil)
    case "(", "{":
      _ = removeEnclosed(from: &rest)
      return result(of: meaning)
    default:
      return token.kind == .string ? result(of: meaning) : nil
    }
  }

  /// Removes and returns the content of the bracket opened before these tokens, and removes its closing bracket.
  private func removeEnclosed(from rest: inout ArraySlice<LuaToken>) -> ArraySlice<LuaToken> {
    let end = rest.firstUnmatchedClosing ?? rest.endIndex
    defer { rest = rest[end...].dropFirst() }
    return rest[..<end]
  }

  private func member(_ name: String, of meaning: Meaning) -> Meaning? {
    if let owner = owner(of: meaning) {
      if let property = owner.property(name) {
        if property.isCached, case .value(.object(let object)) = meaning,
          let value = try? interpreter.property(name, of: object)
        {
          return .value(value)
        }
        return .type(property.type)
      }
      return owner.method(name).map { .function($0, path: "\(owner.name):\(name)") }
    }
    switch meaning {
    case .type(let type):
      if let record = record(of: type) {
        return record.fields.first { $0.name == name }.map { .type($0.type) }
      }
      return type.element.map { .type($0) }  // element by name
    case .value(let value):
      return tables(of: value).lazy.map { $0[name] }.first { !$0.isNil }.map { .value($0) }
    default: return nil
    }
  }

  /// The meaning of `x[key]`; that of any element of `x` if the key is not a plain string or number.
  func element(of meaning: Meaning, at key: LuaToken? = nil) -> Meaning? {
    if let key, key.kind == .string {
      if case .value(.table(let table)) = meaning, case let value = table[key.contents], !value.isNil { return .value(value) }
      if owner(of: meaning)?.elementType == nil, let found = member(key.contents, of: meaning) { return found }
    }
    switch meaning {
    case .type(let type): return (type.element ?? owner(of: meaning)?.elementType).map { .type($0) }
    case .value(.table(let table)): return .value(table[key.flatMap { Int($0.text) } ?? 1])
    case .value(.object): return owner(of: meaning)?.elementType.map { .type($0) }
    default: return nil
    }
  }

  private func result(of meaning: Meaning) -> Meaning? {
    if case .type(.iterator(let element)) = meaning { return .type(element.unwrapped) }
    return function(of: meaning).map { .type($0.function.resultType.unwrapped) }
  }

  /// The declared function that an expression refers to.
  func function(of meaning: Meaning) -> (function: LuaFunction, path: String)? {
    if case .function(let function, let path) = meaning { return (function, path) }
    if case .value(let value) = meaning,
      case .function(let function, let path)? = interpreter.declared(by: value)
    {
      return (function, path)
    }
    return nil
  }

  /// The class of the object that an expression refers to.
  func owner(of meaning: Meaning) -> LuaClass? {
    switch meaning {
    case .value(let value): value.box.map { type(of: $0).luaClass }
    case .type(let type): type.objectNames.lazy.compactMap { catalog.objectClass(named: $0) }.first
    default: nil
    }
  }

  private func record(of type: LuaType) -> LuaRecordDeclaration? {
    type.objectNames.lazy.compactMap { catalog.record(named: $0) }.first
  }

  /// The names that may follow the expression after `.`, or after `:` if `called`.
  func members(of meaning: Meaning, called: Bool) -> [String] {
    if let owner = owner(of: meaning) {
      return called ? owner.methods.map(\.name) : owner.properties.map(\.name)
    }
    switch meaning {
    case .type(let type): return called ? [] : record(of: type)?.fields.map(\.name) ?? []
    case .value(let value):
      return tables(of: value).flatMap { table in
        ((try? table.pairs()) ?? []).compactMap { key, value -> String? in
          guard let name = key.string, isName(name) else { return nil }
          return called && value.function == nil ? nil : name
        }
      }
    default: return []
    }
  }

  /// The string keys of a table, or of its fields.
  func keys(of meaning: Meaning) -> [String] {
    switch meaning {
    case .value(let value): tables(of: value).flatMap { ((try? $0.pairs()) ?? []).compactMap(\.key.string) }
    case .type(let type): record(of: type)?.fields.map(\.name) ?? []
    default: []
    }
  }

  /// The tables that contain the fields of a value: the value itself, and those in `__index`.
  private func tables(of value: LuaValue) -> [LuaTable] {
    var tables = value.table.map { [$0] } ?? []
    var value = value
    for _ in 0..<Self.inheritanceLimit {
      guard let next = interpreter.metatable(of: value)?["__index"].table else { break }
      tables.append(next)
      value = .table(next)
    }
    return tables
  }

  func isName(_ text: String) -> Bool {
    var tokens = LuaLexer(text)
    guard let token = tokens.next() else { return false }
    return token.kind == .name && token.text.count == text.count
  }
}
