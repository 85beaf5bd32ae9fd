// SPDX-License-Identifier: Apache-2.0
// A Lua value that does not convert to a Swift type.

/// Why a conversion failed; the reader of arguments or options turns it into a message.
package struct LuaMismatch: Error {
  /// The expected type, such as `integer`.
  package var expected: String
  /// The type found, such as `string`.
  package var found: String
  /// The path inside the value, such as `[3].name`.
  package var path: String
  /// Replaces "X expected, got Y" if set, such as `model is closed`.
  package var note: String?

  package init(expected: String, found: String, path: String = "", note: String? = nil) {
    self.expected = expected
    self.found = found
    self.path = path
    self.note = note
  }

  /// A mismatch with its own message.
  package init(_ note: String) { self.init(expected: "", found: "", note: note) }

  /// The same mismatch inside the element `step` (`[3]` or `.name`).
  func inside(_ step: String) -> LuaMismatch {
    var outer = self
    outer.path = step + path
    return outer
  }

  /// `integer expected, got string`, without the path.
  var core: String { note ?? "\(expected) expected, got \(found)" }

  /// `[3]: integer expected, got string`.
  package var sentence: String { path.isEmpty ? core : "\(path): \(core)" }
}
