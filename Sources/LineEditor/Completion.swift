// SPDX-License-Identifier: Apache-2.0
// What Tab may put before the cursor.

/// An answer to "how could the text before the cursor go on?".
package struct Completion: Equatable, Sendable {
  /// One way to go on.
  package struct Candidate: Equatable, Sendable {
    /// Stands in the place of the replaced characters.
    package let text: String
    /// Shown in the list when there is a choice.
    package let label: String
    /// Put behind the text when it is the only candidate, unless it stands there already.
    package let suffix: String

    package init(_ text: String, label: String? = nil, suffix: String = "") {
      self.text = text
      self.label = label ?? text
      self.suffix = suffix
    }
  }

  /// Characters before the cursor that a candidate replaces.
  package let replacedCount: Int
  package let candidates: [Candidate]

  package init(replacing replacedCount: Int, with candidates: [Candidate]) {
    self.replacedCount = replacedCount
    self.candidates = candidates
  }

  package static let none = Completion(replacing: 0, with: [])

  /// The longest text all candidates begin with.
  package var commonPrefix: String {
    guard var common = candidates.first?.text else { return "" }
    for candidate in candidates.dropFirst() {
      common = String(zip(common, candidate.text).prefix { $0 == $1 }.map(\.0))
    }
    return common
  }
}
