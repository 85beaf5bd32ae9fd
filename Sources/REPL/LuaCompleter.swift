// SPDX-License-Identifier: Apache-2.0
// How Lua before the cursor could go on.

import LineEditor
import LuaHost

/// Completes keywords, names, fields, methods, and paths in strings.
///
/// Looking never changes anything: tables are read raw, `__index` is followed only where it is a
/// table, and neither metamethods nor properties of host objects are called.
struct LuaCompleter {
  private let interpreter: Interpreter
  private let getMetatable: LuaClosure

  /// Tables behind `__index` that are followed, one behind the other.
  private static let inheritanceLimit = 8

  /// - Throws: `LuaError` when the interpreter has lost its standard library.
  init(_ interpreter: Interpreter) throws {
    self.interpreter = interpreter
    // Kept, so that completion works whatever a script puts in the place of `debug`.
    guard let function = interpreter.globals["debug"].table?["getmetatable"].function else {
      throw LuaError(.internal, "the function debug.getmetatable is gone")
    }
    getMetatable = function
  }

  func complete(_ text: String) -> Completion {
    var tokens = Array(LuaLexer(text))
    let last = tokens.last
    let endsInToken = last?.text.endIndex == text.endIndex
    if let last, endsInToken {
      switch last.kind {
      case .unfinished: return completePath(last.text)
      case .comment: return .none
      case .string, .number: return .none
      case .name, .keyword, .symbol: break
      }
    }
    var word: Substring = ""
    if let last, endsInToken, [.name, .keyword].contains(last.kind) {
      word = last.text
      tokens.removeLast()
    }
    let names: [String]
    if let separator = tokens.last?.text, separator == "." || separator == ":" {
      guard let owner = owner(tokens.dropLast()) else { return .none }
      names = members(of: owner, callable: separator == ":")
    } else {
      names = allNames() + localNames(tokens, startingWith: word)
    }
    let candidates = Set(names.filter { $0.hasPrefix(word) }).sorted()
    return Completion(replacing: word.count, with: candidates.map { .init($0) })
  }
}

// Names.
extension LuaCompleter {
  private func allNames() -> [String] {
    let globals = (try? interpreter.globals.pairs())?.compactMap(\.key.string) ?? []
    return globals.filter(\.isLuaName) + LuaLexer.keywords
  }

  /// Names already used in the input itself: locals and parameters of a block being written.
  private func localNames(_ tokens: [LuaToken], startingWith word: Substring) -> [String] {
    guard !word.isEmpty else { return [] }
    return tokens.filter { $0.kind == .name }.map { String($0.text) }
  }

  /// The value of `a.b.c` at the end of the tokens, or of a string literal.
  private func owner(_ tokens: ArraySlice<LuaToken>) -> LuaValue? {
    var rest = tokens
    guard let last = rest.popLast() else { return nil }
    if last.kind == .string { return .string("") }
    guard last.kind == .name else { return nil }
    var path = [String(last.text)]
    while rest.last?.text == "." {
      rest.removeLast()
      guard let name = rest.popLast(), name.kind == .name else { return nil }
      path.insert(String(name.text), at: 0)
    }
    if rest.last?.text == ":" { return nil }
    var value = LuaValue.table(interpreter.globals)
    for name in path {
      guard let next = field(name, of: value) else { return nil }
      value = next
    }
    return value
  }

  private func field(_ name: String, of value: LuaValue) -> LuaValue? {
    tables(of: value).lazy.map { $0[name] }.first { !$0.isNil }
  }

  /// Names after `.`, or of what can be called after `:`.
  private func members(of value: LuaValue, callable: Bool) -> [String] {
    if case .object(let object) = value {
      let declaration = type(of: object).luaClass
      return callable ? declaration.methods.map(\.name) : declaration.properties.map(\.name)
    }
    return tables(of: value).flatMap { table in
      ((try? table.pairs()) ?? []).compactMap { key, value -> String? in
        guard let name = key.string, name.isLuaName else { return nil }
        return callable && value.function == nil ? nil : name
      }
    }
  }

  /// The tables in which fields of the value are found: itself, and those behind `__index`.
  private func tables(of value: LuaValue) -> [LuaTable] {
    var tables: [LuaTable] = []
    var value = value
    if case .table(let table) = value { tables.append(table) }
    for _ in 0..<Self.inheritanceLimit {
      guard let meta = try? getMetatable.call(value).first?.table,
        case .table(let next) = meta["__index"]
      else { break }
      tables.append(next)
      value = .table(next)
    }
    return tables
  }
}

// Paths.
extension LuaCompleter {
  private func completePath(_ literal: Substring) -> Completion {
    guard let quote = literal.first, quote == "\"" || quote == "'", !literal.contains("\\") else {
      return .none
    }
    let path = literal.dropFirst()
    let slash = path.lastIndex(of: "/")
    let name = slash.map { path[path.index(after: $0)...] } ?? path
    let folder = slash.map { String(path[...$0]) } ?? "."
    let entries = folderEntries(folder).filter {
      $0.hasPrefix(name) && ($0.hasPrefix(".") == name.hasPrefix("."))
    }
    let candidates = entries.sorted().map { entry in
      // A package is a folder on disk and a file to people.
      let isFolder = !entry.hasSuffix(".mlpackage") && FolderEntry.isFolder(folder + "/" + entry)
      return Completion.Candidate(entry + (isFolder ? "/" : ""))
    }
    return Completion(replacing: name.count, with: candidates)
  }

  private func folderEntries(_ path: String) -> [String] {
    FolderEntry.names(in: path).filter { !$0.contains("\"") && !$0.contains("\\") }
  }
}
