// SPDX-License-Identifier: Apache-2.0
// Hints for syntax of other languages that causes a Lua syntax error.

/// Recognizes syntax of Python, C, JavaScript and shells in a line with a syntax error.
enum ForeignSyntax {
  /// A recognized construct and its Lua form.
  struct Finding: Equatable {
    let hint: String
    /// Whether no continuation could make the text valid Lua, although Lua reports it as incomplete.
    var isFinal = false
  }

  /// Examines the line that an error message refers to, and the line before it.
  ///
  /// - Parameter named: the host's hints for names of other libraries.
  static func finding(in source: String, message: String, named: [String: String] = [:]) -> Finding? {
    let tokens = Array(LuaLexer(source))
    let starts = lineStarts(source)
    var lines = [[LuaToken]](repeating: [], count: starts.count)
    var line = 0
    for token in tokens {
      while line + 1 < starts.count, token.text.startIndex >= starts[line + 1] { line += 1 }
      lines[line].append(token)
    }
    let written = lines.indices.filter { !lines[$0].isEmpty }
    let told = number(in: message).map { $0 - 1 } ?? 0
    guard let last = written.last else { return nil }
    let at = message.hasSuffix("<eof>") ? last : min(told, last)
    for index in written.filter({ $0 <= at }).suffix(2).reversed() {
      if var found = finding(in: lines[index], named) {
        // An open brace may start a table that continues on the next line, but a colon at the end of a line is never valid Lua.
        found.isFinal = found.isFinal && index == last && lines[index].last { $0.kind != .comment }?.text == ":"
        return found
      }
    }
    return nil
  }

  /// The line number N of `chunk:N: `.
  private static func number(in message: String) -> Int? {
    let parts = message.split(separator: ":", omittingEmptySubsequences: false)
    return parts.dropFirst().first { $0.allSatisfy(\.isNumber) && !$0.isEmpty }.flatMap { Int($0) }
  }

  private static func lineStarts(_ text: String) -> [String.Index] {
    let scalars = text.unicodeScalars
    return [text.startIndex] + scalars.indices.filter { scalars[$0] == "\n" }.map { scalars.index(after: $0) }
  }

  // MARK: One line

  private static func finding(in line: [LuaToken], _ named: [String: String]) -> Finding? {
    let code = line.filter { $0.kind != .comment }
    return typography(line) ?? loading(code, named) ?? keyword(code) ?? block(code) ?? operators(code, line) ?? literals(code) ?? call(code)
  }

  private static func typography(_ line: [LuaToken]) -> Finding? {
    for token in line where token.kind == .symbol {
      if token.text.unicodeScalars.contains(where: { ("\u{2018}"..."\u{201F}").contains($0) }) {
        return Finding(hint: "these are typographic quotes; Lua's are \" and '")
      }
      if token.text.unicodeScalars.contains(where: { $0 == "\u{A0}" || $0 == "\u{200B}" || $0 == "\u{FEFF}" }) {
        return Finding(hint: "an invisible character was copied along; type the blank again")
      }
      if token.text == "`" { return Finding(hint: "text with values in it is string.format(\"%d of %s\", n, name)") }
    }
    return nil
  }

  /// Recognizes `import numpy as np` and `from x import y`.
  private static func loading(_ line: [LuaToken], _ named: [String: String]) -> Finding? {
    guard line.count > 1, ["import", "from", "include", "using"].contains(line[0].text), [.name, .string].contains(line[1].kind)
    else { return nil }
    let name = line[1].kind == .string ? line[1].contents : String(line[1].text)
    if let hint = named[name] { return Finding(hint: hint) }
    return Finding(hint: "a module is loaded by local \(name) = require \"\(name)\"")
  }

