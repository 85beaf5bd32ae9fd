// SPDX-License-Identifier: Apache-2.0
// Information about the word at the cursor.

import Options

/// Information about the expression at the end of a text, or about the call that contains it.
package enum LuaInspection {
  case declared(Declared)
  case value(LuaValue)

  /// Inspects the text up to the end of the word at the cursor.
  ///
  /// It does not run Lua code or read properties, so it has no side effects.
  package static func inspect(_ text: String, in interpreter: Interpreter) -> LuaInspection? {
    let reader = ExpressionReader(interpreter)
    let tokens = Array(LuaLexer(text))
    guard let word = tokens.last, word.kind != .comment else { return nil }
    let call = OpenCall(around: tokens[...], reader)
    if word.kind == .name {
      if let property = property(tokens, reader) { return property }
      if let before = OpenCall(around: tokens.dropLast(), reader), before.tables.last?.beginsEntry == true,
        let option = before.options.first(where: { $0.name == word.text })
      {
        return .declared(.option(option, of: [before.path]))
      }
      if let meaning = reader.meaning(endingAt: tokens[...]), let found = known(meaning, reader) { return found }
    }
    return call.map { .declared(.function($0.function, path: $0.path)) }
  }

  /// `model.size`, when it is a declared property of a known class.
  private static func property(_ tokens: [LuaToken], _ reader: ExpressionReader) -> LuaInspection? {
    guard tokens.count >= 3, tokens[tokens.count - 2].text == ".", let name = tokens.last?.text,
      let owner = reader.meaning(endingAt: tokens.dropLast(2)).flatMap(reader.owner),
      let property = owner.property(String(name))
    else { return nil }
    return .declared(.property(property, path: "\(owner.name).\(name)"))
  }

  private static func known(_ meaning: Meaning, _ reader: ExpressionReader) -> LuaInspection? {
    if let (function, path) = reader.function(of: meaning) { return .declared(.function(function, path: path)) }
    switch meaning {
    case .value(let value): return value.isNil ? nil : .value(value)
    case .type: return reader.owner(of: meaning).map { .declared(.class($0)) }
    case .function: return nil
    }
  }
}
