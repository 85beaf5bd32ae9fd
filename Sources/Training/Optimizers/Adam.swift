// SPDX-License-Identifier: Apache-2.0
// Adam, and Adam with decoupled weight decay.

import Options

/// The common part of both optimizers.
protocol AdamFamily: Optimizer {
  var beta1: Double { get set }
  var beta2: Double { get set }
  var eps: Double { get set }
  var weightDecay: Double { get set }
  /// Whether weight decay is decoupled from the gradient.
  static var isDecoupled: Bool { get }
}

extension AdamFamily {
  static var options: [Option<Self>] {
    [
      .number("beta1", \.beta1, in: 0...0.999999, "decay of the mean gradient"),
      .number("beta2", \.beta2, in: 0...0.999999999, "decay of the mean squared gradient"),
      .number("eps", \.eps, in: 0...1, "added to the root of the mean square"),
      .number(
        "weight_decay", \.weightDecay, in: 0...Double.infinity,
        Self.isDecoupled ? "times rate and weight, taken off the weight" : "factor of the weight that is added to its gradient"),
    ]
  }

  var slots: Int { 2 }
  var hasMomentum: Bool { true }

  func update(_ p: ParameterUpdate) {
    let (w, g, m, v) = (p.weight, p.gradient, p.slots[0], p.slots[1])
    let beta1 = p.momentum ?? beta1
    let (b1, b2) = (Float(beta1), Float(beta2))
    let (c1, c2) = (Float(1 - beta1), Float(1 - beta2))
    // Bias correction, since both means are initialized with zero.
    let size = p.rate / (1 - power(beta1, p.step))
    let correction = 1 / (1 - power(beta2, p.step)).squareRoot()
    let eps = Float(eps)
    let shrink = Self.isDecoupled ? 1 - p.rate * p.weightDecay : 1
    let coupled = Self.isDecoupled ? 0 : p.weightDecay
    for i in 0..<p.count {
      let gradient = g[i] + coupled * w[i]
      m[i] = b1 * m[i] + c1 * gradient
      v[i] = b2 * v[i] + c2 * gradient * gradient
      w[i] = shrink * w[i] - size * m[i] / (v[i].squareRoot() * correction + eps)
    }
  }

  private func power(_ base: Double, _ exponent: Int) -> Float {
    var (result, factor, rest) = (1.0, base, exponent)
    while rest > 0 {
      if rest & 1 == 1 { result *= factor }
      factor *= factor
      rest >>= 1
    }
    return Float(result)
  }
}

/// w ← w − rate · m̂ / (√v̂ + eps); as `torch.optim.Adam`.
struct Adam: AdamFamily {
  var beta1 = 0.9
  var beta2 = 0.999
  var eps = 1e-8
  var weightDecay = 0.0
  static let name = "adam"
  static let summary = "Adaptive moment estimation: the mean gradient divided by the root of its mean square."
  static let source = "Kingma and Ba 2015; torch.optim.Adam"
  static let isDecoupled = false
}

/// The same with decoupled weight decay; as `torch.optim.AdamW`.
struct AdamW: AdamFamily {
  var beta1 = 0.9
  var beta2 = 0.999
  var eps = 1e-8
  var weightDecay = 0.01
  static let name = "adamw"
  static let summary = "Adam with decoupled weight decay."
  static let source = "Loshchilov and Hutter 2019; torch.optim.AdamW"
  static let isDecoupled = true
}
