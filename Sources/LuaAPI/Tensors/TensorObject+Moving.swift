// SPDX-License-Identifier: Apache-2.0
// Shifting and flipping of tensors, for augmentation of training data.

import LuaHost
import Tensors

extension TensorObject {
  static let moving: [LuaMethod] = [
    LuaMethod(
      "shift", "Shifted along an axis, filled with zeros.", Arg("axis", "which axis, from 0"),
      Arg("by", "number of positions; negative towards the front"),
      returns: "a Tensor", example: "print(wane.tensor{ 1, 2, 3 }:shift(0, 1):to_table()[1])  --> 0.0"
    ) { (t: TensorObject, axis: Int, by: Int) in
      try t.rearranged("shift", axis) { position, extent in
        let from = position - by
        return (0..<extent).contains(from) ? from : nil
      }
    },
    LuaMethod(
      "flip", "Mirrored along an axis.", Arg("axis", "which axis, from 0"), returns: "a Tensor",
      example: "print(wane.tensor{ 1, 2, 3 }:flip(0):to_table()[1])  --> 3.0"
    ) { (t: TensorObject, axis: Int) in try t.rearranged("flip", axis) { position, extent in extent - 1 - position } },
  ]

  /// Gathers elements along an axis from other positions, or zeros.
  private func rearranged(_ name: String, _ axis: Int, _ source: (_ position: Int, _ extent: Int) -> Int?) throws -> TensorObject {
    guard let a = tensor.shape.normalizedAxis(axis) else {
      throw LuaError(.usage, "\(name): axis \(axis) is outside a tensor of rank \(tensor.rank)")
    }
    let extent = tensor.shape[a]
    let outer = Shape(tensor.shape[..<a]).elementCount
    let run = Shape(tensor.shape[(a + 1)...]).elementCount * tensor.dtype.bits / 8
    var out = Tensor(zeros: tensor.dtype, tensor.shape)
    tensor.withBytes { from in
      out.withMutableBytes { to in
        guard let from = from.baseAddress, let to = to.baseAddress else { return }
        for o in 0..<outer {
          for position in 0..<extent {
            guard let other = source(position, extent) else { continue }
            (to + (o * extent + position) * run).copyMemory(from: from + (o * extent + other) * run, byteCount: run)
          }
        }
      }
    }
    return TensorObject(out)
  }
}
