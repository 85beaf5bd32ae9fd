// SPDX-License-Identifier: Apache-2.0
// The dtype of results, by PyTorch's rules of type promotion.

import Tensors

/// An operand of arithmetic: a tensor, or a number that takes part without a dtype of its own.
package enum TensorOperand: Sendable {
  case tensor(Tensor)
  case boolean(Bool)
  case integer(Int)
  case number(Double)

  package var shape: Shape { tensor?.shape ?? [] }
  package var tensor: Tensor? { if case .tensor(let tensor) = self { tensor } else { nil } }

  /// The number, if it is one.
  var scalar: Double? {
    switch self {
    case .tensor: nil
    case .boolean(let flag): flag ? 1 : 0
    case .integer(let value): Double(value)
    case .number(let value): value
    }
  }
}

/// Booleans, integers and floats, in the order in which an operand without axes or dtype may change the dtype of the others.
private enum Category: Int {
  case boolean, integer, float

  init(_ dtype: DType) { self = dtype == .bool ? .boolean : dtype.isFloat ? .float : .integer }
}

extension DType {
  /// The dtype in which arithmetic on elements of this type is done: codes of fewer than eight bits count as int32, so that
  /// differences do not wrap, and 8-bit floats as float32.
  package var arithmetic: DType {
    switch self {
    case .uint1, .uint2, .uint3, .uint4, .uint6, .int4: .int32
    case .float8E4M3FN, .float8E5M2: .float32
    default: self
    }
  }

  /// The dtype of results of functions that are not closed over integers: floats stay, all others give float32.
  package var floating: DType { isFloat ? arithmetic : .float32 }

  /// The smallest dtype that represents both, as PyTorch promotes it; integers and floats give the float.
  ///
  /// PyTorch has no rule for unsigned integers of more than eight bits with signed ones: they give the signed type of twice the
  /// width, and uint64 gives float64, as in NumPy.
  package func promoted(with other: DType) -> DType {
    if self == other { return self }
    let (a, b) = (Category(self), Category(other))
    if a != b { return a.rawValue > b.rawValue ? self : other }
    switch a {
    case .boolean: return .bool
    case .float: return Self.wider(arithmetic, other.arithmetic)
    case .integer:
      if isSigned == other.isSigned { return bits >= other.bits ? self : other }
      let (signed, unsigned) = isSigned ? (self, other) : (other, self)
      if signed.bits > unsigned.bits { return signed }
      switch unsigned.bits {
      case ..<8: return .int8
      case 8: return .int16
      case 16: return .int32
      case 32: return .int64
      default: return .float64
      }
    }
  }

  private static func wider(_ a: DType, _ b: DType) -> DType {
    if a == b { return a }
    if a.bits == b.bits { return .float32 }  // float16 and bfloat16
    return a.bits > b.bits ? a : b
  }

  /// The dtype in which kernels compute: narrow floats in single precision.
  var kernel: DType { isFloat && self != .float64 ? .float32 : arithmetic }
}

/// The dtype of an elementwise function's result.
package enum Promotion {
  /// PyTorch's `result_type`: tensors with axes decide; tensors of rank 0, and after them numbers, only change the category.
  package static func dtype(of operands: [TensorOperand]) -> DType {
    var (dimensioned, scalar, number): (DType?, DType?, DType?) = (nil, nil, nil)
    func join(_ known: DType?, _ next: DType) -> DType { known?.promoted(with: next) ?? next }
    for operand in operands {
      switch operand {
      case .tensor(let tensor) where tensor.rank > 0: dimensioned = join(dimensioned, tensor.dtype)
      case .tensor(let tensor): scalar = join(scalar, tensor.dtype)
      case .boolean: number = join(number, .bool)
      case .integer: number = join(number, .int64)
      case .number: number = join(number, .float32)
      }
    }
    return combined(dimensioned, combined(scalar, number)) ?? .float32
  }

  private static func combined(_ higher: DType?, _ lower: DType?) -> DType? {
    guard let higher, let lower else { return higher ?? lower }
    return Category(lower).rawValue > Category(higher).rawValue ? lower : higher
  }
}

extension TensorOperand {
  /// The operand as elements of `dtype`, for `function`. Floats and integers are converted as `Tensor.cast` does; a number must
  /// be representable.
  ///
  /// - Throws: `AlgebraError.scalar`.
  func materialized(as dtype: DType, for function: String) throws -> Tensor {
    switch self {
    case .tensor(let tensor): return tensor.cast(to: dtype)
    case .boolean(let flag): return Tensor(scalar: flag).cast(to: dtype)
    case .number(let value):
      guard !dtype.isFloat else { return Tensor(scalar: value).cast(to: dtype) }
      guard let integer = Int(exactly: value) else { throw AlgebraError.scalar(function: function, number: "\(value)", dtype: dtype) }
      return try TensorOperand.integer(integer).materialized(as: dtype, for: function)
    case .integer(let value):
      if dtype.isFloat { return Tensor(scalar: Double(value)).cast(to: dtype) }
      // As in PyTorch, adding -1 to unsigned integers is allowed and wraps.
      let range = dtype.integerRange
      let isFit = range.map { $0.contains(value) || $0.lowerBound == 0 && value < 0 && -value <= $0.upperBound } ?? true
      guard isFit || dtype == .bool else { throw AlgebraError.scalar(function: function, number: "\(value)", dtype: dtype) }
      return Tensor(integers: [dtype == .bool && value != 0 ? 1 : value], dtype: dtype, shape: [])
    }
  }
}
