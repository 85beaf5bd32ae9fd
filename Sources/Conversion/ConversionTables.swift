// SPDX-License-Identifier: Apache-2.0
// What can be converted, for documentation.

/// The tables of rules and passes.
package enum ConversionTables {
  /// An operator of the source with its domain; the standard domain is empty.
  package struct Entry: Sendable {
    package let name: String
    package let domain: String
  }

  /// The operators of every family.
  package static var families: [(name: String, operators: [Entry])] {
    OperatorRules.families.map { family in (family.name, family.rules.map { Entry(name: $0.name, domain: $0.domain) }) }
  }

  /// The operators of PyTorch in every family, by their names without a namespace.
  package static var torchFamilies: [(name: String, operators: [String])] {
    ATenRules.families.map { family in (family.name, family.rules.flatMap(\.names)) }
  }

  /// The names of the passes, in their order.
  package static var passes: [String] { ConversionPasses.all.map(\.name) }

  /// The newest version of the standard operators that is known.
  package static var newestOpset: Int { GraphConverter.newestOpset }
}
