// SPDX-License-Identifier: Apache-2.0
// Values as people see them: text everywhere, pictures and tables where they can be shown.

import Platform

/// What is shown of a value: its text, and richer forms of it by media type (`text/html`, `image/svg+xml`).
package struct LuaPresentation: Sendable, Equatable {
  package let text: String
  package let forms: [String: String]

  package init(text: String, forms: [String: String] = [:]) {
    self.text = text
    self.forms = forms
  }
}

extension Interpreter {
  /// Shows something where values are shown: to ``presenter``, or as text on standard output.
  package func present(_ presentation: LuaPresentation) {
    if let presenter { presenter(presentation) } else { print(presentation.text) }
  }

  /// Writes text to standard output, in order with what scripts print.
  package func write(_ text: String) {
    print(text)
    fflush(nil)
  }

  /// The richer forms of a value: what its metatable's `__mimebundle` gives; none without one.
  ///
  /// - Throws: what that function raises.
  package func forms(of value: LuaValue) throws -> [String: String] {
    guard let bundle = metatable(of: value)?["__mimebundle"].function else { return [:] }
    return try bundle.call(value, returning: [String: String].self, role: "__mimebundle function")
  }
}
