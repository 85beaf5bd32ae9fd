// SPDX-License-Identifier: Apache-2.0
// Elements as Swift numbers, and conversion to other dtypes.

import CKernels

extension Tensor {
  /// All elements as `Float`. Integers beyond 2^24 are rounded.
  package func floats() -> [Float] {
    [Float](unsafeUninitializedCapacity: count) { out, filled in
      filled = count
      guard let to = out.baseAddress else { return }
      copyFloats(to: to)
    }
  }

  /// Writes all elements as `Float` to `to`, which must have space for `count` elements.
  package func copyFloats(to: UnsafeMutablePointer<Float>) {
    guard count > 0 else { return }
    withBytes { raw in
      guard let base = raw.baseAddress else { return }
      switch dtype {
      case .float32: to.update(from: base.assumingMemoryBound(to: Float.self), count: count)
      case .float16: ck_half_to_float(to, base.assumingMemoryBound(to: UInt16.self), count)
      case .bfloat16: ck_bfloat_to_float(to, base.assumingMemoryBound(to: UInt16.self), count)
      default:
        forEachDouble { i, v in to[i] = Float(v) }
      }
    }
  }

  /// All elements as `Double`, exact except for 64-bit integers beyond 2^53.
  package func doubles() -> [Double] {
    [Double](unsafeUninitializedCapacity: count) { out, filled in
      filled = count
      forEachDouble { i, v in out[i] = v }
    }
  }

  /// All elements as `Int`; fractions are truncated, values outside `Int` are clamped, NaN becomes 0.
  package func integers() -> [Int] {
    switch dtype {
    case .int64: withElements(of: Int64.self) { $0.map { Int($0) } }
    case .uint64: withElements(of: UInt64.self) { $0.map { Int(clamping: $0) } }
    case .int32: withElements(of: Int32.self) { $0.map { Int($0) } }
    default: doubles().map { Int(saturating: $0) }
    }
  }

  private func forEachDouble(_ body: (Int, Double) -> Void) {
    func each<T: TensorElement>(_ type: T.Type, _ convert: (T) -> Double) {
      withElements(of: T.self) { for (i, v) in $0.enumerated() { body(i, convert(v)) } }
    }
    switch dtype {
    case .bool: withBytes { for (i, v) in $0.enumerated() { body(i, v == 0 ? 0 : 1) } }
    case .uint8: each(UInt8.self) { Double($0) }
    case .uint16: each(UInt16.self) { Double($0) }
    case .uint32: each(UInt32.self) { Double($0) }
    case .uint64: each(UInt64.self) { Double($0) }
    case .int8: each(Int8.self) { Double($0) }
    case .int16: each(Int16.self) { Double($0) }
    case .int32: each(Int32.self) { Double($0) }
    case .int64: each(Int64.self) { Double($0) }
    case .float32: each(Float.self) { Double($0) }
    case .float64: each(Double.self) { $0 }
    case .float16, .bfloat16: for (i, v) in floats().enumerated() { body(i, Double(v)) }
    case .float8E4M3FN: for (i, c) in codes().enumerated() { body(i, Float8.e4m3fn(c)) }
    case .float8E5M2: for (i, c) in codes().enumerated() { body(i, Float8.e5m2(c)) }
    case .uint1, .uint2, .uint3, .uint4, .uint6: for (i, c) in codes().enumerated() { body(i, Double(c)) }
    case .int4: for (i, c) in codes().enumerated() { body(i, Double(Int8(bitPattern: c))) }
    case .string: preconditionFailure("a tensor does not hold strings")
    }
  }

