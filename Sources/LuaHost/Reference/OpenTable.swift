// SPDX-License-Identifier: Apache-2.0
// An incomplete table constructor.

/// A position in a table.
enum TableKey: Equatable {
  case named(String)
  /// Counted from 1.
  case at(Int)
}

/// The entries of a table up to the cursor, which is in the last, possibly empty entry.
struct OpenTable {
  private let entries: [ArraySlice<LuaToken>]

  /// - Parameter tokens: the tokens after the opening brace.
  init(_ tokens: ArraySlice<LuaToken>) {
    var entries: [ArraySlice<LuaToken>] = []
    var start = tokens.startIndex
    var depth = LuaDepth()
    for index in tokens.indices {
      if depth.isZero, tokens[index].kind == .symbol, [",", ";"].contains(tokens[index].text) {
        entries.append(tokens[start..<index])
        start = index + 1
      }
      depth.pass(tokens[index])
    }
    self.entries = entries + [tokens[start...]]
  }

  /// Whether the entry at the cursor is empty, apart from the word at the cursor.
  var beginsEntry: Bool { entries.last?.isEmpty ?? true }

  /// Whether the value of the entry at the cursor starts at the cursor.
  var beginsValue: Bool { beginsEntry || entries.last.flatMap(Self.name)?.value.isEmpty == true }

  /// The key of the entry at the cursor.
  var key: TableKey {
    if let name = entries.last.flatMap(Self.name)?.text { return .named(name) }
    return .at(entries.count { Self.name($0) == nil })
  }

  /// The names that have a value.
  var given: Set<String> { Set(entries.compactMap { Self.name($0)?.text }) }

  /// The first positional value, if it is a string.
  var leadingString: String? {
    guard let first = entries.first(where: { Self.name($0) == nil }), first.count == 1, let token = first.first,
      token.kind == .string
    else { return nil }
    return token.contents
  }

  /// The name in `name = …` or `["name"] = …`; empty for other keys in brackets.
  private static func name(_ entry: ArraySlice<LuaToken>) -> (text: String, value: ArraySlice<LuaToken>)? {
    guard let first = entry.first else { return nil }
    if first.kind == .name, entry.dropFirst().first?.text == "=" { return (String(first.text), entry.dropFirst(2)) }
    guard first.text == "[", first.kind == .symbol else { return nil }
    let key = entry.dropFirst().first.flatMap { $0.kind == .string ? $0.contents : nil }
    var depth = LuaDepth()
    for index in entry.indices {
      if depth.isZero, entry[index].text == "=", entry[index].kind == .symbol { return (key ?? "", entry[(index + 1)...]) }
      depth.pass(entry[index])
    }
    return nil
  }
}
