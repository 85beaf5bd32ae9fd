// SPDX-License-Identifier: Apache-2.0
// One divided by a square root becomes the reciprocal square root.

import MIL
import Tensors

enum FusedReciprocalRoot {
  static func run(_ function: inout Function) -> Bool {
    let m = Matcher(function)
    var removed: Set<Int> = []
    for (i, division) in m.operations.enumerated() where division.type == "real_div" {
      guard m.number(division, "x") == 1, let name = division.operand("y"), let (index, root) = m.maker(name, "sqrt"),
        m.onlyReader(name) != nil, let source = root.operand("x"), let type = division.outputs[0].type.tensorType,
        type.dimensions == root.outputs[0].type.tensorType?.dimensions
      else { continue }
      let epsilon = Constant(Tensor(scalar: Float(0)).cast(to: type.dtype))
      function.block.operations[i] = .replacing(division, "rsqrt", [Argument("epsilon", epsilon), Argument("x", source)])
      removed.insert(index)
    }
    guard !removed.isEmpty else { return false }
    function.block.operations = function.block.operations.enumerated().filter { !removed.contains($0.offset) }.map(\.element)
    return true
  }
}
