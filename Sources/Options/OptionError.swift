// SPDX-License-Identifier: Apache-2.0
// Errors of reading options.

/// An unknown option or an invalid value. `of` names the owner of the options: `quantize`, `adamw`.
package enum OptionError: Error, Equatable, Sendable {
  /// The owner has no option of that name; `meant` is the most similar option, if any.
  case unknown(option: String, of: String, known: [String], meant: String?)
  /// A value of the wrong type.
  case wrongKind(option: String, of: String, expected: String, found: String)
  /// A value of the right type that is not allowed.
  case notAllowed(option: String, of: String, allowed: String, found: String)
  /// Options that contradict each other, or a missing option.
  case combination(of: String, problem: String)

  /// The `unknown` error with the names of the declared options and the most similar of them.
  package static func unknown(_ option: String, of owner: String, among options: [OptionDeclaration]) -> OptionError {
    let known = options.map(\.name)
    let aliased = options.first { $0.aliases.contains(option) }?.name
    return .unknown(option: option, of: owner, known: known, meant: aliased ?? Suggestion.nearest(to: option, among: known))
  }

  package static func unknown(_ option: String, of owner: String, among known: [String]) -> OptionError {
    .unknown(option: option, of: owner, known: known, meant: Suggestion.nearest(to: option, among: known))
  }
}

extension OptionError: CustomStringConvertible {
  package var description: String {
    switch self {
    case .unknown(let option, let owner, let known, let meant):
      "\(owner) has no option '\(option)'\(meant.map { " (did you mean '\($0)'?)" } ?? ""); its options are \(known.joined(separator: ", "))"
    case .wrongKind(let option, let owner, let expected, let found):
      "\(owner): option '\(option)' must be \(expected), found \(found)"
    case .notAllowed(let option, let owner, let allowed, let found):
      "\(owner): option '\(option)' must be \(allowed), found \(found)"
    case .combination(let owner, let problem): "\(owner): \(problem)"
    }
  }
}