  private static func keyword(_ line: [LuaToken]) -> Finding? {
    guard let first = line.first, first.kind == .name || first.kind == .keyword || first.text == "@" else { return nil }
    let second = line.dropFirst().first
    let hasOperand = second.map { $0.kind == .name || $0.kind == .string || $0.kind == .number || $0.kind == .keyword } ?? false
    let endsInColon = line.last?.text == ":" && line.last?.kind == .symbol
    switch first.text {
    case "def" where second?.kind == .name, "fn" where second?.kind == .name, "func" where second?.kind == .name:
      let name = second?.text ?? "f"
      return Finding(hint: "a function is written function \(name)(x) … end", isFinal: true)
    case "class" where hasOperand:
      return Finding(hint: "Lua has no classes; a table of functions serves: C = {} function C.new() … end", isFinal: true)
    case "try", "except", "catch", "finally":
      guard endsInColon || line.last?.text == "{" || line.count == 1 || first.text == "except" else { return nil }
      return Finding(hint: "errors are caught by local ok, err = pcall(function() … end)", isFinal: true)
    case "raise", "throw":
      return hasOperand || line.count == 1 ? Finding(hint: "an error is raised by error(\"what went wrong\")") : nil
    case "elif": return Finding(hint: "write elseif … then", isFinal: true)
    case "else" where second?.text == "if" && line.last?.text != "then":
      return Finding(hint: "write elseif … then", isFinal: true)
    case "let" where second?.kind == .name, "var" where second?.kind == .name, "const" where second?.kind == .name,
      "auto" where second?.kind == .name:
      return Finding(hint: "a variable is declared by local \(second?.text ?? "x") = …")
    case "int", "float", "double", "string", "bool":
      return second?.kind == .name ? Finding(hint: "Lua declares no types: local \(second?.text ?? "x") = …") : nil
    case "del" where second?.kind == .name, "delete" where second?.kind == .name:
      return Finding(hint: "a variable is let go by \(second?.text ?? "x") = nil")
    case "with" where hasOperand:
      return Finding(hint: "a value that is closed at the end of its block: local f <close> = io.open(path)", isFinal: true)
    case "assert" where hasOperand: return Finding(hint: "assert is a function: assert(condition, \"message\")")
    case "pass": return Finding(hint: "an empty block needs no word in Lua")
    case "switch", "match": return hasOperand || second?.text == "(" ? Finding(hint: "Lua has if … elseif … else … end") : nil
    case "@": return Finding(hint: "Lua has no decorators: f = decorator(f)")
    default: return nil
    }
  }

  private static func block(_ line: [LuaToken]) -> Finding? {
    guard let first = line.first, let last = line.last, last.kind == .symbol, [":", "{"].contains(last.text) else { return nil }
    switch first.text {
    case "if", "elseif": return Finding(hint: "write \(first.text) … then … end", isFinal: true)
    case "while": return Finding(hint: "write while … do … end", isFinal: true)
    case "else": return Finding(hint: "write else … end", isFinal: true)
    case "for":
      return Finding(hint: "write for i = 1, n do … end, or for _, x in ipairs(list) do … end", isFinal: true)
    case "function" where last.text == "{": return Finding(hint: "a function ends in end, without braces: function f(x) … end")
    default: return nil
    }
  }

  private static func touches(_ a: LuaToken, _ b: LuaToken) -> Bool { a.text.endIndex == b.text.startIndex }

  private static func isOperand(_ token: LuaToken) -> Bool {
    [.name, .number, .string].contains(token.kind) || [")", "]", "}", "nil", "true", "false"].contains(token.text)
  }

  private static func operators(_ code: [LuaToken], _ line: [LuaToken]) -> Finding? {
    for (i, token) in code.enumerated() where token.kind == .symbol || token.kind == .name {
      let before = i > 0 ? code[i - 1] : nil
      let next = i + 1 < code.count ? code[i + 1] : nil
      let joined = next.map { touches(token, $0) && $0.kind == .symbol ? $0.text : "" } ?? ""
      switch (token.text, joined) {
      case ("!", "="), ("!", "=="), ("<", ">"): return Finding(hint: "not equal is written ~=")
      case ("!", _): return Finding(hint: "write not x")
      case ("==", "="): return Finding(hint: "equal is written ==")
      case ("+", "+") where before != nil || next != nil: return Finding(hint: step(code, i, "+"))
      case ("+", "="), ("-", "="), ("*", "="), ("/", "="), ("%", "="), ("^", "="), ("&", "="), ("|", "="), ("..", "="), ("//", "="):
        return Finding(hint: updating(code, i, token.text))
      case ("*", "*"): return Finding(hint: "a power is written x ^ y")
      case ("&", "&"): return Finding(hint: "write a and b")
      case ("|", "|"): return Finding(hint: "write a or b")
      case ("?", "?"): return Finding(hint: "write a or b")
      case ("?", "."): return Finding(hint: "write x and x.name")
      case ("?", _): return Finding(hint: "a choice is written condition and a or b")
      case ("=", ">"), ("-", ">"): return Finding(hint: "a function is written function(x) return … end")
      case (":", "="): return Finding(hint: "an assignment is written x = …")
      case ("/", "*"): return Finding(hint: "comments begin with --, or stand in --[[ … ]]")
      case ("//", _) where before == nil: return Finding(hint: "comments begin with --")
      case ("#", _) where before.map(isOperand) ?? true: return Finding(hint: "comments begin with --; # gives a length")
      case ("$", _): return Finding(hint: "names have no sign before them")
      case ("is", _) where before.map(isOperand) ?? false:
        return Finding(hint: next?.text == "not" ? "write x ~= nil" : "write x == nil")
      case ("lambda", _): return Finding(hint: "a function is written function(x) return … end")
      default: break
      }
    }
    // Lua reads `i--` as a name and a comment.
    if line.count == 2, line[0].kind == .name, line[1].kind == .comment, touches(line[0], line[1]) {
      return Finding(hint: "-- begins a comment; write \(line[0].text) = \(line[0].text) - 1")
    }
    for (i, token) in code.enumerated() where token.kind == .keyword && i > 0 && isOperand(code[i - 1]) {
      if token.text == "if", code.contains(where: { $0.text == "else" }) {
        return Finding(hint: "a choice is written condition and a or b")
      }
      if token.text == "not", i + 1 < code.count, code[i + 1].text == "in" {
        return Finding(hint: "whether a table lacks a key: t[key] == nil")
      }
      if token.text == "in", code[0].text != "for" { return Finding(hint: "whether a table has a key: t[key] ~= nil") }
      if token.text == "for", code[0].text != "for" { return Finding(hint: "a list is filled by a loop: for i = 1, n do list[i] = … end") }
    }
    return nil
  }

