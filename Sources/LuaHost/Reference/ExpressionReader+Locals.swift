// SPDX-License-Identifier: Apache-2.0
// Determines the meaning of variables in an incomplete input.

import Options

extension ExpressionReader {
  /// Reads assignments and loops in order: `w` in `for _, w in ipairs(m.weights) do w.`
  mutating func readLocals(_ tokens: [LuaToken]) {
    var depth = 0
    for (index, token) in tokens.enumerated() {
      depth += token.bracketStep
      // Inside brackets, `name =` is a table key.
      guard depth == 0 else { continue }
      if token.text == "=", token.kind == .symbol { readAssignment(tokens, sign: index) }
      if token.text == "in", token.kind == .keyword { readLoop(tokens, in: index) }
    }
    for (index, token) in tokens.enumerated() where token.text == "function" && token.kind == .keyword {
      readParameters(tokens, of: index)
    }
  }

  /// `w` in `model:quantize{ where = function(w) return w.`
  private mutating func readParameters(_ tokens: [LuaToken], of function: Int) {
    let list = tokens[(function + 1)...].prefix { $0.text != ")" }
    guard list.first?.text == "(", let types = OpenCall(around: tokens[..<function], self)?.value?.parameters else { return }
    for (name, type) in zip(list.filter { $0.kind == .name }, types) { locals[String(name.text)] = .type(type) }
  }

  private mutating func readAssignment(_ tokens: [LuaToken], sign: Int) {
    guard sign > 0, tokens[sign - 1].kind == .name,
      sign < 2 || ![".", ":", ","].contains(tokens[sign - 2].text)
    else { return }
    let name = String(tokens[sign - 1].text)
    locals[name] = meaning(endingAt: chain(tokens, from: sign + 1))
  }

  private mutating func readLoop(_ tokens: [LuaToken], in index: Int) {
    let names = tokens[..<index].reversed().prefix { $0.kind == .name || $0.text == "," }
      .filter { $0.kind == .name }.reversed().map { String($0.text) }
    let iterated = chain(tokens, from: index + 1)
    if let walker = iterated.first?.text, ["ipairs", "pairs"].contains(walker),
      iterated.dropFirst().first?.text == "(", iterated.last?.text == ")", names.count == 2
    {
      locals[names[1]] = meaning(endingAt: iterated.dropFirst(2).dropLast()).flatMap { element(of: $0) }
    } else if let first = names.first, case .type(.iterator(let element))? = meaning(endingAt: iterated) {
      locals[first] = .type(element)
    }
  }

  /// The names, indices and calls that start at `start`.
  private func chain(_ tokens: [LuaToken], from start: Int) -> ArraySlice<LuaToken> {
    var end = start
    guard end < tokens.count, tokens[end].kind == .name else { return [] }
    end += 1
    while end < tokens.count {
      switch (tokens[end].kind, tokens[end].text) {
      case (.string, _): end += 1
      case (.symbol, "."), (.symbol, ":"):
        guard end + 1 < tokens.count, tokens[end + 1].kind == .name else { return tokens[start..<end] }
        end += 2
      case (.symbol, "("), (.symbol, "["), (.symbol, "{"):
        guard let closing = tokens[(end + 1)...].firstUnmatchedClosing else { return [] }
        end = closing + 1
      default: return tokens[start..<end]
      }
    }
    return tokens[start..<end]
  }
}
