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

  /// Writes lines to standard output, behind what scripts have printed.
  package func write(_ text: String) {
    print(text)
    fflush(nil)
  }
}
