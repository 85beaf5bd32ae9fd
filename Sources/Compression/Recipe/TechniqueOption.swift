// SPDX-License-Identifier: Apache-2.0
// Options declared once: name, kind, default, allowed values, documentation and the property they set.

/// What a user may write for an option, without the Swift type behind it: what help, completion and references read.
package struct OptionDeclaration: Sendable, Equatable {
  /// The kinds of value.
  package enum Kind: Sendable, Equatable {
    case bool
    case integer(ClosedRange<Int>)
    case number(ClosedRange<Double>)
    case choice([RecipeValue])
    /// Two integers.
    case pair(ClosedRange<Int>)
    /// One integer, or one for each axis.
    case integerOrList(ClosedRange<Int>)
    /// Any number of integers.
    case integers(ClosedRange<Int>)
    case text
    /// `"same"`, `"valid"`, an integer, or one for each axis.
    case padding
    /// A table that its reader knows more of.
    case table
    case function
    /// A name of coremltools' that means nothing here: one value is taken, the others are refused with a reason.
    case only(RecipeValue)
  }

  package let name: String
  package let kind: Kind
  /// Whether it may be left unset, which is then its default.
  package let isOptional: Bool
  package let defaultValue: RecipeValue
  package let doc: String

  /// The allowed values in words: `one of 1, 2, 3, 4, 6, 8`.
  package var allowed: String {
    switch kind {
    case .bool: "true or false"
    case .integer(let range): "an integer\(Self.words(range))"
    case .number(let range):
      range.upperBound == .infinity
        ? "a number of at least \(range.lowerBound)"
        : "a number from \(range.lowerBound) to \(range.upperBound)"
    case .choice(let values): "one of \(values.map(\.description).joined(separator: ", "))"
    case .pair(let range): "a pair of integers\(Self.words(range))"
    case .integerOrList(let range):
      "an integer\(Self.words(range)), or a list of them with one for each axis"
    case .integers(let range): "a list of integers\(Self.words(range))"
    case .text: "a string"
    case .padding: "\"same\", \"valid\", an integer, or a list of them with one for each axis"
    case .table: "a table, or a name"
    case .function: "a function of one tensor that returns a table and indices"
    case .only(let value): "only \(value)"
    }
  }

  private static func words(_ range: ClosedRange<Int>) -> String {
    switch (range.lowerBound, range.upperBound) {
    case (.min, .max): ""
    case (let low, .max): " of at least \(low)"
    case (let low, let high): " from \(low) to \(high)"
    }
  }
}

/// Something that is set up by named options.
package protocol Optioned: Sendable {
  /// What errors call it: the technique's step, the optimizer's name.
  static var name: String { get }
  /// Every option; the only declaration.
  static var options: [TechniqueOption<Self>] { get }
  /// All options at their defaults.
  init()
  /// Checks options against each other.
  func validate() throws(CompressionError)
}

extension Optioned {
  /// What help, completion and references read of the options.
  package static var declarations: [OptionDeclaration] { options.map(\.declaration) }

  package func validate() throws(CompressionError) {}

  /// The given options, the rest at their defaults.
  ///
  /// - Throws: `CompressionError` for an unknown option or a value that is not allowed.
  package init(_ values: [String: RecipeValue]) throws(CompressionError) {
    self.init()
    for (name, value) in values.sorted(by: { $0.key < $1.key }) {
      guard let option = Self.options.first(where: { $0.name == name }) else {
        throw .unknownOption(technique: Self.name, option: name, known: Self.options.map(\.name))
      }
      try option.set(&self, value)
    }
    try validate()
  }

  /// The options that differ from their defaults, by name.
  package var changedOptions: [String: RecipeValue] {
    var changed: [String: RecipeValue] = [:]
    for option in Self.options {
      let value = option.get(self)
      if value != option.declaration.defaultValue { changed[option.name] = value }
    }
    return changed
  }
}

/// One option of `Root`.
package struct TechniqueOption<Root: Optioned>: Sendable {
  package let declaration: OptionDeclaration
  /// Checks a value and stores it.
  let set: @Sendable (inout Root, RecipeValue) throws(CompressionError) -> Void
  let get: @Sendable (Root) -> RecipeValue

  package var name: String { declaration.name }

  fileprivate init<Value>(
    _ name: String, _ path: any WritableKeyPath<Root, Value> & Sendable,
    _ kind: OptionDeclaration.Kind, optional: Bool = false,
    _ doc: String, read: @escaping @Sendable (RecipeValue) -> Reading<Value>,
    write: @escaping @Sendable (Value) -> RecipeValue
  ) {
    let declaration = OptionDeclaration(
      name: name, kind: kind, isOptional: optional, defaultValue: write(Root()[keyPath: path]),
      doc: doc)
    self.declaration = declaration
    get = { write($0[keyPath: path]) }
    set = { (root, value) throws(CompressionError) in
      switch read(value) {
      case .value(let v): root[keyPath: path] = v
      case .wrongKind:
        throw .optionType(
          technique: Root.name, option: name, expected: declaration.allowed,
          found: "\(value.kind) (\(value))")
      case .notAllowed:
        throw .optionValue(
          technique: Root.name, option: name, allowed: declaration.allowed, found: "\(value)")
      }
    }
  }
}

