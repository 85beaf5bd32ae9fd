// SPDX-License-Identifier: Apache-2.0
// Shifting of tensors, for augmentation of training data.

import Algebra
import LuaHost
import Tensors

extension TensorObject {
  static let moving: [LuaMethod] = [
    LuaMethod(
      "shift", "Shifted along an axis, filled with zeros.", Arg("axis", "which axis, from 0"),
      Arg("by", "number of positions; negative towards the front"),
      returns: "a Tensor", example: "print(wane.tensor{ 1, 2, 3 }:shift(0, 1):to_table()[1])  --> 0.0"
    ) { (t: TensorObject, axis: Int, by: Int) in try EagerScope.tensor { try t.tensor.shifted(axis, by) } }
  ]
}
