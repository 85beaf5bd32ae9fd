// SPDX-License-Identifier: Apache-2.0
// Gradients of slices and padding.

import Kernels
import MIL
import Tensors

extension GradientContext {
  /// The parameters of a slice, copied from the operation.
  fileprivate var bounds: [String: (any Emittable)?] {
    get throws {
      var bounds: [String: (any Emittable)?] = [:]
      for parameter in SliceBounds.parameters { bounds[parameter.name] = try optionalInput(parameter.name) }
      return bounds
    }
  }
}

extension TypedValue {
  /// `count` elements starting at `begin` along an axis.
  func part(_ axis: Int, from begin: Int, count: Int) throws -> TypedValue {
    var (begins, sizes) = (Array(repeating: 0, count: rank), shape)
    (begins[axis], sizes[axis]) = (begin, count)
    return try apply("slice_by_size", ["begin": begins, "size": sizes])
  }

  /// Zero padding before and after, along every axis.
  fileprivate func surrounded(_ borders: [(before: Int, after: Int)]) throws -> TypedValue {
    try apply("pad", ["pad": borders.flatMap { [$0.before, $0.after] }, "mode": "constant", "constant_val": Float(0)])
  }
}

extension SliceByIndex {
  static var gradient: Gradient {
    .rule { g in
      guard try g.call.type("x").dtype.isDifferentiable else { return }
      try g.give("x") {
        try g.emitter.emit(
          "training_slice_gradient", g.bounds.merging(["gradient": g.gradient(), "input_shape": g.input("x").shape]) { $1 })
      }
    }
  }
}

extension SliceUpdate {
  static var gradient: Gradient {
    .rule { g in
      guard try g.call.type("x").dtype.isDifferentiable else { return }
      let gradient = try g.gradient()
      try g.give("update") { try g.emitter.emit("slice_by_index", g.bounds.merging(["x": gradient]) { $1 }) }
      try g.give("x") {
        try g.emitter.emit("slice_update", g.bounds.merging(["x": gradient, "update": gradient.zeros(g.input("update").shape)]) { $1 })
      }
    }
  }
}

extension SliceBySize {
  static var gradient: Gradient {
    .rule { g in
      guard try g.call.type("x").dtype.isDifferentiable else { return }
      let (x, gradient, begin) = (try g.input("x"), try g.gradient(), try g.input("begin"))
      try g.give("x") {
        if let begins = begin.operand.constant?.tensor?.integers() {
          let borders = zip(begins, zip(x.shape, gradient.shape)).map { begin, extents in
            let from = begin < 0 ? begin + extents.0 : begin
            return (before: from, after: extents.0 - extents.1 - from)
          }
          return try gradient.surrounded(borders)
        }
        let end = try begin.apply("add", ["y": Tensor(integers: gradient.shape, dtype: begin.dtype, shape: [x.rank])])
        return try g.emitter.emit(
          "training_slice_gradient", ["gradient": gradient, "input_shape": x.shape, "begin": begin, "end": end])
      }
    }
  }
}

extension Crop {
  static var gradient: Gradient {
    .rule { g in
      let rank = try g.input("x").rank
      let (rows, columns) = (try g.call.knownIntegers("crop_height", count: 2), try g.call.knownIntegers("crop_width", count: 2))
      let borders = Array(repeating: (before: 0, after: 0), count: rank - 2) + [(rows[0], rows[1]), (columns[0], columns[1])]
      try g.give("x") { try g.gradient().surrounded(borders) }
    }
  }
}

extension BandPart {
  static var gradient: Gradient {
    .rule { g in
      guard try g.call.type("x").dtype.isDifferentiable else { return }
      try g.give("x") {
        try g.gradient().apply("band_part", ["lower": g.call.integer("lower"), "upper": g.call.integer("upper")])
      }
    }
  }
}

extension Pad {
  static var gradient: Gradient {
    .rule { g in
      let x = try g.input("x")
      let borders = try g.call.known(borders(g.call, rank: x.rank), "pad")
      let mode = try mode(g.call)
      if mode == .constant, g.wants("constant_val") { throw g.call.error("its constant_val has no gradient") }
      try g.give("x") {
        var gradient = try g.gradient()
        if mode == .constant {
          return try gradient.apply("slice_by_size", ["begin": borders.map(\.before), "size": x.shape])
        }
        // Padding by reflection or replication is a gather along each axis.
        for (axis, border) in borders.enumerated() where border.before > 0 || border.after > 0 {
          let extent = x.shape[axis]
          let picks = (-border.before..<extent + border.after).map { place -> Int in
            guard mode == .reflect else { return min(max(place, 0), extent - 1) }
            return place < 0 ? -place : place >= extent ? 2 * (extent - 1) - place : place
          }
          var shape = gradient.shape
          shape[axis] = extent
          gradient = try gradient.spread(over: picks, axis: axis, of: shape)
        }
        return gradient
      }
    }
  }
}
