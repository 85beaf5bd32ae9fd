// SPDX-License-Identifier: Apache-2.0
// Displays values: as text at a prompt, and in rich representations where the front end supports them.

import LuaHost
import TextLayout

extension Session {
  /// Displays values separated as by `print`. A value with several lines, or with rich representations, is displayed
  /// separately.
  ///
  /// Standard output and error, which `write` returns, are not displayed after the text that was written to them.
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

  /// The value of an expression for display in a cell. It has no side effects except those of the expression; `_` is
  /// not changed.
  ///
  /// - Throws: `LuaSyntaxError`; any error from the expression.
  package func value(ofExpression text: String) throws -> LuaPresentation {
    try presentation(scope.load("return " + text, chunkName: Self.chunkName).call().first ?? .nil)
  }

  /// The representation of a value, including rich forms only if they can be displayed.
  private func presentation(_ value: LuaValue) throws -> LuaPresentation {
    interpreter.isShowing = true
    defer { interpreter.isShowing = false }
    let text = try values.text(value, in: console.frame, width: console.width())
    return LuaPresentation(text: text, forms: console.display == nil ? [:] : try interpreter.forms(of: value))
  }

  /// Displays values that functions present, such as charts.
  func presentsThroughConsole() {
    let console = console
    interpreter.presenter = { shown in
      if let display = console.display { display(shown, .picture) } else { console.write(shown.text + "\n") }
    }
  }
}
