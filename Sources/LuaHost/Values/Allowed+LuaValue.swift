// SPDX-License-Identifier: Apache-2.0
// Checks Lua values against the allowed values of a declaration.

import Options

extension Allowed {
  /// The reason why the value is not allowed; `nil` if it is allowed.
  ///
  /// The elements of a sequence are checked individually. Values of other types are not checked.
  package func violation(_ value: LuaValue) -> String? {
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
