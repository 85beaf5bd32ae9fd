// SPDX-License-Identifier: Apache-2.0
// Branches and loops expanded without blocks, as far as their control flow is known.

import MIL
import Tensors

extension Cond {
  /// The branch taken, if the condition is known; otherwise both branches and a select.
  static let gradient = Gradient.expansion { call, emitter in
    let pred = TypedValue(try call.operand("pred"), in: emitter)
    if let taken = try call.bool("pred") { return try emitter.inline(call.operation.blocks[taken ? 0 : 1], []) }
    let branches = try call.operation.blocks.map { try emitter.inline($0, []) }
    return try zip(branches[0], branches[1]).map { a, b in
      guard a.shape == b.shape else { throw call.error("its branches return \(a.shape) and \(b.shape): a gradient requires equal shapes") }
      return try pred.reshaped(Array(repeating: 1, count: a.rank)).select(a, b)
    }
  }
}

extension WhileLoop {
  /// More iterations than this would give a plan too large to build in reasonable time.
  private static let mostTurns = 4096

  /// Unrolls iterations as long as the condition is known to hold.
  static let gradient = Gradient.expansion { call, emitter in
    var variables = call.list("loop_vars").map { TypedValue($0, in: emitter) }
    for _ in 0...mostTurns {
      guard let go = try emitter.inline(call.operation.blocks[0], variables).first?.operand.constant?.tensor?.integers().first else {
        throw call.error("its number of iterations is only known at run time, so it has no gradient")
      }
      if go == 0 { return variables }
      variables = try emitter.inline(call.operation.blocks[1], variables)
    }
    throw call.error("has more than \(mostTurns) iterations, the most that its gradient can unroll")
  }
}