  private static func step(_ code: [LuaToken], _ i: Int, _ sign: String) -> String {
    let name = i > 0 ? text(code[..<i]) : text(code[min(i + 2, code.count)...])
    return name.isEmpty ? "write x = x \(sign) 1" : "write \(name) = \(name) \(sign) 1"
  }

  /// The hint for `x += 1`: `write x = x + 1`.
  private static func updating(_ code: [LuaToken], _ i: Int, _ sign: Substring) -> String {
    var start = i
    while start > 0, isOperand(code[start - 1]) || [".", "[", ":"].contains(code[start - 1].text),
      start == i || touches(code[start - 1], code[start])
    { start -= 1 }
    let left = start < i ? text(code[start..<i]) : "x"
    let rest = code[min(i + 2, code.count)...]
    let isPlain = !rest.isEmpty && !rest.contains { $0.kind == .keyword || $0.text == ";" }
    return "write \(left) = \(left) \(sign) \(isPlain ? text(rest) : "…")"
  }

  /// The source text of the tokens.
  private static func text(_ tokens: ArraySlice<LuaToken>) -> String {
    var result = ""
    for (token, before) in zip(tokens, [nil] + tokens.map(Optional.some)) {
      if let before, !touches(before, token) { result += " " }
      result += token.text
    }
    return result
  }

  private static func literals(_ line: [LuaToken]) -> Finding? {
    var open: [Substring] = []
    for (i, token) in line.enumerated() {
      let before = i > 0 ? line[i - 1] : nil
      let next = i + 1 < line.count ? line[i + 1] : nil
      guard token.kind == .symbol else {
        if token.kind == .string, token.text == "\"\"" || token.text == "''", let next, touches(token, next),
          next.kind == .string || next.kind == .unfinished
        {
          return Finding(hint: "a text of several lines stands in [[ … ]]")
        }
        continue
      }
      switch token.text {
      case "[":
        let isList = before.map { !isOperand($0) && $0.text != "{" && $0.text != "," || ($0.text == "," && open.last != "{") } ?? true
        if isList { return Finding(hint: "a list is written { 1, 2 }; its first element is x[1]") }
        open.append("[")
      case "{", "(": open.append(token.text)
      case "]", "}", ")": _ = open.popLast()
      case ":" where open.last == "{" && (before?.kind == .string || before?.kind == .name || before?.kind == .number):
        let key = before.map { $0.kind == .name ? String($0.text) : "[\($0.text)]" } ?? "key"
        return Finding(hint: "fields are written { \(key) = … }")
      case ":" where open.last == "[":
        return Finding(hint: "part of a list is { table.unpack(t, 1, 3) }, of a string s:sub(1, 3)")
      case ":" where before?.kind == .name && next?.kind == .name && i <= 2 && line.contains(where: { $0.text == "=" }):
        return Finding(hint: "Lua declares no types: local \(before?.text ?? "x") = …")
      case "," where open.last == "(" && before.map(isOperand) == true && isAfterAssignment(line, i):
        return Finding(hint: "a list is written { 1, 2 }")
      default: break
      }
    }
    return nil
  }

  /// Whether the bracket around position `i` follows `=`, as in `x = (1, 2)`.
  private static func isAfterAssignment(_ line: [LuaToken], _ i: Int) -> Bool {
    var depth = 0
    for index in stride(from: i - 1, through: 0, by: -1) {
      if [")", "]", "}"].contains(line[index].text) { depth += 1 }
      if ["(", "[", "{"].contains(line[index].text) {
        if depth == 0 { return index > 0 && line[index - 1].text == "=" }
        depth -= 1
      }
    }
    return false
  }

  /// Recognizes calls without parentheses: `print x`, `wane.load path`.
  private static func call(_ line: [LuaToken]) -> Finding? {
    guard let first = line.first, first.kind == .name else { return nil }
    var end = 1
    while end + 1 < line.count, [".", ":"].contains(line[end].text), line[end + 1].kind == .name { end += 2 }
    guard end < line.count, [.name, .number].contains(line[end].kind) || ["nil", "true", "false", "not"].contains(line[end].text)
    else { return nil }
    let name = text(line[..<end])
    return Finding(hint: "a call has brackets: \(name)(\(text(line[end...])))")
  }
}
