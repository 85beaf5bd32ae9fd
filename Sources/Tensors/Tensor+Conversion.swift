// SPDX-License-Identifier: Apache-2.0
// Conversion to a declared dtype. Values may be rounded, but values outside the range are errors.

/// The first element of a tensor that another dtype cannot represent.
package struct UnfitElement: Error, Equatable, Sendable {
  /// The index along each axis, from 0.
  package var position: [Int]
  package let value: String
  package let source: DType
  package let target: DType
  /// The allowed range if it is smaller than that of the dtype: `pixels are numbers from 0 to 255`.
  package let limits: String?

  package init(position: [Int], value: String, source: DType, target: DType, limits: String? = nil) {
    self.limits = limits
    self.position = position
    self.value = value
    self.source = source
    self.target = target
  }

  /// The text of a value: whole numbers in plain decimal notation, others as `shortest`.
  package static func text(_ value: Double, shortest: String) -> String {
    if value.isNaN { return "nan" }
    return Int(exactly: value).map { "\($0)" } ?? shortest
  }

  /// The value and its position: `1099511627776 at { 0, 3 } (from 0)`.
  package var place: String {
    position.isEmpty ? value : "\(value) at { \(position.map(String.init).joined(separator: ", ")) } (from 0)"
  }
}

extension UnfitElement: CustomStringConvertible {
  /// A description such as `1099511627776 at { 0, 3 } (from 0), but int32 holds whole numbers from -2147483648 to
  /// 2147483647`.
  package var description: String { "\(place), but \(limits ?? "\(target) holds \(target.domain)")" }
}

extension DType {
  /// A description of the values that the dtype represents.
  package var domain: String {
    switch self {
    case .bool: "false and true (0 and 1)"
    case .uint64: "whole numbers from 0 to \(UInt64.max)"
    case .float16: "numbers from -65504 to 65504"
    case .bfloat16: "numbers from -3.3895314e38 to 3.3895314e38"
    case .float32: "numbers from -3.4028235e38 to 3.4028235e38"
    case .float64: "numbers from -1.7976931348623157e308 to 1.7976931348623157e308"
    case .float8E4M3FN: "numbers from -448 to 448"
    case .float8E5M2: "numbers from -57344 to 57344"
    case .string: "text"
    default: integerRange.map { "whole numbers from \($0.lowerBound) to \($0.upperBound)" } ?? "nothing"
    }
  }

  /// The smallest magnitude that rounds to infinity; `nil` for integer dtypes and for dtypes without infinity.
  private var overflow: Double? {
    switch self {
    case .float16: 65520
    case .bfloat16: 0x1.FFp127
    case .float32: 0x1.FFFFFFp127
    default: nil
    }
  }

  /// Whether the dtype can represent the value, with rounding for floats. Floats include infinity and NaN, but no
  /// finite value may become one of them.
  fileprivate func holds(_ value: Double) -> Bool {
    if self == .bool { return value == 0 || value == 1 }
    if isFloat {
      guard let overflow, value.isFinite else { return true }
      // Narrow floats are converted from single precision, and rounding to single precision may cause overflow.
      return (self == .float32 ? value : Double(Float(value))).magnitude < overflow
    }
    guard value.rounded(.towardZero) == value, value.isFinite else { return false }
    switch self {
    case .int64: return value >= -0x1p63 && value < 0x1p63
    case .uint64: return value >= 0 && value < 0x1p64
    default: return integerRange.map { Double($0.lowerBound) <= value && value <= Double($0.upperBound) } ?? false
    }
  }

  /// The same for integers, without loss of precision.
  fileprivate func holds(_ value: Int) -> Bool {
    if self == .bool { return value == 0 || value == 1 }
    if isFloat { return holds(Double(value)) }
    if self == .uint64 { return value >= 0 }
    return integerRange?.contains(value) ?? false
  }

  /// Whether the dtype can represent every value of another dtype, with rounding for floats.
  private func holdsAll(of other: DType) -> Bool {
    if self == other || other == .bool { return true }
    if self == .bool { return other == .uint1 }
    if isFloat {
      switch other {
      case .float64: return self == .float64
      case .float32: return self == .float32 || self == .float64
      case .bfloat16: return self != .float16
      case .float16: return true
      default: return self != .float16 || other.bits < 16
      }
    }
    guard !other.isFloat, let own = integerRange, let theirs = other.integerRange else { return false }
    return own.lowerBound <= theirs.lowerBound && theirs.upperBound <= own.upperBound
  }

  fileprivate func mayLack(valuesOf other: DType) -> Bool { !holdsAll(of: other) }
}

extension Tensor {
  /// The first element that `target` cannot represent: a fraction, NaN or infinity for an integer dtype, or a number
  /// outside the range. Rounding to the precision of a float is permitted. `nil` if all elements can be represented.
  package func unfitElement(for target: DType) -> UnfitElement? {
    guard target.mayLack(valuesOf: dtype) else { return nil }
    let found: (index: Int, value: String)?
    switch dtype {
    case .float32:
      found = withElements(of: Float.self) { values in
        values.firstIndex { !target.holds(Double($0)) }.map { ($0, UnfitElement.text(Double(values[$0]), shortest: "\(values[$0])")) }
      }
    case .uint64:
      found = withElements(of: UInt64.self) { values in
        values.firstIndex { value in Int(exactly: value).map { !target.holds($0) } ?? !target.holds(Double(value)) }
          .map { ($0, "\(values[$0])") }
      }
    default:
      if dtype.isFloat {
        let values = doubles()
        found = values.firstIndex { !target.holds($0) }.map { ($0, UnfitElement.text(values[$0], shortest: "\(values[$0])")) }
      } else {
        let values = integers()
        found = values.firstIndex { !target.holds($0) }.map { ($0, "\(values[$0])") }
      }
    }
    return found.map { UnfitElement(position: shape.position(of: $0.index), value: $0.value, source: dtype, target: target) }
  }

  /// The values converted to `target` and rounded to its precision.
  ///
  /// - Throws: the first value that `target` cannot represent. `cast(to:)` converts such values without an error.
  package func converted(to target: DType) throws(UnfitElement) -> Tensor {
    if let unfit = unfitElement(for: target) { throw unfit }
    return cast(to: target)
  }
}

extension Array where Element == Int {
  /// The position of an element of a row-major tensor of this shape.
  package func position(of index: Int) -> [Int] {
    var rest = index
    return rowMajorStrides.map { stride in
      defer { rest %= stride }
      return rest / stride
    }
  }
}
