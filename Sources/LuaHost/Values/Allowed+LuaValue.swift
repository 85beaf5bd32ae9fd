// SPDX-License-Identifier: Apache-2.0
// Whether a Lua value is among those that a declaration accepts.

import Options

extension Allowed {
  /// Why the value is refused, nil when it is allowed.
  ///
  /// A sequence is checked element by element; values of another kind than the list speaks of are
  /// not its business.
  func violation(_ value: LuaValue) -> String? {
    switch (self, value) {
    case (_, .table(let table)):
      for index in 0..<table.count {
        if let violation = violation(table[index + 1]) { return violation }
      }
      return nil
    case (.strings(let names), .string(let text)):
      return names.contains(text) ? nil : refusal(of: text)
    case (.integers, _), (.range, _):
      guard let number = value.number, !contains(number) else { return nil }
      return "must be \(self), got \(Self.text(number))"
    default:
      return nil
    }
  }
}
