// SPDX-License-Identifier: Apache-2.0
// Stochastic gradient descent.

import Options

/// w ← w − rate · v, where v ← momentum · v + (1 − dampening) · (g + weight_decay · w); as `torch.optim.SGD`.
struct SGD: Optimizer {
  var momentum = 0.0
  var dampening = 0.0
  var weightDecay = 0.0
  var nesterov = false

  static let name = "sgd"
  static let summary = "Gradient descent, optionally with momentum."
  static let source = "Sutskever et al. 2013; torch.optim.SGD"
  static var options: [Option<Self>] {
    [
      .number("momentum", \.momentum, in: 0...1, "momentum"),
      .number("dampening", \.dampening, in: 0...1, "dampening of the momentum"),
      .number("weight_decay", \.weightDecay, in: 0...Double.infinity, "factor of the weight that is added to its gradient"),
      .bool("nesterov", \.nesterov, "whether to use Nesterov momentum"),
    ]
  }

  func validate() throws(OptionError) {
    if nesterov, momentum == 0 || dampening != 0 {
      throw .combination(of: Self.name, problem: "nesterov needs a momentum and no dampening")
    }
  }

  var slots: Int { momentum == 0 ? 0 : 1 }
  var hasMomentum: Bool { momentum != 0 }

  func update(_ p: ParameterUpdate) {
    let (w, g) = (p.weight, p.gradient)
    guard momentum != 0 else {
      for i in 0..<p.count { w[i] -= p.rate * (g[i] + p.weightDecay * w[i]) }
      return
    }
    let v = p.slots[0]
    let keep = Float(p.momentum ?? momentum)
    // As in PyTorch, dampening does not apply to the first step.
    let take = p.step == 1 ? 1 : Float(1 - dampening)
    let ahead: Float = nesterov ? keep : 1
    let own: Float = nesterov ? 1 : 0
    for i in 0..<p.count {
      let gradient = g[i] + p.weightDecay * w[i]
      v[i] = keep * v[i] + take * gradient
      w[i] -= p.rate * (own * gradient + ahead * v[i])
    }
  }
}
