// SPDX-License-Identifier: Apache-2.0
// Hints for undefined names, including those of other languages.

import Options

extension Interpreter {
  /// Remarks on constants of other languages that a chunk reads: `True is nil here; Lua writes true`.
  package func remarks(on text: String) -> [(line: Int, text: String)] {
    if let name = ForeignIdentifiers.decremented(in: text) { return [(1, "-- begins a comment; write \(name) = \(name) - 1")] }
    return ForeignIdentifiers.constants(in: text, values: catalog.optionValues) { name in !self.variable(named: name).isNil }
      .map {
        (
          $0.line,
          "\($0.name) is \($0.meant.hasPrefix("\"") ? "a variable without a value" : "no word of Lua"), and nil here; write \($0.meant)"
        )
      }
  }

  /// The hint for a Lua error message: the Lua form of a construct from another language, or the global name that was
  /// probably meant.
  func hint(for message: String) -> String? {
    if let hint = ForeignIdentifiers.hint(for: message, named: foreignNames) { return hint }
    guard message.contains("a nil value (global '"), message.hasSuffix("')"), let name = message.split(separator: "'").dropLast().last
    else { return nil }
    let known = variableNames.filter { !$0.hasPrefix("_") }
    return Suggestion.nearest(to: String(name), among: known.sorted()).map { "did you mean '\($0)'?" }
  }
}
