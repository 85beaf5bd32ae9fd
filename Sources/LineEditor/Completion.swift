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

    package init(_ text: String, label: String? = nil) {
      self.text = text
      self.label = label ?? text
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

/// Questions the editor asks about the language it edits.
package struct EditorHooks {
  /// Whether the text can be run as it is; when not, Enter begins another line.
  package var isComplete: (_ text: String) -> Bool
  /// How the text before the cursor could go on.
  package var complete: (_ textBeforeCursor: String) -> Completion

  package init(
    isComplete: @escaping (_ text: String) -> Bool = { _ in true },
    complete: @escaping (_ textBeforeCursor: String) -> Completion = { _ in .none }
  ) {
    self.isComplete = isComplete
    self.complete = complete
  }
}