extension TechniqueOption {
  /// An option that is known, so that files that spell out every default can be read, but has one value.
  ///
  /// - Parameter reason: why there are no others; a part of a sentence.
  package static func only(_ name: String, _ value: RecipeValue, _ reason: String) -> Self {
    let declaration = OptionDeclaration(
      name: name, kind: .only(value), isOptional: true, defaultValue: value, doc: "only \(value): \(reason)")
    return Self(declaration: declaration) { (_, given) throws(CompressionError) in
      guard given.equals(value) else {
        throw .options(technique: Root.name, problem: "\(name) can only be \(value), found \(given): \(reason)")
      }
    } get: { _ in
      value
    }
  }

  private init(
    declaration: OptionDeclaration, set: @escaping @Sendable (inout Root, RecipeValue) throws(CompressionError) -> Void,
    get: @escaping @Sendable (Root) -> RecipeValue
  ) {
    self.declaration = declaration
    self.set = set
    self.get = get
  }
}

extension RecipeValue {
  /// Equality that does not tell 1 from 1.0, nor an empty list from an empty table.
  package func equals(_ other: RecipeValue) -> Bool {
    switch (self, other) {
    case (.integer(let a), .number(let b)), (.number(let b), .integer(let a)): Double(a) == b
    case (.list([]), .dictionary([:])), (.dictionary([:]), .list([])): true
    default: self == other
    }
  }
}

/// The outcome of reading an option's value.
private enum Reading<Value> {
  case value(Value)
  case wrongKind
  case notAllowed

  func map<Other>(_ transform: (Value) -> Other) -> Reading<Other> {
    switch self {
    case .value(let v): .value(transform(v))
    case .wrongKind: .wrongKind
    case .notAllowed: .notAllowed
    }
  }
}

private func readInteger(_ value: RecipeValue, _ range: ClosedRange<Int>) -> Reading<Int> {
  switch value {
  case .integer(let v): range.contains(v) ? .value(v) : .notAllowed
  case .number(let v) where v == v.rounded() && abs(v) < 0x1p53:
    range.contains(Int(v)) ? .value(Int(v)) : .notAllowed
  default: .wrongKind
  }
}

private func readNumber(_ value: RecipeValue, _ range: ClosedRange<Double>) -> Reading<Double> {
  switch value {
  case .integer(let v): range.contains(Double(v)) ? .value(Double(v)) : .notAllowed
  case .number(let v): range.contains(v) ? .value(v) : .notAllowed
  default: .wrongKind
  }
}

private func readIntegers(_ value: RecipeValue, _ range: ClosedRange<Int>) -> Reading<[Int]> {
  guard case .list(let values) = value else { return .wrongKind }
  var all: [Int] = []
  for value in values {
    switch readInteger(value, range) {
    case .value(let v): all.append(v)
    case .wrongKind: return .wrongKind
    case .notAllowed: return .notAllowed
    }
  }
  return .value(all)
}

extension TechniqueOption {
  package static func bool(
    _ name: String, _ path: any WritableKeyPath<Root, Bool> & Sendable, _ doc: String
  ) -> Self {
    Self(name, path, .bool, doc) {
      if case .bool(let v) = $0 { .value(v) } else { .wrongKind }
    } write: {
      .bool($0)
    }
  }

  package static func integer(
    _ name: String, _ path: any WritableKeyPath<Root, Int> & Sendable, in range: ClosedRange<Int>,
    _ doc: String
  ) -> Self {
    Self(name, path, .integer(range), doc) {
      readInteger($0, range)
    } write: {
      .integer($0)
    }
  }

  package static func integer(
    _ name: String, _ path: any WritableKeyPath<Root, Int?> & Sendable, in range: ClosedRange<Int>,
    _ doc: String
  ) -> Self {
    Self(name, path, .integer(range), optional: true, doc) {
      $0 == .null ? .value(nil) : readInteger($0, range).map { $0 }
    } write: {
      $0.map { .integer($0) } ?? .null
    }
  }

  /// An optional integer out of a few.
  package static func integer(
    _ name: String, _ path: any WritableKeyPath<Root, Int?> & Sendable, oneOf allowed: [Int],
    _ doc: String
  ) -> Self {
    Self(name, path, .choice(allowed.map { .integer($0) }), optional: true, doc) { value in
      guard value != .null else { return .value(nil) }
      switch readInteger(value, Int.min...Int.max) {
      case .value(let v): return allowed.contains(v) ? .value(v) : .notAllowed
      case .wrongKind: return .wrongKind
      case .notAllowed: return .notAllowed
      }
    } write: {
      $0.map { .integer($0) } ?? .null
    }
  }

  package static func number(
    _ name: String, _ path: any WritableKeyPath<Root, Double> & Sendable,
    in range: ClosedRange<Double>, _ doc: String
  ) -> Self {
    Self(name, path, .number(range), doc) {
      readNumber($0, range)
    } write: {
      .number($0)
    }
  }

