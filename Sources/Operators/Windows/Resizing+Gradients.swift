// SPDX-License-Identifier: Apache-2.0
// Gradients of resizing: each output point's gradient is distributed to the input points it was interpolated from.

import Kernels
import MIL
import Tensors

extension ResizeOperator {
  static var gradient: Gradient {
    .rule { g in
      guard try g.call.type("x").dtype.isFloat else { return }
      let x = try g.input("x")
      try g.give("x") {
        var gradient = try g.gradient()
        for i in (0..<2).reversed() {
          let axis = x.rank - 2 + i
          let table = try table(g.call, axis: i, input: x.shape[axis], output: gradient.shape[axis])
          gradient = try gradient.spread(by: table, axis: axis, extent: x.shape[axis])
        }
        return gradient
      }
    }
  }
}

extension TypedValue {
  fileprivate func spread(by table: InterpolationTable, axis: Int, extent: Int) throws -> TypedValue {
    var shape = shape
    shape[axis] = extent
    if table.weight.allSatisfy({ $0 == 0 }) { return try spread(over: table.lower, axis: axis, of: shape) }
    let along = Array(repeating: 1, count: rank - axis - 1)
    let weight = Tensor(table.weight, shape: [table.weight.count] + along)
    let rest = Tensor(table.weight.map { 1 - $0 }, shape: [table.weight.count] + along)
    let (lower, upper) = (try apply("mul", ["y": rest]), try apply("mul", ["y": weight]))
    return try lower.spread(over: table.lower, axis: axis, of: shape) + upper.spread(over: table.upper, axis: axis, of: shape)
  }
}
