// SPDX-License-Identifier: Apache-2.0
// Reads Lua values for display without changing them.

import LuaHost
import TextLayout

/// Converts values to ``ValueTree``: tables without metamethods, with sorted keys and within limits; values with
/// `__tostring`, and objects of the host, by their `tostring` text.
struct ValueReader {
  private let interpreter: Interpreter
  private let limits: DisplayLimits
  private let outline: LuaClosure

  /// Returns the length of the list, the number of other keys, and the first of them.
  ///
  /// It is written in Lua so that tables with millions of entries are traversed at Lua's speed and Ctrl-C works; the
  /// locals protect it against scripts that replace globals.
  private static let outlineSource = """
    local rawlen, next, math_type = rawlen, next, math.type
    return function(t, limit)
      local length, others, keys = rawlen(t), 0, {}
      for key in next, t do
        if math_type(key) ~= "integer" or key < 1 or key > length then
          others = others + 1
          if others <= limit then keys[others] = key end
        end
      end
      return length, others, keys
    end
    """

  /// Only this many keys are considered when keys are sorted.
  private static let sortedKeys = 1000
  private static let fieldsOfLongList = 10

  /// - Throws: `LuaError` if the interpreter has lost its standard library.
  init(_ interpreter: Interpreter, limits: DisplayLimits = DisplayLimits()) throws {
    self.interpreter = interpreter
    self.limits = limits
    let made = try interpreter.run(Self.outlineSource, chunkName: "=show")
    guard let outline = made.first?.function else {
      throw LuaError(.internal, "the value reader could not be created")
    }
    self.outline = outline
  }

  /// The text of a top-level value, truncated to a frame, with a note on how to see the rest.
  ///
  /// A single-line string is written as a literal, so that `"5"` and `5` are distinguishable. A multi-line string is
  /// written verbatim.
  ///
  /// - Parameter width: the number of columns for tables.
  /// - Throws: `LuaInterrupted`, and any error from a `__tostring` metamethod.
  func text(_ value: LuaValue, in frame: DisplayFrame = .whole, width: Int) throws -> String {
    switch value {
    case .string(let text) where text.contains(where: \.isNewline):
      return ScreenText.cut(text.escapingControls(keepingLines: true), to: frame, remedy: "print(_) shows all")
    case .string(let text): return literal(text, frame)
    case .bytes(let bytes): return literal(bytes, frame)
    case .table:
      let text = try tree(value).text(width: width).escapingControls(keepingLines: true)
      return ScreenText.cut(text, to: frame, remedy: "pp(_) shows more")
    default:
      let text = try tree(value).text(width: width).escapingControls(keepingLines: true)
      return ScreenText.cut(text, to: frame, remedy: "print(tostring(_)) shows all")
    }
  }

  /// The maximum number of characters of a single-line string: a few lines of the terminal.
  private func longest(_ frame: DisplayFrame) -> Int {
    guard let columns = frame.columns else { return limits.aloneLength }
    return max(limits.stringLength, columns * 5)
  }

  private func literal(_ text: String, _ frame: DisplayFrame) -> String {
    let limit = longest(frame)
    guard text.utf8.count > limit / 4 else { return text.quoted(limit: .max) }
    return fitting(limit, text.utf8.count, text.quoted)
  }

  private func literal(_ bytes: [UInt8], _ frame: DisplayFrame) -> String { fitting(longest(frame), bytes.count, bytes.quoted) }

  /// A literal of at most `limit` characters. Escapes are longer than the characters that they represent.
  private func fitting(_ limit: Int, _ bytes: Int, _ quoted: (Int) -> String) -> String {
    var literal = quoted(limit)
    // Int.max stands for no limit.
    if limit < Int.max / 2, literal.count > limit + 3 {
      literal = quoted(max(1, Int(Double(limit) * Double(limit) / Double(literal.count))))
    }
    return literal.hasSuffix("…") ? literal + "\n… of \(bytes) bytes; print(_) shows all" : literal
  }

  /// The structure of a value for display.
  ///
  /// - Throws: `LuaInterrupted`, and any error from a `__tostring` metamethod.
  func tree(_ value: LuaValue) throws -> ValueTree {
    var walk = Walk(remaining: limits.total)
    return try tree(value, depth: 0, &walk)
  }

  private struct Walk {
    var remaining: Int
    /// The enclosing tables of the current one.
    var path: [UnsafeRawPointer] = []
  }

  private func tree(_ value: LuaValue, depth: Int, _ walk: inout Walk) throws -> ValueTree {
    switch value {
    case .string(let text): return .leaf(text.quoted(limit: limits.stringLength))
    case .bytes(let bytes): return .leaf(bytes.quoted(limit: limits.stringLength))
    case .table(let table): return try tree(table, depth: depth, &walk)
    default:
      let text = try interpreter.describe(value)
      guard depth > 0, let end = text.firstIndex(where: \.isNewline) else { return .leaf(text) }
      return .leaf(text[..<end] + " …")
    }
  }

