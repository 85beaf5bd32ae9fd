// SPDX-License-Identifier: Apache-2.0
// What is known of an option, whoever reads it: help, completion, annotations and reference pages come from here.

/// One option as it is declared: its name, the type of its values, which of them it takes, and its default.
package struct OptionDeclaration: Sendable {
  package let name: String
  package let doc: String
  package let type: OptionType
  /// The default as a literal; `nil` when the option has none.
  package let defaultText: String?
  /// Which values of the type are taken; `nil` for all of them.
  package let allowed: Allowed?
  package let isRequired: Bool
  /// Spellings of other libraries that are answered with this name, not accepted.
  package internal(set) var aliases: [String]

  package init(
    _ name: String, _ type: OptionType, _ doc: String, default defaultText: String? = nil, allowed: Allowed? = nil,
    required: Bool = false, aliases: [String] = []
  ) {
    self.name = name
    self.doc = doc
    self.type = type
    self.defaultText = defaultText
    self.allowed = allowed
    isRequired = required
    self.aliases = aliases
  }

  /// The strings that it may be set to, for completion; empty when the list is open.
  package var choices: [String] {
    if case .strings(let names)? = allowed { return names }
    if case .enumeration(let names) = type.unwrapped { return names }
    return []
  }
}
