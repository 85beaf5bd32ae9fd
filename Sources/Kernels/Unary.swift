// SPDX-License-Identifier: Apache-2.0
// A function of one float applied to a block of floats.

import CKernels
import Platform

/// Elementwise functions of one float.
package enum Unary {
  /// `y = function(x)` for `count` floats on the calling thread. `y` may be `x`.
  package static func apply(
    _ function: UnaryFunction, _ x: UnsafePointer<Float>, to y: UnsafeMutablePointer<Float>, count: Int
  ) {
    switch function {
    case .relu: ck_relu(y, x, count)
    case .leakyRelu(let alpha): ck_leaky_relu(y, x, alpha, count)
    case .clip(let low, let high): ck_clip(y, x, low, high, count)
    case .elu(let alpha): ck_elu(y, x, alpha, count)
    case .geluExact: ck_gelu(y, x, count)
    case .geluTanh: ck_gelu_tanh(y, x, count)
    case .geluSigmoid: ck_gelu_sigmoid(y, x, count)
    case .sigmoid: ck_sigmoid(y, x, count)
    case .hardSigmoid(let alpha, let beta): ck_hard_sigmoid(y, x, alpha, beta, count)
    case .hardSwish(let alpha, let beta): ck_hard_swish(y, x, alpha, beta, count)
    case .silu: ck_silu(y, x, count)
    case .softplus: ck_softplus(y, x, count)
    case .softsign: map(x, y, count) { $0 / (1 + Swift.abs($0)) }
    case .tanh: ck_tanh(y, x, count)
    case .scaledTanh(let alpha, let beta):
      ck_mul_scalar(y, x, beta, count)
      ck_tanh(y, y, count)
      ck_mul_scalar(y, y, alpha, count)
    case .thresholdedRelu(let alpha): ck_threshold_relu(y, x, alpha, count)
    case .linear(let alpha, let beta): ck_linear(y, x, alpha, beta, count)
    case .threshold(let alpha): ck_max_scalar(y, x, alpha, count)
    case .abs: ck_abs(y, x, count)
    case .ceil: ck_ceil(y, x, count)
    case .floor: ck_floor(y, x, count)
    case .sign: ck_sign(y, x, count)
    case .square: ck_square(y, x, count)
    case .sqrt: ck_sqrt(y, x, count)
    case .round: ck_round(y, x, count)
    case .exp: ck_exp(y, x, count)
    case .exp2: ck_exp2(y, x, count)
    case .erf: ck_erf(y, x, count)
    case .log(let epsilon):
      guard epsilon != 0 else { return ck_log(y, x, count) }
      ck_add_scalar(y, x, epsilon, count)
      ck_log(y, y, count)
    case .rsqrt(let epsilon): ck_rsqrt(y, x, epsilon, count)
    case .inverse(let epsilon): ck_reciprocal(y, x, epsilon, count)
    case .sin: ck_sin(y, x, count)
    case .cos: ck_cos(y, x, count)
    // Rare functions use libm for single elements.
    case .tan: map(x, y, count) { tanf($0) }
    case .asin: map(x, y, count) { asinf($0) }
    case .acos: map(x, y, count) { acosf($0) }
    case .atan: map(x, y, count) { atanf($0) }
    case .sinh: map(x, y, count) { sinhf($0) }
    case .cosh: map(x, y, count) { coshf($0) }
    case .asinh: map(x, y, count) { asinhf($0) }
    case .acosh: map(x, y, count) { acoshf($0) }
    case .atanh: map(x, y, count) { atanhf($0) }
    }
  }

  /// Applies the functions in sequence, using all threads.
  package static func run(
    _ functions: [UnaryFunction], _ x: UnsafePointer<Float>, to y: UnsafeMutablePointer<Float>, count: Int
  ) {
    loop(functions, x, to: y, count: count).runAll()
  }

  /// A loop that applies the functions in sequence.
  package static func loop(
    _ functions: [UnaryFunction], _ x: UnsafePointer<Float>, to y: UnsafeMutablePointer<Float>, count: Int
  ) -> RowLoop {
    RowLoop(rows: count, width: 1) { range in
      var from = x + range.lowerBound
      let to = y + range.lowerBound
      for function in functions {
        apply(function, from, to: to, count: range.count)
        from = UnsafePointer(to)
      }
    }
  }

  @inline(__always)
  private static func map(
    _ x: UnsafePointer<Float>, _ y: UnsafeMutablePointer<Float>, _ count: Int, _ f: (Float) -> Float
  ) {
    for i in 0..<count { y[i] = f(x[i]) }
  }
}
