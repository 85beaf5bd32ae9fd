// SPDX-License-Identifier: Apache-2.0
// Showing values: as text at a prompt, in their richer forms where there is more than a terminal.

import LuaHost
import TextLayout

extension Session {
  /// Shows values as `print` would separate them; a value of several lines, or with richer forms, stands alone.
  ///
  /// Standard output and error, which writing gives back, are not worth a line behind what was written to them.
  func show(_ results: [LuaValue]) throws {
    guard let first = results.first else { return }
    let outputs = ["stdout", "stderr"].compactMap { interpreter.globals["io"].table?[$0] }.filter { !$0.isNil }
    if results.count == 1, outputs.contains(where: { ValueIdentity(first) == ValueIdentity($0) }) { return }
    let shown = try results.map(presentation)
    guard let display = console.display else {
      let separator = shown.contains { $0.text.contains("\n") } ? "\n" : "\t"
      return console.write(shown.map(\.text).joined(separator: separator) + "\n")
    }
    if shown.contains(where: { $0.text.contains("\n") || !$0.forms.isEmpty }) {
      for value in shown { display(value, .result) }
    } else {
      display(LuaPresentation(text: shown.map(\.text).joined(separator: "\t")), .result)
    }
  }

  /// The value of an expression as a cell shows it; neither `_` nor anything else changes but by what it calls.
  ///
  /// - Throws: `LuaSyntaxError`; what the expression raises.
  package func value(ofExpression text: String) throws -> LuaPresentation {
    try presentation(scope.load("return " + text, chunkName: Self.chunkName).call().first ?? .nil)
  }

  /// What is shown of a value; richer forms only where they can be shown.
  private func presentation(_ value: LuaValue) throws -> LuaPresentation {
    interpreter.isShowing = true
    defer { interpreter.isShowing = false }
    let text = try values.text(value, in: console.frame, width: console.width())
    return LuaPresentation(text: text, forms: console.display == nil ? [:] : try interpreter.forms(of: value))
  }

  /// Shows what functions show of their own accord.
  func presentsThroughConsole() {
    let console = console
    interpreter.presenter = { shown in
      if let display = console.display { display(shown, .picture) } else { console.write(shown.text + "\n") }
    }
  }
}
