// SPDX-License-Identifier: Apache-2.0
// Gradients of reductions: the gradient of a result is broadcast to the elements it was computed from.

import Kernels
import MIL
import Tensors

extension ReductionOperator {
  static var gradient: Gradient {
    .rule { g in
      guard try g.call.type("x").dtype.isFloat else { return }
      let x = try g.input("x")
      let axes = try g.call.reducedAxes(rank: x.rank)
      let kept = x.shape.enumerated().map { axes.contains($0.offset) ? 1 : $0.element }
      let count = axes.reduce(1) { $0 * x.shape[$1] }
      try g.give("x") {
        let (gradient, y) = (try g.gradient().reshaped(kept), try g.output().reshaped(kept))
        return try function.gradient(gradient, x: x, y: y, axes: axes, count: count).broadcast(to: x.shape)
      }
    }
  }
}

extension ArgumentOperator { static var gradient: Gradient { .integers } }

extension ReductionFunction {
  /// The gradient of `x`, from that of `y` with its reduced axes kept.
  fileprivate func gradient(_ gradient: TypedValue, x: TypedValue, y: TypedValue, axes: [Int], count: Int) throws -> TypedValue {
    switch self {
    case .sum: return gradient
    case .mean: return try gradient * (1 / Float(count))
    case .max, .min:
      // Divided evenly among ties.
      let mask = try x.apply("equal", ["y": y]).select(x.one, x.zero).broadcast(to: x.shape)
      return try mask * (gradient / mask.sum(axes, keepingAxes: true))
    case .product:
      // The product of the other elements: the total divided by this one or, with zeros, the product of the nonzero ones.
      let isZero = try x.apply("equal", ["y": Float(0)])
      let zeros = try isZero.select(x.one, x.zero).broadcast(to: x.shape).sum(axes, keepingAxes: true)
      let safe = try isZero.select(x.one, x)
      let product = try safe.apply("reduce_prod", ["axes": axes, "keep_dims": true])
      let others = try product * zeros.apply("equal", ["y": Float(0)]).select(x.one, x.zero) / safe
      let onlyZero = try product * zeros.apply("equal", ["y": Float(1)]).select(x.one, x.zero)
      return try gradient * isZero.select(onlyZero, others)
    case .l1Norm: return try gradient * x.apply("sign")
    case .l2Norm: return try x * (gradient / y.apply("maximum", ["y": Float.leastNormalMagnitude]))
    case .logSum: return try gradient / y.exp()
    case .logSumExp: return try gradient * (x - y).exp()
    case .sumSquare: return try x * (gradient * 2)
    }
  }
}
