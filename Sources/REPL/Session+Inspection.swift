// SPDX-License-Identifier: Apache-2.0
// Help for the word at the cursor.

import LuaHost

extension Session {
  /// Help for the name at `cursor`, or for the call around it; `nil` if there is none.
  package func help(at cursor: String.Index, in text: String) -> String? {
    let rest = String(text[cursor...]).prefix { $0.isLetter || $0.isNumber || $0 == "_" }
    let help = HelpReader(interpreter, tour: tour, width: console.width())
    switch LuaInspection.inspect(String(text[..<cursor]) + rest, in: interpreter) {
    case .declared(let declared)?: return help.text(of: declared)
    case .value(let value)?:
      guard case .object = value else { return try? help.text(of: value) }
      return (try? interpreter.describe(value)).map { $0 + "\n\n" + ((try? help.text(of: value)) ?? "") }
    case nil: return nil
    }
  }
}