  package static func number(
    _ name: String, _ path: any WritableKeyPath<Root, Double?> & Sendable,
    in range: ClosedRange<Double>, _ doc: String
  ) -> Self {
    Self(name, path, .number(range), optional: true, doc) {
      $0 == .null ? .value(nil) : readNumber($0, range).map { $0 }
    } write: {
      $0.map { .number($0) } ?? .null
    }
  }

  /// One of the named values; upper and lower case are the same.
  package static func choice<Choice: RawRepresentable<String> & CaseIterable & Sendable>(
    _ name: String, _ path: any WritableKeyPath<Root, Choice> & Sendable, _ doc: String
  ) -> Self {
    Self(name, path, .choice(Choice.allCases.map { .string($0.rawValue) }), doc) { value in
      guard case .string(let text) = value else { return .wrongKind }
      return Choice(rawValue: text.lowercased()).map { .value($0) } ?? .notAllowed
    } write: {
      .string($0.rawValue)
    }
  }

  package static func pair(
    _ name: String, _ path: any WritableKeyPath<Root, [Int]?> & Sendable,
    in range: ClosedRange<Int>, _ doc: String
  ) -> Self {
    Self(name, path, .pair(range), optional: true, doc) { value in
      guard value != .null else { return .value(nil) }
      switch readIntegers(value, range) {
      case .value(let v): return v.count == 2 ? .value(v) : .notAllowed
      case .wrongKind: return .wrongKind
      case .notAllowed: return .notAllowed
      }
    } write: {
      $0.map { .list($0.map { .integer($0) }) } ?? .null
    }
  }

  package static func integerOrList(
    _ name: String, _ path: any WritableKeyPath<Root, BlockSize> & Sendable,
    in range: ClosedRange<Int>, _ doc: String
  ) -> Self {
    Self(name, path, .integerOrList(range), doc) { value in
      if case .list = value { return readIntegers(value, range).map { .perAxis($0) } }
      return readInteger(value, range).map { .alongInput($0) }
    } write: { size in
      switch size {
      case .alongInput(let n): .integer(n)
      case .perAxis(let n): .list(n.map { .integer($0) })
      }
    }
  }

  /// The same, perhaps left out.
  package static func integerOrList(
    _ name: String, _ path: any WritableKeyPath<Root, BlockSize?> & Sendable, in range: ClosedRange<Int>, _ doc: String
  ) -> Self {
    Self(name, path, .integerOrList(range), optional: true, doc) { value in
      if value == .null { return .value(nil) }
      if case .list = value { return readIntegers(value, range).map { .perAxis($0) } }
      return readInteger(value, range).map { .alongInput($0) }
    } write: { size in
      switch size {
      case .alongInput(let n): .integer(n)
      case .perAxis(let n): .list(n.map { .integer($0) })
      case nil: .null
      }
    }
  }

  /// `"same"`, `"valid"`, a number, or one for each axis.
  package static func padding(_ name: String, _ path: any WritableKeyPath<Root, RecipeValue> & Sendable) -> Self {
    Self(name, path, .padding, "\"same\", \"valid\", or so many zeros on both sides of an axis; one number, or one for each") {
      switch $0 {
      case .string(let text): text == "same" || text == "valid" ? .value($0) : .notAllowed
      case .integer, .list: .value($0)
      default: .wrongKind
      }
    } write: {
      $0
    }
  }

  package static func function(
    _ name: String, _ path: any WritableKeyPath<Root, LUTFunction?> & Sendable, _ doc: String
  ) -> Self {
    Self(name, path, .function, optional: true, doc) { value in
      switch value {
      case .null: .value(nil)
      case .function(let f): .value(f)
      default: .wrongKind
      }
    } write: {
      $0.map { .function($0) } ?? .null
    }
  }

  package static func integers(
    _ name: String, _ path: any WritableKeyPath<Root, [Int]?> & Sendable, in range: ClosedRange<Int>, _ doc: String
  ) -> Self {
    Self(name, path, .integers(range), optional: true, doc) {
      $0 == .null ? .value(nil) : readIntegers($0, range).map { $0 }
    } write: {
      $0.map { .list($0.map { .integer($0) }) } ?? .null
    }
  }

  package static func text(
    _ name: String, _ path: any WritableKeyPath<Root, String> & Sendable, _ doc: String
  ) -> Self {
    Self(name, path, .text, doc) {
      if case .string(let v) = $0 { .value(v) } else { .wrongKind }
    } write: {
      .string($0)
    }
  }

  /// A table (or the name that stands for one), read by whoever knows what is in it.
  package static func table(
    _ name: String, _ path: any WritableKeyPath<Root, RecipeValue> & Sendable, _ doc: String
  ) -> Self {
    Self(name, path, .table, doc) {
      switch $0 {
      case .dictionary, .string, .null: .value($0)
      default: .wrongKind
      }
    } write: {
      $0
    }
  }
}

extension TechniqueOption where Root: Technique {
  /// The option that every technique has.
  package static func weightThreshold(_ path: any WritableKeyPath<Root, Int> & Sendable) -> Self {
    .integer(
      "weight_threshold", path, in: 0...Int.max, "only weights of more elements are \(Root.action)")
  }
}
