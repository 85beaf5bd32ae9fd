// SPDX-License-Identifier: Apache-2.0
// Gradients of cumulative sums and top-k.

import MIL
import Tensors

extension Cumsum {
  /// The cumulative sum in the opposite direction.
  static let gradient = Gradient.rule { g in
    guard try g.call.type("x").dtype.isFloat else { return }
    let reverse = try g.call.known(g.call.bool("reverse"), "reverse")
    try g.give("x") {
      try g.gradient().apply(
        "cumsum", ["axis": g.call.integer("axis"), "exclusive": g.call.bool("exclusive"), "reverse": !reverse])
    }
  }
}

extension TopK {
  static let gradient = Gradient.rule { g in
    guard try g.call.type("x").dtype.isFloat else { return }
    guard g.call.operation.outputs.count == 2 else { throw g.call.error("its gradient needs the indices: return_indices must be true") }
    let x = try g.input("x")
    let axis = try g.call.knownAxis("axis", rank: x.rank)
    try g.give("x") {
      let gradient = try g.gradient()
      let indices = try g.output(1)
      return try g.emitter.emit(
        "scatter_along_axis",
        [
          "data": gradient.zeros(x.shape), "indices": indices.dtype == .int32 ? indices : indices.apply("cast", ["dtype": "int32"]),
          "updates": gradient, "axis": axis, "mode": "add",
        ])
    }
  }
}

extension Argsort { static let gradient = Gradient.integers }
