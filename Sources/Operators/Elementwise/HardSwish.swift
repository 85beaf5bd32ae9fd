// SPDX-License-Identifier: Apache-2.0
// Hard-swish, which no program spells as one operator; the planner makes it.

import Kernels

/// `x · sigmoid_hard(x)`: called as the `sigmoid_hard` that it takes in.
enum HardSwish: PointwiseOperator {
  static let signature = SigmoidHard.signature
  static func functions(_ call: Call) throws -> [UnaryFunction] {
    [.hardSwish(alpha: try call.number("alpha"), beta: try call.number("beta"))]
  }
}
