// SPDX-License-Identifier: Apache-2.0
// Constructors for every kind of option.

extension Option {
  package static func bool(_ name: String, _ path: any WritableKeyPath<Root, Bool> & Sendable, _ doc: String) -> Self {
    Self(name, path, .boolean, expected: "true or false", doc) {
      if case .bool(let v) = $0 { .value(v) } else { .wrongKind }
    } write: {
      .bool($0)
    }
  }

  package static func text(_ name: String, _ path: any WritableKeyPath<Root, String> & Sendable, _ doc: String) -> Self {
    Self(name, path, .string, expected: "a string", doc) {
      if case .string(let v) = $0 { .value(v) } else { .wrongKind }
    } write: {
      .string($0)
    }
  }

  // MARK: Numbers

  package static func integer(
    _ name: String, _ path: any WritableKeyPath<Root, Int> & Sendable, in range: ClosedRange<Int>, _ doc: String
  ) -> Self {
    Self(name, path, .integer, range.allowed, expected: "an integer\(range.words)", doc) {
      $0.integer(in: range)
    } write: {
      .integer($0)
    }
  }

  package static func integer(
    _ name: String, _ path: any WritableKeyPath<Root, Int?> & Sendable, in range: ClosedRange<Int>, _ doc: String
  ) -> Self {
    Self(name, path, .integer, range.allowed, expected: "an integer\(range.words)", doc) {
      .optional($0) { $0.integer(in: range) }
    } write: {
      $0.map { .integer($0) } ?? .null
    }
  }

  /// An optional integer from a fixed set.
  package static func integer(
    _ name: String, _ path: any WritableKeyPath<Root, Int?> & Sendable, oneOf allowed: [Int], _ doc: String
  ) -> Self {
    let expected = "one of \(allowed.map(String.init).joined(separator: ", "))"
    return Self(name, path, .integer, .integers(allowed), expected: expected, doc) { value in
      let reading = OptionReading.optional(value) { $0.integer(in: .min ... .max) }
      if case .value(let v?) = reading, !allowed.contains(v) { return .notAllowed }
      return reading
    } write: {
      $0.map { .integer($0) } ?? .null
    }
  }

  package static func number(
    _ name: String, _ path: any WritableKeyPath<Root, Double> & Sendable, in range: ClosedRange<Double>, _ doc: String
  ) -> Self {
    Self(name, path, .number, range.allowed, expected: "a number\(range.words)", doc) {
      $0.number(in: range)
    } write: {
      .number($0)
    }
  }

  package static func number(
    _ name: String, _ path: any WritableKeyPath<Root, Double?> & Sendable, in range: ClosedRange<Double>, _ doc: String
  ) -> Self {
    Self(name, path, .number, range.allowed, expected: "a number\(range.words)", doc) {
      .optional($0) { $0.number(in: range) }
    } write: {
      $0.map { .number($0) } ?? .null
    }
  }

  // MARK: Several numbers

  /// A list of integers of any length.
  package static func integers(
    _ name: String, _ path: any WritableKeyPath<Root, [Int]?> & Sendable, in range: ClosedRange<Int>, _ doc: String
  ) -> Self {
    Self(name, path, .sequence(.integer), expected: "a list of integers\(range.words)", doc) {
      .optional($0) { $0.integers(in: range) }
    } write: {
      $0.map { .list($0.map { .integer($0) }) } ?? .null
    }
  }

  /// Two integers.
  package static func pair(
    _ name: String, _ path: any WritableKeyPath<Root, [Int]?> & Sendable, in range: ClosedRange<Int>, _ doc: String
  ) -> Self {
    Self(name, path, .sequence(.integer), expected: "a pair of integers\(range.words)", doc) { value in
      let reading = OptionReading.optional(value) { $0.integers(in: range) }
      if case .value(let v?) = reading, v.count != 2 { return .notAllowed }
      return reading
    } write: {
      $0.map { .list($0.map { .integer($0) }) } ?? .null
    }
  }

  /// One integer, or one for each axis.
  package static func perAxis(
    _ name: String, _ path: any WritableKeyPath<Root, PerAxis> & Sendable, in range: ClosedRange<Int>, _ doc: String
  ) -> Self {
    Self(name, path, .perAxis, expected: perAxisWords(range), doc) {
      $0.perAxis(in: range)
    } write: {
      $0.optionValue
    }
  }

  package static func perAxis(
    _ name: String, _ path: any WritableKeyPath<Root, PerAxis?> & Sendable, in range: ClosedRange<Int>, _ doc: String
  ) -> Self {
    Self(name, path, .perAxis, expected: perAxisWords(range), doc) {
      .optional($0) { $0.perAxis(in: range) }
    } write: {
      $0?.optionValue ?? .null
    }
  }

  private static func perAxisWords(_ range: ClosedRange<Int>) -> String {
    "an integer\(range.words), or a list of them with one for each axis"
  }

  /// `"same"`, `"valid"`, an integer, or one integer for each axis.
  package static func padding(_ name: String, _ path: any WritableKeyPath<Root, OptionValue> & Sendable) -> Self {
    Self(
      name, path, .union([.string, .integer, .sequence(.integer)]),
      expected: "\"same\", \"valid\", an integer, or a list of them with one for each axis",
      "\"same\", \"valid\", or the number of zeros on both sides of an axis; one number, or one for each axis"
    ) {
      switch $0 {
      case .string(let text): text == "same" || text == "valid" ? .value($0) : .notAllowed
      case .integer, .list: .value($0)
      default: .wrongKind
      }
    } write: {
      $0
    }
  }

  // MARK: Others

  /// One of a fixed set of strings, compared without regard to case.
  package static func choice<Choice: RawRepresentable<String> & CaseIterable & Sendable>(
    _ name: String, _ path: any WritableKeyPath<Root, Choice> & Sendable, _ doc: String
  ) -> Self {
    let names = Choice.allCases.map(\.rawValue)
    let expected = "one of \(names.map { "\"\($0)\"" }.joined(separator: ", "))"
    return Self(name, path, .string, .strings(names), expected: expected, doc) { value in
      guard case .string(let text) = value else { return .wrongKind }
      return Choice(rawValue: text.lowercased()).map { .value($0) } ?? .notAllowed
    } write: {
      .string($0.rawValue)
    }
  }

  /// A table, or a string that names a predefined one. The caller validates its content.
  package static func table(_ name: String, _ path: any WritableKeyPath<Root, OptionValue> & Sendable, _ doc: String) -> Self {
    Self(name, path, .union([.table, .string]), expected: "a table, or a name", doc) {
      switch $0 {
      case .dictionary, .string, .null: .value($0)
      default: .wrongKind
      }
    } write: {
      $0
    }
  }

  /// A user-defined function.
  ///
  /// - Parameter expected: a description of its parameters and results.
  package static func function<Function: OptionFunction>(
    _ name: String, _ path: any WritableKeyPath<Root, Function?> & Sendable, expected: String, _ doc: String
  ) -> Self {
    Self(name, path, .function, expected: expected, doc) { value in
      switch value {
      case .null: .value(nil)
      case .function(let f): (f as? Function).map { .value($0) } ?? .wrongKind
      default: .wrongKind
      }
    } write: {
      $0.map { .function($0) } ?? .null
    }
  }
}

extension OptionType {
  fileprivate static var perAxis: OptionType { .union([.integer, .sequence(.integer)]) }
}
