// SPDX-License-Identifier: Apache-2.0
// Gradients of activations that are not unary elementwise functions.

import MIL
import Tensors

extension SoftmaxOperator {
  static var gradient: Gradient {
    .rule { g in
      let y = try g.output()
      let axis = try g.call.knownAxis("axis", rank: y.rank)
      try g.give("x") {
        if axis == y.rank - 1 { return try g.gradient().through("softmax", y: y) }
        let weighted = try g.gradient() * y
        return try weighted - y * weighted.sum([axis], keepingAxes: true)
      }
    }
  }
}

extension Prelu {
  static var gradient: Gradient {
    .rule { g in
      let (x, gradient, alpha) = (try g.input("x"), try g.gradient(), try g.input("alpha"))
      let slopes = try alpha.reshaped(alpha.shape + Array(repeating: 1, count: x.rank - 2))
      try g.give("x") { try x.isAbove(0).select(gradient, gradient * slopes) }
      try g.give("alpha") { try (gradient * x.apply("minimum", ["y": Float(0)])).sum([0] + Array(2..<x.rank)) }
    }
  }
}

extension SoftplusParametric {
  static var gradient: Gradient {
    .rule { g in
      let (x, gradient, y) = (try g.input("x"), try g.gradient(), try g.output())
      let ones = Array(repeating: 1, count: x.rank - 2)
      let (a, b) = (try g.input("alpha"), try g.input("beta"))
      let (alpha, beta) = (try a.reshaped(a.shape + ones), try b.reshaped(b.shape + ones))
      let channels = [0] + Array(2..<x.rank)
      let slope = try gradient * (x * beta).apply("sigmoid") * alpha
      try g.give("x") { try slope * beta }
      try g.give("beta") { try (slope * x).sum(channels) }
      try g.give("alpha") { try (gradient * y).sum(channels) / a }
    }
  }
}
