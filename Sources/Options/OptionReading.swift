// SPDX-License-Identifier: Apache-2.0
// Conversion of option values to Swift values.

/// The outcome of converting an option's value.
enum OptionReading<Value> {
  case value(Value)
  case wrongKind
  case notAllowed

  func map<Other>(_ transform: (Value) -> Other) -> OptionReading<Other> {
    switch self {
    case .value(let v): .value(transform(v))
    case .wrongKind: .wrongKind
    case .notAllowed: .notAllowed
    }
  }

  /// Reads a value that may be `nil`.
  static func optional<Wrapped>(_ value: OptionValue, _ read: (OptionValue) -> OptionReading<Wrapped>) -> OptionReading
  where Value == Wrapped? {
    value == .null ? .value(nil) : read(value).map { $0 }
  }
}

extension OptionValue {
  /// Accepts an integral number in either representation: 4 and 4.0.
  func integer(in range: ClosedRange<Int>) -> OptionReading<Int> {
    switch self {
    case .integer(let v): range.contains(v) ? .value(v) : .notAllowed
    case .number(let v) where v == v.rounded() && abs(v) < 0x1p53: range.contains(Int(v)) ? .value(Int(v)) : .notAllowed
    default: .wrongKind
    }
  }

  func number(in range: ClosedRange<Double>) -> OptionReading<Double> {
    switch self {
    case .integer(let v): range.contains(Double(v)) ? .value(Double(v)) : .notAllowed
    case .number(let v): range.contains(v) ? .value(v) : .notAllowed
    default: .wrongKind
    }
  }

  func integers(in range: ClosedRange<Int>) -> OptionReading<[Int]> {
    guard case .list(let values) = self else { return .wrongKind }
    var all: [Int] = []
    for value in values {
      switch value.integer(in: range) {
      case .value(let v): all.append(v)
      case .wrongKind: return .wrongKind
      case .notAllowed: return .notAllowed
      }
    }
    return .value(all)
  }

  func perAxis(in range: ClosedRange<Int>) -> OptionReading<PerAxis> {
    if case .list = self { return integers(in: range).map { .each($0) } }
    return integer(in: range).map { .one($0) }
  }
}

extension PerAxis {
  var optionValue: OptionValue {
    switch self {
    case .one(let n): .integer(n)
    case .each(let all): .list(all.map { .integer($0) })
    }
  }
}

extension ClosedRange<Int> {
  /// The range as a phrase: ` of at least 0`, ` from 0 to 1`, or an empty string for all integers.
  var words: String {
    switch (lowerBound, upperBound) {
    case (.min, .max): ""
    case (let low, .max): " of at least \(low)"
    case (let low, let high): " from \(low) to \(high)"
    }
  }

  var allowed: Allowed {
    .range(lower: lowerBound == .min ? nil : Double(lowerBound), upper: upperBound == .max ? nil : Double(upperBound))
  }
}

extension ClosedRange<Double> {
  var words: String { upperBound == .infinity ? " of at least \(lowerBound)" : " from \(lowerBound) to \(upperBound)" }

  var allowed: Allowed {
    .range(lower: lowerBound.isFinite ? lowerBound : nil, upper: upperBound.isFinite ? upperBound : nil)
  }
}
