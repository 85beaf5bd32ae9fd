// SPDX-License-Identifier: Apache-2.0
// A Lua value that is not what a Swift type expects.

/// Why a conversion failed; the reader of arguments or options turns it into a sentence.
package struct LuaMismatch: Error {
  /// The type wanted, such as `integer`.
  package var expected: String
  /// What was there, such as `string`.
  package var found: String
  /// Where inside the value, such as `[3].name`.
  package var path: String
  /// Replaces "X expected, got Y" when set, such as `model is closed`.
  package var note: String?

  package init(expected: String, found: String, path: String = "", note: String? = nil) {
    self.expected = expected
    self.found = found
    self.path = path
    self.note = note
  }

  /// A mismatch told in words of its own.
  package init(_ note: String) { self.init(expected: "", found: "", note: note) }

  /// The same mismatch, found inside the element `step` (`[3]` or `.name`).
  func inside(_ step: String) -> LuaMismatch {
    var outer = self
    outer.path = step + path
    return outer
  }

  /// `integer expected, got string`, without saying where.
  var core: String { note ?? "\(expected) expected, got \(found)" }

  /// `[3]: integer expected, got string`.
  package var sentence: String { path.isEmpty ? core : "\(path): \(core)" }
}
