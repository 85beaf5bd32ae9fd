// SPDX-License-Identifier: Apache-2.0
// Gradients of matrix products.

import MIL
import Tensors

extension Linear {
  static var gradient: Gradient {
    .rule { g in
      let (x, weight) = (try g.input("x"), try g.input("weight"))
      let rows = [x.shape.dropLast().reduce(1, *), x.shape[x.rank - 1]]
      let gradient = try g.gradient().reshaped([rows[0], weight.shape[0]])
      try g.give("x") { try gradient.times(weight).reshaped(x.shape) }
      try g.give("weight") { try gradient.times(x.reshaped(rows), transposed: (true, false)) }
      try g.give("bias") { try gradient.sum([0]) }
    }
  }
}

extension MatMul {
  static var gradient: Gradient {
    .rule { g in
      let (tx, ty) = try transposes(g.call)
      let (x, y) = (try g.input("x"), try g.input("y"))
      // Vectors are treated as matrices, as in the forward product.
      let a = x.rank == 1 ? try x.reshaped([1, x.shape[0]]) : x
      let b = y.rank == 1 ? try y.reshaped([y.shape[0], 1]) : y
      let (ta, tb) = (tx && x.rank > 1, ty && y.rank > 1)
      let batch = g.call.operation.outputs[0].type.tensorType?.shape?.dropLast((x.rank > 1 ? 1 : 0) + (y.rank > 1 ? 1 : 0)) ?? []
      let rows = a.shape[a.rank - (ta ? 1 : 2)]
      let columns = b.shape[b.rank - (tb ? 2 : 1)]
      let gradient = try g.gradient().reshaped(Array(batch) + [rows, columns])
      try g.give("x") {
        let full = ta ? try b.times(gradient, transposed: (tb, true)) : try gradient.times(b, transposed: (false, !tb))
        return try full.summed(to: a.shape).reshaped(x.shape)
      }
      try g.give("y") {
        let full = tb ? try gradient.times(a, transposed: (true, ta)) : try a.times(gradient, transposed: (!ta, false))
        return try full.summed(to: b.shape).reshaped(y.shape)
      }
    }
  }
}

extension Einsum {
  static var gradient: Gradient {
    .rule { g in
      let (x, y, gradient) = (try g.input("values", at: 0), try g.input("values", at: 1), try g.gradient())
      // H joins the batch axes, as in the forward product.
      let perm = Array(0..<x.rank - 3) + [x.rank - 2, x.rank - 3, x.rank - 1]
      let matrix = try gradient.transposed(perm)
      try g.give("values", at: 0) {
        try matrix.times(y.transposed(perm), transposed: (false, true)).transposed(perm).summed(to: x.shape)
      }
      try g.give("values", at: 1) {
        try x.transposed(perm).times(matrix, transposed: (true, false)).transposed(perm).summed(to: y.shape)
      }
    }
  }
}
