// SPDX-License-Identifier: Apache-2.0
// The declaration of an option. Help, completion, type annotations and the reference pages are generated from it.

/// The name, type, allowed values and default of one option.
package struct OptionDeclaration: Sendable {
  package let name: String
  package let doc: String
  package let type: OptionType
  /// The default as a literal; `nil` if the option has none.
  package let defaultText: String?
  /// The restriction on values of the type; `nil` if every value is allowed.
  package let allowed: Allowed?
  package let isRequired: Bool
  /// Names of the same option in other libraries. They are not accepted; the error for them suggests this option.
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

  /// The strings that the option accepts, for completion; empty if it accepts any string.
  package var choices: [String] {
    if case .strings(let names)? = allowed { return names }
    if case .enumeration(let names) = type.unwrapped { return names }
    return []
  }
}