  /// The values converted to `dtype`.
  ///
  /// Float to float rounds to nearest even; float to integer truncates and clamps to the range (NaN becomes 0);
  /// integer to a narrower integer wraps; conversion to `bool` tests for nonzero. `converted(to:)` throws an error
  /// for values that this function would change.
  package func cast(to target: DType) -> Tensor {
    guard target != dtype else { return self }
    switch target {
    case .float32:
      var out = Tensor(uninitialized: .float32, shape)
      out.withMutableElements(of: Float.self) { if let to = $0.baseAddress { copyFloats(to: to) } }
      return out
    case .float16, .bfloat16:
      // Rounding twice only occurs for float64 sources, which are converted to Float first, as in NumPy.
      let source = floats()
      var out = Tensor(uninitialized: target, shape)
      out.withMutableBytes { raw in
        guard let to = raw.baseAddress?.assumingMemoryBound(to: UInt16.self) else { return }
        if target == .float16 { ck_float_to_half(to, source, count) } else { ck_float_to_bfloat(to, source, count) }
      }
      return out
    case .float64: return Tensor(doubles(), shape: shape)
    case .bool: return Tensor(doubles().map { $0 != 0 }, shape: shape)
    case .float8E4M3FN, .float8E5M2, .string: preconditionFailure("no cast to \(target)")
    default:
      let values = dtype.isFloat ? doubles().map { Int(saturating: $0) } : integers()
      return Tensor(integers: values, dtype: target, shape: shape, clamping: dtype.isFloat)
    }
  }

  /// Integers stored as elements of an integer type, clamped to its range or wrapped into it.
  package init(integers: [Int], dtype: DType, shape: Shape, clamping: Bool = false) {
    precondition(dtype.isInteger || dtype == .bool, "integers as \(dtype)")
    func make<T: TensorElement & FixedWidthInteger>(_ type: T.Type) -> Tensor {
      Tensor(integers.map { clamping ? T(clamping: $0) : T(truncatingIfNeeded: $0) }, shape: shape)
    }
    switch dtype {
    case .uint8: self = make(UInt8.self)
    case .uint16: self = make(UInt16.self)
    case .uint32: self = make(UInt32.self)
    case .uint64: self = make(UInt64.self)
    case .int8: self = make(Int8.self)
    case .int16: self = make(Int16.self)
    case .int32: self = make(Int32.self)
    case .int64: self = make(Int64.self)
    case .bool: self = Tensor(integers.map { $0 != 0 }, shape: shape)
    default:
      let range = dtype.integerRange ?? 0...0
      let codes = integers.map { v in
        UInt8(truncatingIfNeeded: clamping ? Swift.min(Swift.max(v, range.lowerBound), range.upperBound) : v)
      }
      self.init(codes: codes, dtype: dtype, shape: shape)
    }
  }
}

extension Int {
  /// The truncated value, clamped to the range of `Int`; 0 for NaN.
  package init(saturating value: Double) {
    if value.isNaN {
      self = 0
    } else if value >= 0x1p63 {
      self = .max
    } else if value <= -0x1p63 {
      self = .min
    } else {
      self = Int(value)
    }
  }
}

/// The two 8-bit float formats that a weight file may contain (OCP 8-bit floating point specification, 2023).
enum Float8 {
  static func e4m3fn(_ code: UInt8) -> Double {
    let sign: Double = code & 0x80 == 0 ? 1 : -1
    let exponent = Int(code >> 3) & 15
    let fraction = Double(code & 7)
    if exponent == 15, code & 7 == 7 { return .nan }
    return sign * (exponent == 0 ? fraction / 8 * 0x1p-6 : (1 + fraction / 8) * Double(sign: .plus, exponent: exponent - 7, significand: 1))
  }

  static func e5m2(_ code: UInt8) -> Double {
    let sign: Double = code & 0x80 == 0 ? 1 : -1
    let exponent = Int(code >> 2) & 31
    let fraction = Double(code & 3)
    if exponent == 31 { return fraction == 0 ? sign * .infinity : .nan }
    return sign
      * (exponent == 0 ? fraction / 4 * 0x1p-14 : (1 + fraction / 4) * Double(sign: .plus, exponent: exponent - 15, significand: 1))
  }
}
