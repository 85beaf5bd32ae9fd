// SPDX-License-Identifier: Apache-2.0
// Functions of each element of a tensor.

import Kernels
import Tensors

extension Tensor {
  /// `function(x)` for each element. Narrow floats are computed in single precision and rounded.
  ///
  /// - Throws: `AlgebraError` for booleans in a function that keeps integers, and for interrupted work.
  package func mapped(_ function: ElementFunction) throws -> Tensor {
    let name = function.rawValue
    let dtype = function.keepsIntegers ? dtype.arithmetic : dtype.floating
    guard dtype != .bool else {
      throw AlgebraError.dtype(function: name, found: .bool, expected: "numbers; t:cast \"int32\" makes 0 and 1 of booleans")
    }
    try Cancellation.check()
    let x = cast(to: dtype.kernel)
    let out = try Tensor.result(x.dtype, shape, of: name)
    guard out.count > 0 else { return out.cast(to: dtype) }
    withExtendedLifetime((x, out)) {
      let (from, to) = (x.buffer, out.buffer)
      switch x.dtype {
      case .float32:
        if let kernel = function.kernel {
          Unary.run([kernel], from.floats(), to: to.floats(), count: out.count)
        } else {
          ElementLoop.run(from, to, Float.self) { Float(function.value(Double($0))) }
        }
      case .float64: ElementLoop.run(from, to, Double.self) { function.value($0) }
      case .int64: ElementLoop.run(from, to, Int64.self) { function.integer($0) }
      case .int32: ElementLoop.run(from, to, Int32.self) { function.integer($0) }
      case .int16: ElementLoop.run(from, to, Int16.self) { function.integer($0) }
      case .int8: ElementLoop.run(from, to, Int8.self) { function.integer($0) }
      case .uint8: ElementLoop.run(from, to, UInt8.self) { function.integer($0) }
      case .uint16: ElementLoop.run(from, to, UInt16.self) { function.integer($0) }
      case .uint32: ElementLoop.run(from, to, UInt32.self) { function.integer($0) }
      case .uint64: ElementLoop.run(from, to, UInt64.self) { function.integer($0) }
      default: preconditionFailure("\(x.dtype) is not computed with")
      }
    }
    return out.cast(to: dtype)
  }

  /// Whether each element has the property. Integers and booleans are finite.
  package func tested(_ test: ElementTest) throws -> Tensor {
    guard dtype.isFloat else { return try Tensor.filled(.boolean(test == .isfinite), .bool, shape, for: test.rawValue) }
    let x = dtype == .float64 ? self : cast(to: .float32)
    let out = try Tensor.result(.bool, shape, of: test.rawValue)
    guard count > 0 else { return out }
    withExtendedLifetime((x, out)) {
      if x.dtype == .float64 {
        Self.test(test, x.buffer, out.buffer, Double.self)
      } else {
        Self.test(test, x.buffer, out.buffer, Float.self)
      }
    }
    return out
  }

  private static func test<T: BinaryFloatingPoint & BitwiseCopyable>(_ test: ElementTest, _ x: Buffer, _ y: Buffer, _ type: T.Type) {
    switch test {
    case .isnan: ElementLoop.run(x, y, T.self) { $0 != $0 }
    case .isinf: ElementLoop.run(x, y, T.self) { abs($0) == .infinity }
    case .isfinite: ElementLoop.run(x, y, T.self) { $0 - $0 == 0 }
    }
  }

  /// The elements limited to `low...high`, either of which may be absent; NaN stays.
  package func clipped(_ low: TensorOperand?, _ high: TensorOperand?) throws -> Tensor {
    var out = self
    if let low { out = try Tensor.combined(.maximum, .tensor(out), low, named: "clip") }
    if let high { out = try Tensor.combined(.minimum, .tensor(out), high, named: "clip") }
    return out
  }

  /// A tensor with one value.
  package static func filled(_ value: TensorOperand, _ dtype: DType, _ shape: Shape, for function: String) throws -> Tensor {
    try value.materialized(as: dtype, for: function).expanded(to: shape, for: function)
  }
}
