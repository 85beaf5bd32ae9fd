// SPDX-License-Identifier: Apache-2.0
// Gradients of pixel rearrangements: the inverse rearrangements.

import MIL
import Tensors

extension TypedValue {
  /// Axes are split, permuted and merged again.
  fileprivate func rearranged(_ split: Shape, _ perm: [Int], _ joined: Shape) throws -> TypedValue {
    try reshaped(split).transposed(perm).reshaped(joined)
  }
}

/// For a rule that computes the gradient of x: x's shape, the gradient, and the block size.
private func move(_ parameter: String, _ back: @escaping @Sendable (TypedValue, Shape, Int) throws -> TypedValue) -> Gradient {
  .rule { g in
    let (shape, size) = (try g.input("x").shape, try g.call.knownInteger(parameter, atLeast: 1))
    try g.give("x") { try back(g.gradient(), shape, size) }
  }
}

extension DepthToSpace {
  static let gradient = move("block_size") { gradient, x, b in
    try gradient.rearranged([x[0], x[1] / (b * b), x[2], b, x[3], b], [0, 3, 5, 1, 2, 4], x)
  }
}

extension SpaceToDepth {
  static let gradient = move("block_size") { gradient, x, b in
    try gradient.rearranged([x[0], b, b, x[1], x[2] / b, x[3] / b], [0, 3, 4, 1, 5, 2], x)
  }
}

extension PixelShuffle {
  static let gradient = move("upscale_factor") { gradient, x, b in
    try gradient.rearranged([x[0], x[1] / (b * b), x[2], b, x[3], b], [0, 1, 3, 5, 2, 4], x)
  }
}

extension PixelUnshuffle {
  static let gradient = move("downscale_factor") { gradient, x, b in
    try gradient.rearranged([x[0], x[1], b, b, x[2] / b, x[3] / b], [0, 1, 4, 2, 5, 3], x)
  }
}

extension SpaceToBatch {
  static let gradient = Gradient.rule { g in
    try g.give("x") {
      try g.gradient().apply("batch_to_space", ["block_shape": g.input("block_shape"), "crops": g.input("paddings")])
    }
  }
}

extension BatchToSpace {
  static let gradient = Gradient.rule { g in
    try g.give("x") {
      try g.gradient().apply("space_to_batch", ["block_shape": g.input("block_shape"), "paddings": g.input("crops")])
    }
  }
}

extension Reverse {
  static let gradient = Gradient.rule { g in
    guard try g.call.type("x").dtype.isFloat else { return }
    try g.give("x") { try g.gradient().apply("reverse", ["axes": g.optionalInput("axes")]) }
  }
}

extension ReverseSequence {
  static let gradient = Gradient.rule { g in
    guard try g.call.type("x").dtype.isFloat else { return }
    try g.give("x") {
      try g.gradient().apply(
        "reverse_sequence",
        ["lengths": g.input("lengths"), "seq_axis": g.call.integer("seq_axis"), "batch_axis": g.call.integer("batch_axis")])
    }
  }
}

extension SlidingWindows {
  static let gradient = Gradient.rule { g in
    guard try g.call.type("x").dtype.isFloat else { return }
    let x = try g.input("x")
    let axis = try g.call.knownAxis("axis", rank: x.rank)
    let size = try g.call.knownInteger("size", atLeast: 1)
    let step = try g.call.knownInteger("stride", atLeast: 1)
    try g.give("x") {
      let gradient = try g.gradient()
      let picks = (0..<gradient.shape[axis]).flatMap { window in (0..<size).map { window * step + $0 } }
      return try gradient.spread(
        over: Tensor(integers: picks, dtype: .int32, shape: [gradient.shape[axis], size]), axis: axis, of: x.shape)
    }
  }
}
