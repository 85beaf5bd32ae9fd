// SPDX-License-Identifier: Apache-2.0
// The errors of tokenizers.

/// Why a tokenizer cannot be read or cannot encode a text.
package enum TokenizerError: Error, Equatable, Sendable, CustomStringConvertible {
  /// A member of the file is missing or has a wrong type or value.
  case field(path: String, problem: String)
  /// A component that is not implemented.
  case unknownComponent(kind: String, name: String, known: [String])
  /// A regular expression that cannot be compiled.
  case pattern(String, problem: String, position: Int)
  /// A regular expression took too many steps on a text.
  case patternTooSlow(String)
  /// A character has no token, and the model has no token for unknown text.
  case noUnknownToken(text: String)
  /// Options of an encoding that contradict each other.
  case options(String)
  /// A token id without a token.
  case unknownID(Int, count: Int)
  /// A file that is no tokenizer.
  case file(String)

  package var description: String {
    switch self {
    case .field(let path, let problem): "tokenizer: \(path): \(problem)"
    case .unknownComponent(let kind, let name, let known):
      "tokenizer: the \(kind) \"\(name)\" is not supported; supported are \(known.joined(separator: ", "))"
    case .pattern(let pattern, let problem, let position):
      "tokenizer: the pattern \"\(Self.short(pattern))\" cannot be used: \(problem) at character \(position + 1)"
    case .patternTooSlow(let pattern): "tokenizer: the pattern \"\(Self.short(pattern))\" needs too many steps on this text"
    case .noUnknownToken(let text):
      "tokenizer: \"\(Self.short(text))\" has no token, and the model has no token for unknown text (unk_token, unk_id)"
    case .options(let problem): "tokenizer: \(problem)"
    case .unknownID(let id, let count): "tokenizer: the id \(id) has no token; ids are 0 to \(count - 1)"
    case .file(let problem): "tokenizer: \(problem)"
    }
  }

  private static func short(_ text: String) -> String { text.count > 60 ? text.prefix(60) + "…" : text }
}
