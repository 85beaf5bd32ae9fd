// SPDX-License-Identifier: Apache-2.0
// Hard-swish, which is not a MIL operator; the planner creates it.

import Kernels

/// `x · sigmoid_hard(x)`, with the call of the `sigmoid_hard` that it replaces.
enum HardSwish: PointwiseOperator {
  static let signature = SigmoidHard.signature
  static func functions(_ call: Call) throws -> [UnaryFunction] {
    [.hardSwish(alpha: try call.number("alpha"), beta: try call.number("beta"))]
  }
}
