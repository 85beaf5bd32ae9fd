// SPDX-License-Identifier: Apache-2.0
// Completions of the text before the cursor.

/// The possible completions of the text before the cursor.
package struct Completion: Equatable, Sendable {
  /// One completion.
  package struct Candidate: Equatable, Sendable {
    /// Replaces the completed characters.
    package let text: String
    /// Shown in the list if there are several candidates.
    package let label: String
    /// Appended if this is the only candidate, unless the text after the cursor starts with it.
    package let suffix: String

    package init(_ text: String, label: String? = nil, suffix: String = "") {
      self.text = text
      self.label = label ?? text
      self.suffix = suffix
    }
  }

  /// Number of characters before the cursor that a candidate replaces.
  package let replacedCount: Int
  package let candidates: [Candidate]

  package init(replacing replacedCount: Int, with candidates: [Candidate]) {
    self.replacedCount = replacedCount
    self.candidates = candidates
  }

  package static let none = Completion(replacing: 0, with: [])

  /// The longest common prefix of all candidates.
  package var commonPrefix: String {
    guard var common = candidates.first?.text else { return "" }
    for candidate in candidates.dropFirst() {
      common = String(zip(common, candidate.text).prefix { $0 == $1 }.map(\.0))
    }
    return common
  }
}
