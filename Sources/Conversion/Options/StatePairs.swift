// SPDX-License-Identifier: Apache-2.0
// Inputs and outputs that hold one state: names and patterns as the options give them.

/// An input, and the output with its next content. A `*` stands for any part of a name, the same one in both.
package struct StatePair: Sendable, Equatable {
  package let input: String
  package let output: String

  package init(input: String, output: String) {
    self.input = input
    self.output = output
  }
}

enum StatePairs {
  /// The pairs of names that pairs of patterns stand for.
  ///
  /// - Throws: `ConversionError` for a pattern that no input matches, and for an output that does not exist.
  static func resolve(_ pairs: [StatePair], inputs: [String], outputs: [String]) throws -> [StatePair] {
    var result: [StatePair] = []
    for pair in pairs {
      let (pattern, form) = (parts(pair.input), parts(pair.output))
      guard pattern.count == form.count, pattern.count <= 5 else {
        throw ConversionError.option(
          "the state '\(pair.input)', '\(pair.output)' must have the same number of *, at most 4, in both names")
      }
      let found = inputs.compactMap { name in match(Substring(name), pattern[...]).map { (name, $0) } }
      guard !found.isEmpty else { throw ConversionError.unknownName(kind: "input", name: pair.input, known: inputs) }
      for (input, captures) in found {
        let output = form[0] + zip(captures, form.dropFirst()).map { $0 + $1 }.joined()
        guard outputs.contains(output) else { throw ConversionError.unknownName(kind: "output", name: output, known: outputs) }
        result.append(StatePair(input: input, output: output))
      }
    }
    for pair in result where result.count(where: { $0.input == pair.input || $0.output == pair.output }) > 1 {
      throw ConversionError.option("the state '\(pair.input)', '\(pair.output)' has a name that another state has too")
    }
    return result
  }

  private static func parts(_ pattern: String) -> [String] {
    pattern.split(separator: "*", omittingEmptySubsequences: false).map(String.init)
  }

  /// What the asterisks between literal parts stand for; `nil` if the text does not match.
  private static func match(_ text: Substring, _ parts: ArraySlice<String>) -> [String]? {
    guard let literal = parts.first, text.hasPrefix(literal) else { return nil }
    let rest = text.dropFirst(literal.count)
    guard let next = parts.dropFirst().first else { return rest.isEmpty ? [] : nil }
    for end in rest.indices + [rest.endIndex] where rest[end...].hasPrefix(next) {
      if let more = match(rest[end...], parts.dropFirst()) { return [String(rest[..<end])] + more }
    }
    return nil
  }
}
