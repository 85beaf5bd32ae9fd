// SPDX-License-Identifier: Apache-2.0
// Completion at the prompt.

import LineEditor
import LuaHost

extension Session {
  /// Completions of the text before the cursor: Lua names and declarations, and file paths in
  /// strings that have no other completions.
  package func complete(_ text: String) -> Completion {
    // A name or an expression may follow `?`; a shell command is not completed.
    let start = text.prefix(while: \.isWhitespace).endIndex
    if text[start...].hasPrefix("!") { return .none }
    let lua = text[start...].hasPrefix("?") ? String(text[start...].dropFirst()) : text
    let completion = LuaCompletion.complete(lua, in: interpreter)
    let quote = completion.quote.map(String.init) ?? ""
    if let path = completion.path { return completePath(path, quote: quote) }
    return Completion(
      replacing: completion.replaced,
      with: completion.candidates.map { candidate in
        switch candidate.kind {
        case .option: .init(candidate.text, suffix: " = ")
        case .quotedOption: .init(candidate.text, suffix: quote + "] = ")
        case .quotedKey: .init(candidate.text, suffix: quote + "]")
        case .value: .init(candidate.text, suffix: quote)
        case .keyword, .name, .field, .method: .init(candidate.text)
        }
      })
  }
}
