// SPDX-License-Identifier: Apache-2.0
// Derivatives of unary functions.

import Kernels
import MIL
import Tensors

extension PointwiseOperator {
  static var gradient: Gradient {
    .rule { g in
      let functions = try functions(g.call)
      let x = try g.input("x")
      // A few operators apply a second function to the result of the first.
      let last = functions.count - 1
      let inner = try functions.dropLast().reduce(x) { try $1.written(on: $0) }
      var gradient = try functions[last].gradient(g.gradient(), x: inner, y: g.output())
      if last > 0 { gradient = try functions[0].gradient(gradient, x: x, y: inner) }
      try g.give("x") { gradient }
    }
  }
}

extension UnaryFunction {
  /// The function as an operation; only for functions that some operator applies before another one.
  fileprivate func written(on x: TypedValue) throws -> TypedValue {
    guard case .leakyRelu(let alpha) = self else { preconditionFailure("\(self) is never applied first") }
    return try x.apply("leaky_relu", ["alpha": alpha])
  }

  /// `gradient · f'(x)`, where `y = f(x)`.
  func gradient(_ gradient: TypedValue, x: TypedValue, y: TypedValue) throws -> TypedValue {
    switch self {
    case .relu: return try gradient.through("relu", y: y)
    case .leakyRelu(let alpha): return try x.isAbove(0).select(gradient, gradient * alpha)
    case .clip(let low, let high): return try x.isWithin(low, high).select(gradient, gradient.zero)
    case .elu(let alpha): return try gradient * x.isAbove(0).select(x.one, y + alpha)
    case .geluExact: return try gradient.through("gelu", x: x, ["mode": "EXACT"])
    case .geluTanh: return try gradient.through("gelu", x: x, ["mode": "TANH_APPROXIMATION"])
    case .geluSigmoid: return try gradient.through("gelu", x: x, ["mode": "SIGMOID_APPROXIMATION"])
    case .sigmoid: return try gradient.through("sigmoid", y: y)
    case .hardSigmoid(let alpha, let beta):
      return try (x * alpha + beta).isWithin(0, 1).select(gradient * alpha, gradient.zero)
    case .hardSwish(let alpha, let beta):
      let gate = try x.apply("sigmoid_hard", ["alpha": alpha, "beta": beta])
      return try gradient * (gate + (x * alpha + beta).isWithin(0, 1).select(x * alpha, x.zero))
    case .silu: return try gradient.through("silu", x: x)
    case .softplus: return try gradient * x.apply("sigmoid")
    case .softsign: return try gradient / (x.apply("abs") + 1).squared()
    case .tanh: return try gradient.through("tanh", y: y)
    case .scaledTanh(let alpha, let beta): return try gradient * ((y * y) * (-beta / alpha) + alpha * beta)
    case .thresholdedRelu(let alpha): return try x.isAtLeast(alpha).select(gradient, gradient.zero)
    case .linear(let alpha, _): return try gradient * alpha
    case .threshold(let alpha): return try x.isAbove(alpha).select(gradient, gradient.zero)
    case .abs: return try gradient * x.apply("sign")
    case .ceil, .floor, .sign, .round: preconditionFailure("\(self) is constant between its jumps")
    case .square: return try gradient * x * 2
    case .sqrt: return try gradient / (y * 2)
    case .exp: return try gradient * y
    case .exp2: return try gradient * y * Float(0.69314718055994530942)
    case .erf: return try gradient * (x.squared() * -1).exp() * Float(2 / Double.pi.squareRoot())
    case .log(let epsilon): return try gradient / (epsilon < 1e-30 ? x : x + epsilon)
    case .rsqrt: return try gradient * y * y * y * -0.5
    case .inverse: return try gradient * y * y * -1
    case .sin: return try gradient * x.apply("cos")
    case .cos: return try gradient * x.apply("sin") * -1
    case .tan: return try gradient * (y * y + 1)
    case .asin: return try gradient / (1 - x.squared()).apply("sqrt")
    case .acos: return try gradient / (1 - x.squared()).apply("sqrt") * -1
    case .atan: return try gradient / (x.squared() + 1)
    case .sinh: return try gradient * x.apply("cosh")
    case .cosh: return try gradient * x.apply("sinh")
    case .asinh: return try gradient / (x.squared() + 1).apply("sqrt")
    case .acosh: return try gradient / (x.squared() - 1).apply("sqrt")
    case .atanh: return try gradient / (1 - x.squared())
    }
  }
}

extension Ceil { static var gradient: Gradient { .piecewiseConstant } }
extension Floor { static var gradient: Gradient { .piecewiseConstant } }
extension Round { static var gradient: Gradient { .piecewiseConstant } }
extension Sign { static var gradient: Gradient { .piecewiseConstant } }
extension LogicalNot { static var gradient: Gradient { .truthValues } }

extension Cast {
  /// Casts between floats pass the gradient through, ignoring rounding and clamping; casts from or to integers have none.
  static var gradient: Gradient {
    .rule { g in
      let dtype = try g.call.type("x").dtype
      guard dtype.isFloat, let gradient = g.optionalGradient(0) else { return }
      try g.give("x") { gradient.dtype == dtype ? gradient : try gradient.apply("cast", ["dtype": dtype.name]) }
    }
  }
}
