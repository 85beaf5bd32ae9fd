// SPDX-License-Identifier: Apache-2.0
// Recognizes a value times its sigmoid.

import MIL
import Tensors

enum FusedSilu {
  static func run(_ function: inout Function) -> Bool {
    let m = Matcher(function)
    var changed = false
    for (i, operation) in m.operations.enumerated() where operation.type == "mul" {
      guard let x = operation.operand("x"), let y = operation.operand("y") else { continue }
      let isSwapped = m.maker(x, "sigmoid")?.operation.operand("x") == y
      guard isSwapped || m.maker(y, "sigmoid")?.operation.operand("x") == x else { continue }
      function.block.operations[i] = .replacing(operation, "silu", [Argument("x", isSwapped ? y : x)])
      changed = true
    }
    return changed
  }
}
