// SPDX-License-Identifier: Apache-2.0
// The opsets of MIL and the systems that introduced them.

/// A version of the operator set.
package enum Opset: Int, Comparable, Hashable, Sendable, CaseIterable {
  case iOS15 = 5
  case iOS16 = 6
  case iOS17 = 7
  case iOS18 = 8

  /// The name of the opset in files: `CoreML7`.
  package var name: String { "CoreML\(rawValue)" }

  /// The specification version of a package that needs this opset (6 for iOS15 up to 9 for iOS18).
  package var specificationVersion: Int { rawValue + 1 }

  /// The opset of that name, or the newest known one for a newer name; `nil` for anything else.
  package init?(name: String) {
    guard name.hasPrefix("CoreML"), let number = Int(name.dropFirst(6)) else { return nil }
    if let known = Opset(rawValue: number) {
      self = known
    } else if number > Opset.iOS18.rawValue {
      self = .iOS18
    } else {
      return nil
    }
  }

  package static func < (a: Opset, b: Opset) -> Bool { a.rawValue < b.rawValue }
}
