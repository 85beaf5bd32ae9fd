// SPDX-License-Identifier: Apache-2.0
// Gradients of shape operators: the inverse reshape.

import Kernels
import MIL
import Tensors

extension ViewOperator {
  static var gradient: Gradient {
    .rule { g in
      guard try g.call.type("x").dtype.isDifferentiable else { return }
      try g.give("x") { try g.gradient().reshaped(g.input("x").shape) }
    }
  }
}

extension Transpose {
  static var gradient: Gradient {
    .rule { g in
      let x = try g.input("x")
      let perm = try order(g.call, rank: x.rank)
      try g.give("x") { try g.gradient().transposed(perm.inversePermutation) }
    }
  }
}
