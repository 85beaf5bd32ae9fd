// SPDX-License-Identifier: Apache-2.0
// Functions of one element.

import Kernels
import Platform
import Tensors

/// A function of one number, by its name in scripts.
package enum ElementFunction: String, CaseIterable, Sendable {
  case abs, neg, sign, square, relu
  case round, floor, ceil, trunc
  case exp, exp2, expm1, log, log2, log10, log1p, sqrt, rsqrt, reciprocal
  case sin, cos, tan, asin, acos, atan, sinh, cosh, tanh, asinh, acosh, atanh
  case sigmoid, erf, silu, softplus, gelu

  /// Whether integers stay integers; other functions of integers give float32.
  package var keepsIntegers: Bool {
    switch self {
    case .abs, .neg, .sign, .square, .relu, .round, .floor, .ceil, .trunc: true
    default: false
    }
  }

  /// The kernel of the operator that computes it in programs; `nil` if MIL has none.
  var kernel: UnaryFunction? {
    switch self {
    case .abs: .abs
    case .neg: .linear(alpha: -1, beta: 0)
    case .sign: .sign
    case .square: .square
    case .relu: .relu
    case .round: .round
    case .floor: .floor
    case .ceil: .ceil
    case .exp: .exp
    case .exp2: .exp2
    case .log: .log(epsilon: 0)
    case .sqrt: .sqrt
    case .sin: .sin
    case .cos: .cos
    case .tan: .tan
    case .asin: .asin
    case .acos: .acos
    case .atan: .atan
    case .sinh: .sinh
    case .cosh: .cosh
    case .tanh: .tanh
    case .asinh: .asinh
    case .acosh: .acosh
    case .atanh: .atanh
    case .sigmoid: .sigmoid
    case .erf: .erf
    case .silu: .silu
    case .softplus: .softplus
    case .gelu: .geluExact
    // MIL's rsqrt and inverse add an epsilon, which loses the sign of -0 even if it is 0.
    case .rsqrt, .reciprocal, .trunc, .expm1, .log2, .log10, .log1p: nil
    }
  }

  /// The function in double precision.
  @inline(__always)
  func value(_ x: Double) -> Double {
    switch self {
    case .abs: Swift.abs(x)
    case .neg: -x
    case .sign: x > 0 ? 1 : x < 0 ? -1 : x.isNaN ? x : 0
    case .square: x * x
    case .relu: x > 0 || x.isNaN ? x : 0
    case .round: x.rounded(.toNearestOrEven)
    case .floor: x.rounded(.down)
    case .ceil: x.rounded(.up)
    case .trunc: x.rounded(.towardZero)
    case .exp: Platform.exp(x)
    case .exp2: Platform.exp2(x)
    case .expm1: Platform.expm1(x)
    case .log: Platform.log(x)
    case .log2: Platform.log2(x)
    case .log10: Platform.log10(x)
    case .log1p: Platform.log1p(x)
    case .sqrt: x.squareRoot()
    case .rsqrt: 1 / x.squareRoot()
    case .reciprocal: 1 / x
    case .sin: Platform.sin(x)
    case .cos: Platform.cos(x)
    case .tan: Platform.tan(x)
    case .asin: Platform.asin(x)
    case .acos: Platform.acos(x)
    case .atan: Platform.atan(x)
    case .sinh: Platform.sinh(x)
    case .cosh: Platform.cosh(x)
    case .tanh: Platform.tanh(x)
    case .asinh: Platform.asinh(x)
    case .acosh: Platform.acosh(x)
    case .atanh: Platform.atanh(x)
    case .sigmoid: 1 / (1 + Platform.exp(-x))
    case .erf: Platform.erf(x)
    case .silu: x / (1 + Platform.exp(-x))
    case .softplus: x > 0 ? x + Platform.log1p(Platform.exp(-x)) : Platform.log1p(Platform.exp(x))
    case .gelu: 0.5 * x * (1 + Platform.erf(x * 0.5.squareRoot()))
    }
  }

  /// The function of an integer, for those that keep integers; it wraps where the dtype ends.
  @inline(__always)
  func integer<T: FixedWidthInteger>(_ x: T) -> T {
    switch self {
    case .abs: x < 0 ? 0 &- x : x
    case .neg: 0 &- x
    case .sign: x > 0 ? 1 : x < 0 ? 0 &- 1 : 0
    case .square: x &* x
    case .relu: x > 0 ? x : 0
    default: x
    }
  }
}

/// A property of numbers.
package enum ElementTest: String, CaseIterable, Sendable {
  case isnan, isinf, isfinite
}
