// SPDX-License-Identifier: Apache-2.0
// The unary and binary functions that kernels apply elementwise.

/// A function of one float, as a value: run as a pass of its own or as a post-op of a convolution or product.
package enum UnaryFunction: Hashable, Sendable {
  case relu
  case leakyRelu(alpha: Float)
  /// `min(max(x, low), high)`.
  case clip(low: Float, high: Float)
  /// `x` above zero, `alpha (exp x - 1)` otherwise.
  case elu(alpha: Float)
  /// `x Φ(x)`, computed with erf.
  case geluExact
  /// The hyperbolic-tangent approximation of gelu.
  case geluTanh
  /// `x sigmoid(1.702 x)`.
  case geluSigmoid
  case sigmoid
  /// `min(max(alpha x + beta, 0), 1)`.
  case hardSigmoid(alpha: Float, beta: Float)
  /// `x · min(max(alpha x + beta, 0), 1)`; hard-swish with alpha 1/6, beta 1/2.
  case hardSwish(alpha: Float, beta: Float)
  case silu
  /// `log(1 + exp x)`.
  case softplus
  case softsign
  case tanh
  /// `alpha tanh(beta x)`.
  case scaledTanh(alpha: Float, beta: Float)
  /// `x` where `x >= alpha`, else 0.
  case thresholdedRelu(alpha: Float)
  /// `alpha x + beta`.
  case linear(alpha: Float, beta: Float)
  /// `max(x, alpha)`.
  case threshold(alpha: Float)
  case abs, ceil, floor, sign, square, sqrt
  /// Rounds half to even, as MIL does.
  case round
  case exp, exp2, erf
  /// `log(x + epsilon)`.
  case log(epsilon: Float)
  /// `1 / sqrt(x + epsilon)`.
  case rsqrt(epsilon: Float)
  /// `1 / (x + epsilon)`.
  case inverse(epsilon: Float)
  case sin, cos, tan, asin, acos, atan, sinh, cosh, asinh, acosh, atanh
}

/// A function of two numbers whose result has the same type.
package enum BinaryFunction: Hashable, Sendable {
  case add, subtract, multiply, divide, floorDivide, modulo, power, maximum, minimum
}

/// A comparison: two numbers to a boolean.
package enum ComparisonFunction: Hashable, Sendable {
  case equal, notEqual, less, lessEqual, greater, greaterEqual
}

/// A function of two booleans.
package enum LogicalFunction: Hashable, Sendable {
  case and, or, xor
}
