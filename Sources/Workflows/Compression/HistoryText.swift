// SPDX-License-Identifier: Apache-2.0
// Formats compression steps as Lua code.

import Compression
import Options

/// The text of a compression step in the history.
package enum HistoryText {
  /// A call such as `palettize{ nbits = 4 }`.
  ///
  /// - Parameters:
  ///   - hasSelector: whether `where` was given, which is written as `where = function`.
  ///   - more: further entries as Lua code.
  package static func call(_ step: String, _ options: OptionValue, hasSelector: Bool = false, more: [String] = []) -> String {
    guard case .dictionary(let fields) = options else { return step + lua(options) }
    return step + table(entries(fields) + (hasSelector ? ["where = function"] : []) + more)
  }

  /// The version of a technique that a script defines, as a comment; nothing for a built-in technique.
  static func source(_ digest: String?) -> String { digest.map { " -- source \($0.prefix(12))" } ?? "" }

  /// The value as Lua code.
  private static func lua(_ value: OptionValue) -> String {
    switch value {
    case .null: return "nil"
    case .bool(let v): return "\(v)"
    case .integer(let v): return "\(v)"
    case .number(let v): return "\(v)"
    case .string(let v): return "\"\(v)\""
    case .function: return "function"
    case .list(let items): return "{" + items.map(lua).joined(separator: ", ") + "}"
    case .dictionary(let fields): return table(entries(fields))
    }
  }

  private static func entries(_ fields: [String: OptionValue]) -> [String] {
    fields.sorted { $0.key < $1.key }.map { key, value in
      let isName = key.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "_") } && key.first?.isNumber == false
      return (isName ? key : "[\"\(key)\"]") + " = " + lua(value)
    }
  }

  private static func table(_ entries: [String]) -> String {
    entries.isEmpty ? "{}" : "{ " + entries.joined(separator: ", ") + " }"
  }
}
