// SPDX-License-Identifier: Apache-2.0
// The restriction of values of an argument or option.

/// A closed list of values or a range.
package enum Allowed: Sendable, Equatable, CustomStringConvertible {
  case strings([String])
  case integers([Int])
  /// From `lower` to `upper`, either absent for no bound; `open` leaves the upper bound itself out.
  case range(lower: Double?, upper: Double?, open: Bool = false)

  /// One of these strings.
  package static func oneOf(_ names: String...) -> Allowed { .strings(names) }
  /// One of these integers.
  package static func oneOf(_ values: Int...) -> Allowed { .integers(values) }
  /// A lower bound.
  package static func atLeast(_ lower: Double) -> Allowed { .range(lower: lower, upper: nil) }
  /// A range including both bounds.
  package static func within(_ range: ClosedRange<Double>) -> Allowed {
    .range(lower: range.lowerBound, upper: range.upperBound)
  }
  /// A range excluding the upper bound.
  package static func within(_ range: Range<Double>) -> Allowed {
    .range(lower: range.lowerBound, upper: range.upperBound, open: true)
  }

  /// `one of 'a', 'b'`, `in [0, 1)`, `at least 1`.
  package var description: String {
    switch self {
    case .strings(let names): "one of \(names.map { "'\($0)'" }.joined(separator: ", "))"
    case .integers(let values): "one of \(values.map(String.init).joined(separator: ", "))"
    case .range(let lower?, let upper?, let open):
      "in [\(Self.text(lower)), \(Self.text(upper))\(open ? ")" : "]")"
    case .range(let lower?, nil, _): "at least \(Self.text(lower))"
    case .range(nil, let upper?, let open): "\(open ? "less than" : "at most") \(Self.text(upper))"
    case .range(nil, nil, _): "any number"
    }
  }

  /// Whether `number` is allowed; a list of strings allows none.
  package func contains(_ number: Double) -> Bool {
    switch self {
    case .strings: false
    case .integers(let values): values.contains { Double($0) == number }
    case .range(let lower, let upper, let open):
      // written so that NaN fails
      (lower.map { number >= $0 } ?? true)
        && (upper.map { open ? number < $0 : number <= $0 } ?? true)
    }
  }

  /// The reason for rejecting a string: `must be one of …, got 'x'; did you mean 'y'?`.
  package func refusal(of text: String) -> String {
    var sentence = "must be \(self), got '\(text)'"
    if case .strings(let names) = self, let nearest = Suggestion.nearest(to: text, among: names) {
      sentence += "; did you mean '\(nearest)'?"
    }
    return sentence
  }

  /// The text of a number in messages and declarations: `1` for 1.0.
  package static func text(_ number: Double) -> String {
    if number.isNaN { return "nan" }  // regardless of its sign bit
    return Int(exactly: number).map(String.init) ?? "\(number)"
  }
}
