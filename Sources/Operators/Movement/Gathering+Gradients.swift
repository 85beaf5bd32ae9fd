// SPDX-License-Identifier: Apache-2.0
// Gradients of gathers.

import MIL
import Tensors

extension TypedValue {
  /// The gradient of a value of this shape from the gradient of elements gathered along an axis with these indices.
  func spread(over indices: any Emittable, axis: Int, of shape: Shape, batchDimensions: Int = 0) throws -> TypedValue {
    try emitter.emit(
      "training_gather_gradient",
      ["gradient": self, "indices": indices, "input_shape": shape, "axis": axis, "batch_dims": batchDimensions])
  }

  /// Zeros of the given shape.
  func zeros(_ shape: Shape) throws -> TypedValue { try emitter.emit("fill", ["shape": shape, "value": Float(0)]) }
}

extension GatherAxis {
  static var gradient: Gradient {
    .rule { g in
      let x = try g.input("x")
      let axis = try g.call.knownAxis("axis", rank: x.rank)
      let batch = try Indexing.batchDimensions(g.call)
      try g.give("x") { try g.gradient().spread(over: g.input("indices"), axis: axis, of: x.shape, batchDimensions: batch) }
    }
  }
}

extension GatherAlongAxis {
  static var gradient: Gradient {
    .rule { g in
      let x = try g.input("x")
      try g.give("x") {
        try g.emitter.emit(
          "scatter_along_axis",
          [
            "data": g.gradient().zeros(x.shape), "indices": g.input("indices"), "updates": g.gradient(),
            "axis": g.call.knownAxis("axis", rank: x.rank), "mode": "add",
          ])
      }
    }
  }
}

extension GatherND {
  static var gradient: Gradient {
    .rule { g in
      let x = try g.input("x")
      guard try Indexing.batchDimensions(g.call) == 0 else {
        throw g.call.error("its gradient is implemented for batch_dims 0 only")
      }
      try g.give("x") {
        try g.emitter.emit(
          "scatter_nd",
          ["data": g.gradient().zeros(x.shape), "indices": g.input("indices"), "updates": g.gradient(), "mode": "add"])
      }
    }
  }
}
