// SPDX-License-Identifier: Apache-2.0
// Representations of values for display: text, and charts and tables where the front end supports them.

import Platform

/// The representation of a value: its text, and rich forms by media type (`text/html`, `image/svg+xml`).
package struct LuaPresentation: Sendable, Equatable {
  package let text: String
  package let forms: [String: String]

  package init(text: String, forms: [String: String] = [:]) {
    self.text = text
    self.forms = forms
  }
}

extension Interpreter {
  /// Displays a value with ``presenter``, or as text on standard output.
  package func present(_ presentation: LuaPresentation) {
    if let presenter { presenter(presentation) } else { print(presentation.text) }
  }

  /// Writes text to standard output, in order with what scripts print.
  package func write(_ text: String) {
    print(text)
    fflush(nil)
  }
}
