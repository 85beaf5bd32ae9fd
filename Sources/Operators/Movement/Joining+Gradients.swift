// SPDX-License-Identifier: Apache-2.0
// Gradients of concatenation and splitting, which are each other's inverse.

import Kernels
import MIL
import Tensors

extension Concat {
  static var gradient: Gradient {
    .rule { g in
      let values = g.call.list("values")
      guard values.first?.type.tensorType?.dtype.isDifferentiable == true else { return }
      let gradient = try g.gradient()
      let isInterleaved = try g.call.known(g.call.bool("interleave"), "interleave")
      let isScalar = values.first?.type.tensorType?.rank == 0
      let axis = isScalar ? 0 : try g.call.knownAxis("axis", rank: gradient.rank)
      var at = 0
      for i in values.indices {
        let shape = try g.input("values", at: i).shape
        let (from, extent) = (at, isScalar ? 1 : shape[axis])
        try g.give("values", at: i) {
          if isInterleaved { return try gradient.every(values.count, along: axis, from: i) }
          return try gradient.part(axis, from: from, count: extent).reshaped(shape)
        }
        at += extent
      }
    }
  }
}

extension TypedValue {
  /// Every n-th element along an axis.
  fileprivate func every(_ step: Int, along axis: Int, from begin: Int) throws -> TypedValue {
    var (begins, steps) = (Array(repeating: 0, count: rank), Array(repeating: 1, count: rank))
    (begins[axis], steps[axis]) = (begin, step)
    return try apply("slice_by_index", ["begin": begins, "end": shape, "stride": steps])
  }
}

extension Stack {
  static var gradient: Gradient {
    .rule { g in
      let values = g.call.list("values")
      guard values.first?.type.tensorType?.dtype.isDifferentiable == true else { return }
      let gradient = try g.gradient()
      let axis = try g.call.knownAxis("axis", rank: gradient.rank)
      for i in values.indices {
        try g.give("values", at: i) {
          try gradient.part(axis, from: i, count: 1).reshaped(g.input("values", at: i).shape)
        }
      }
    }
  }
}

extension Split {
  static var gradient: Gradient {
    .rule { g in
      guard try g.call.type("x").dtype.isDifferentiable else { return }
      let axis = try g.call.knownAxis("axis", rank: g.call.type("x").rank)
      try g.give("x") {
        let parts = try g.call.operation.outputs.indices.map { try g.gradient($0) }
        return try g.emitter.emit("concat", ["values": parts, "axis": axis, "interleave": false])
      }
    }
  }
}

extension Tile {
  static var gradient: Gradient {
    .rule { g in
      guard try g.call.type("x").dtype.isDifferentiable else { return }
      let x = try g.input("x")
      let reps = try g.call.knownIntegers("reps", count: x.rank)
      try g.give("x") {
        var gradient = try g.gradient()
        for (axis, rep) in reps.enumerated() where rep != 1 {
          var shape = gradient.shape
          shape.replaceSubrange(axis...axis, with: [rep, x.shape[axis]])
          gradient = try gradient.reshaped(shape).sum([axis])
        }
        return gradient
      }
    }
  }
}