  private func tree(_ table: LuaTable, depth: Int, _ walk: inout Walk) throws -> ValueTree {
    let facts = try outline.call(table, Self.sortedKeys)
    guard facts.count == 3, let length = facts[0].integer, let others = facts[1].integer,
      let keyTable = facts[2].table
    else { return .leaf("{…}") }
    let metatable = interpreter.metatable(of: .table(table))
    let isPlain = metatable?[Interpreter.listMark].isNil == false || metatable?[Interpreter.fieldsMark].isNil == false
    if metatable?["__tostring"].isNil == false, !isPlain {
      let text = try interpreter.describe(.table(table))
      guard depth > 0, let end = text.firstIndex(where: \.isNewline) else { return .leaf(text) }
      return .leaf(text[..<end] + " …")
    }
    guard length + others > 0 else { return .table([]) }
    guard let identity = table.reference.identity, !walk.path.contains(identity) else {
      return .leaf("<cycle>")
    }
    guard depth < limits.depth else { return .leaf("{…}") }
    walk.path.append(identity)
    defer { walk.path.removeLast() }

    var entries: [ValueTree.Entry] = []
    while entries.count < min(length, limits.items), walk.remaining > 0 {
      walk.remaining -= 1
      let value = try tree(table[entries.count + 1], depth: depth + 1, &walk)
      entries.append(.init(key: nil, value: value))
    }
    if length > entries.count {
      entries.append(
        .init(key: nil, value: .leaf("… \(length - entries.count) more"), isNote: true))
    }
    // Some entries are reserved for fields of a long list, since they often describe the list.
    let places = max(limits.items - length, min(limits.items, Self.fieldsOfLongList))
    let keys = (0..<min(others, Self.sortedKeys)).map { SortableKey(keyTable[$0 + 1]) }.sorted()
    var shown = 0
    for key in keys.prefix(places) where walk.remaining > 0 {
      walk.remaining -= 1
      shown += 1
      let value = try tree(key.read(table), depth: depth + 1, &walk)
      entries.append(.init(key: try key.shown(interpreter), value: value))
    }
    if others > shown {
      entries.append(.init(key: nil, value: .leaf("… \(others - shown) more fields"), isNote: true))
    }
    return .table(entries)
  }
}

/// A table key in display order: numbers, strings, then other keys in table order.
private struct SortableKey: Comparable {
  private let value: LuaValue

  init(_ value: LuaValue) {
    self.value = value
  }

  private var rank: Int {
    switch value {
    case .integer, .number: 0
    case .string: 1
    default: 2
    }
  }

  static func < (a: SortableKey, b: SortableKey) -> Bool {
    if let x = a.value.number, let y = b.value.number { return x < y }
    if let x = a.value.string, let y = b.value.string { return x < y }
    return a.rank < b.rank
  }

  static func == (a: SortableKey, b: SortableKey) -> Bool { !(a < b) && !(b < a) }

  func read(_ table: LuaTable) throws -> LuaValue {
    switch value {
    case .string(let name): table[name]
    case .integer(let index): table[index]
    default: try table.get(value)
    }
  }

  func shown(_ interpreter: Interpreter) throws -> String {
    guard let name = value.string else {
      return "[" + (try interpreter.describe(value)) + "]"
    }
    return name.isLuaName ? name : "[" + name.quoted(limit: 80) + "]"
  }
}

extension String {
  /// Whether the text is a valid Lua name.
  var isLuaName: Bool {
    var tokens = LuaLexer(self)
    guard let token = tokens.next() else { return false }
    return token.kind == .name && token.text.count == count
  }

  /// The text as a Lua string literal, truncated after `limit` characters.
  func quoted(limit: Int) -> String {
    let shown = limit == .max ? self : String(prefix(limit))
    var result = ""
    for scalar in shown.unicodeScalars {
      if scalar == "\"" || scalar == "\\" { result += "\\" }
      result.unicodeScalars.append(scalar)
    }
    result = "\"" + result.escapingControls(keepingLines: false)
    return result + (shown.utf8.count < utf8.count ? "\"…" : "\"")
  }
}

extension [UInt8] {
  /// Bytes that are not valid UTF-8 as a Lua string literal, truncated after `limit` bytes.
  func quoted(limit: Int) -> String {
    var result = "\""
    for byte in prefix(limit) {
      switch byte {
      case UInt8(ascii: "\""), UInt8(ascii: "\\"): result += "\\" + String(UnicodeScalar(byte))
      case UInt8(ascii: "\n"): result += "\\n"
      case 0x20..<0x7F: result.unicodeScalars.append(UnicodeScalar(byte))
      default: result += "\\x" + (byte < 16 ? "0" : "") + String(byte, radix: 16)
      }
    }
    return result + (count > limit ? "\"…" : "\"")
  }
}
