// SPDX-License-Identifier: Apache-2.0
// What a conversion did.

/// Something that the conversion changed or decided.
package struct ConversionNote: Sendable, Equatable {
  /// The value, input or operator that it is about.
  package let subject: String
  package let text: String
}

/// The nodes of one operator and what they became.
package struct ConversionEntry: Sendable, Equatable {
  /// The source's operator; with its domain if it is not the standard one.
  package let source: String
  package var count: Int
  /// The operators of the program, with their numbers.
  package var results: [String: Int]
}

/// What a conversion did: one entry for each operator of the source, and notes.
package struct ConversionReport: Sendable {
  package internal(set) var entries: [ConversionEntry] = []
  package internal(set) var notes: [ConversionNote] = []
  /// The nodes without a form in the program; only a dry run returns them, otherwise they are an error.
  package internal(set) var unsupported: [UnsupportedOperator] = []
  /// The operators of the finished program, without constants.
  package internal(set) var operators: [String: Int] = [:]

  package var nodeCount: Int { entries.reduce(0) { $0 + $1.count } }
  package var operationCount: Int { operators.values.reduce(0, +) }
}

/// The nodes of an operator that cannot be converted for the same reason.
package struct UnsupportedOperator: Sendable, Equatable {
  package let name: String
  package let domain: String
  /// The imported version of the domain; `nil` for a source without versions.
  package let version: Int?
  package let reason: String
  /// The first outputs of the nodes, or their locations in source code.
  package internal(set) var nodes: [String]

  /// The name, with the version if there is one.
  package var title: String { version.map { "\(name) \($0)" } ?? name }
}
