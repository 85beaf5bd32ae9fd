// SPDX-License-Identifier: Apache-2.0
// Arithmetic of two operands with broadcasting.

import Kernels
import Tensors

extension Tensor {
  /// `function(a, b)` elementwise, with PyTorch's type promotion. Floats and 32-bit integers are computed by the kernels of MIL's
  /// operators, other dtypes by the same rules: integers wrap.
  ///
  /// The quotient of integers is float32.
  /// - Throws: `AlgebraError` for shapes that do not broadcast, a number that does not fit, booleans in `-`, `//`, `%` and `^`, and
  ///   integers divided by 0 in `//` and `%`.
  package static func combined(_ function: BinaryFunction, _ a: TensorOperand, _ b: TensorOperand, named name: String) throws -> Tensor {
    let promoted = Promotion.dtype(of: [a, b]).arithmetic
    let dtype = function == .divide ? promoted.floating : promoted
    let shape = try broadcast([a.shape, b.shape], for: name)
    if dtype == .bool { return try booleans(function, a, b, named: name, shape) }
    if dtype.isInteger, function == .power, let exponent = b.scalar, exponent < 0 {
      throw AlgebraError.argument(
        function: name, problem: "integers to the negative power \(Int(saturating: exponent)) are fractions; cast to float32 first")
    }
    let kernel = dtype.kernel
    let (x, y) = (try a.operand(of: dtype, for: name), try b.operand(of: dtype, for: name))
    let out = try result(kernel, shape, of: name)
    guard out.count > 0 else { return out.cast(to: dtype) }
    try Cancellation.check()
    if dtype.isInteger, function == .floorDivide || function == .modulo, let zero = y.firstZero {
      throw AlgebraError.zeroDivisor(function: name, index: b.tensor == nil ? nil : zero)
    }
    withExtendedLifetime((x, y, out)) {
      let (p, q, r) = (x.buffer, y.buffer, out.buffer)
      let loop =
        switch kernel {
        case .float32: Binary.loop(function, p, q, to: r)
        case .float64: DoubleBinary.loop(function, p, q, to: r)
        default: IntegerBinary.loop(function, p, q, to: r)
        }
      loop()
    }
    try Cancellation.check()
    return out.cast(to: dtype)
  }

  private static func booleans(
    _ function: BinaryFunction, _ a: TensorOperand, _ b: TensorOperand, named name: String, _ shape: Shape
  ) throws -> Tensor {
    switch function {
    case .add, .maximum: return try logical(.or, a, b, named: name)
    case .multiply, .minimum: return try logical(.and, a, b, named: name)
    default: throw AlgebraError.dtype(function: name, found: .bool, expected: "numbers; t:cast \"int32\" makes 0 and 1 of booleans")
    }
  }

  /// `function(a, b)` of truth values, where everything but 0 is true.
  package static func logical(_ function: LogicalFunction, _ a: TensorOperand, _ b: TensorOperand, named name: String) throws -> Tensor {
    let out = try result(.bool, broadcast([a.shape, b.shape], for: name), of: name)
    let (x, y) = (try a.truth(), try b.truth())
    guard out.count > 0 else { return out }
    withExtendedLifetime((x, y, out)) { Logical.loop(function, x.buffer, y.buffer, to: out.buffer)() }
    return out
  }

  /// `a comparison b`, a bool tensor. Integers are compared exactly, also with numbers that their dtype cannot hold; comparisons
  /// with NaN are false, except `notEqual`.
  package static func compared(_ comparison: ComparisonFunction, _ a: TensorOperand, _ b: TensorOperand, named name: String) throws
    -> Tensor
  {
    let dtype = comparisonType(a, b)
    let (x, y) = (try a.compared(as: dtype, for: name), try b.compared(as: dtype, for: name))
    let out = try result(.bool, broadcast([a.shape, b.shape], for: name), of: name)
    guard out.count > 0 else { return out }
    try Cancellation.check()
    withExtendedLifetime((x, y, out)) {
      let (p, q, r) = (x.buffer, y.buffer, out.buffer)
      Comparing.loop(comparison, p, q, to: r)()
    }
    return out
  }

  /// The dtype in which two operands are compared: their promoted dtype, made wide enough for a number that it cannot hold.
  private static func comparisonType(_ a: TensorOperand, _ b: TensorOperand) -> DType {
    let dtype = Promotion.dtype(of: [a, b])
    let tensors = [a, b].compactMap(\.tensor?.dtype)
    // An integer tensor with a fraction: every integer of 32 bits is a float64.
    if dtype.isFloat, !tensors.isEmpty, tensors.allSatisfy({ !$0.isFloat }) { return .float64 }
    if dtype.isFloat { return dtype }
    if dtype == .uint64 { return .uint64 }
    let isWide = [a, b].contains { operand in
      switch operand {
      case .tensor(let tensor): tensor.dtype.bits == 64 || tensor.dtype == .uint32
      case .integer(let value): !(DType.int32.integerRange?.contains(value) ?? false)
      default: false
      }
    }
    return isWide ? .int64 : .int32
  }
}

extension Tensor {
  /// The index of the first element that is 0.
  ///
  /// - Precondition: integers of whole bytes.
  fileprivate var firstZero: [Int]? {
    func first<T: FixedWidthInteger & BitwiseCopyable>(_ type: T.Type) -> Int? {
      withExtendedLifetime(self) {
        let elements = UnsafeBufferPointer(start: buffer.pointer.assumingMemoryBound(to: T.self), count: count)
        return elements.firstIndex(of: 0)
      }
    }
    let found =
      switch dtype.bits {
      case 8: first(UInt8.self)
      case 16: first(UInt16.self)
      case 32: first(UInt32.self)
      default: first(UInt64.self)
      }
    return found.map { position in
      zip(shape, shape.rowMajorStrides).map { extent, stride in position / max(stride, 1) % extent }
    }
  }
}

extension TensorOperand {
  /// The operand as its kernel reads it. Elements are rounded to the result's dtype first, a number is not, as in PyTorch.
  fileprivate func operand(of dtype: DType, for function: String) throws -> Tensor {
    guard let tensor else { return try materialized(as: dtype.kernel, for: function) }
    return tensor.cast(to: dtype).cast(to: dtype.kernel)
  }

  /// The operand as it is compared: a number is rounded to the tensor's precision, so that an element that was set to 0.1 equals 0.1.
  fileprivate func compared(as dtype: DType, for function: String) throws -> Tensor {
    try materialized(as: dtype, for: function).cast(to: dtype.kernel)
  }

  /// Whether each element differs from zero.
  func truth() throws -> Tensor {
    switch self {
    case .tensor(let tensor): tensor.cast(to: .bool)
    default: Tensor(scalar: (scalar ?? 0) != 0)
    }
  }
}
