// SPDX-License-Identifier: Apache-2.0
// Gradients of binary functions; broadcast axes are reduced by summation.

import Kernels
import MIL
import Tensors

extension BinaryOperator {
  static var gradient: Gradient {
    switch function {
    case .floorDivide: .piecewiseConstant
    default: .rule { g in try function.giveGradients(g) }
    }
  }
}

extension BinaryFunction {
  fileprivate func giveGradients(_ g: GradientContext) throws {
    guard try g.call.type("x").dtype.isFloat else { return }
    let (x, y, gradient) = (try g.input("x"), try g.input("y"), try g.gradient())
    try g.give("x") { try gradientOfX(gradient, x, y, g).summed(to: x.shape) }
    try g.give("y") { try gradientOfY(gradient, x, y, g).summed(to: y.shape) }
  }

  private func gradientOfX(_ gradient: TypedValue, _ x: TypedValue, _ y: TypedValue, _ g: GradientContext) throws -> TypedValue {
    switch self {
    case .add, .subtract, .modulo: gradient
    case .multiply: try gradient * y
    case .divide: try gradient / y
    case .power: try gradient * y * x.apply("pow", ["y": y - 1])
    case .maximum: try x.apply("greater_equal", ["y": y]).select(gradient, gradient.zero)
    case .minimum: try x.apply("less_equal", ["y": y]).select(gradient, gradient.zero)
    case .floorDivide: preconditionFailure("floor_div is constant between its jumps")
    }
  }

  private func gradientOfY(_ gradient: TypedValue, _ x: TypedValue, _ y: TypedValue, _ g: GradientContext) throws -> TypedValue {
    switch self {
    case .add: gradient
    case .subtract: try gradient.negated()
    case .multiply: try gradient * x
    case .divide: try gradient * g.output() / y * -1
    case .modulo: try gradient * x.apply("floor_div", ["y": y]) * -1
    // At x = 0 the gradient is 0 rather than ln 0 · 0 = NaN, because 0 to any power is constant.
    case .power:
      try x.isAbove(0).select(gradient * g.output() * x.apply("maximum", ["y": Float.leastNormalMagnitude]).apply("log"), gradient.zero)
    case .maximum: try x.apply("less", ["y": y]).select(gradient, gradient.zero)
    case .minimum: try x.apply("greater", ["y": y]).select(gradient, gradient.zero)
    case .floorDivide: preconditionFailure("floor_div is constant between its jumps")
    }
  }
}

extension ComparisonOperator { static var gradient: Gradient { .truthValues } }
extension LogicalOperator { static var gradient: Gradient { .truthValues } }

extension Select {
  static var gradient: Gradient {
    .rule { g in
      guard try g.call.type("a").dtype.isFloat else { return }
      let (condition, gradient) = (try g.input("cond"), try g.gradient())
      try g.give("a") { try condition.select(gradient, gradient.zero).summed(to: g.input("a").shape) }
      try g.give("b") { try condition.select(gradient.zero, gradient).summed(to: g.input("b").shape) }
    }
  }
}
