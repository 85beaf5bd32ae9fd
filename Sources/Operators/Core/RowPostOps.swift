// SPDX-License-Identifier: Apache-2.0
// Post-ops for Wane's own kernels, which do not use oneDNN primitives.

import Kernels

/// Post-ops as passes over rows that have just been computed.
struct RowPostOps {
  private let postOps: [FusedPostOperation]
  private let rows: Int
  private let columns: Int

  init(_ postOps: [FusedPostOperation], rows: Int, columns: Int) {
    self.postOps = postOps
    self.rows = rows
    self.columns = columns
  }

  func run(_ y: UnsafeMutablePointer<Float>) {
    for postOp in postOps {
      switch postOp.operation {
      case .unary(let function): Unary.run([function], y, to: y, count: rows * columns)
      case .binary(let function, _):
        guard let operand = postOp.operand else { continue }
        let (step, move) = (operand.count == 1 ? 0 : 1, operand.count == rows * columns ? columns : 0)
        for r in 0..<rows {
          Binary.apply(
            function, y + r * columns, 1, operand.floats() + r * move, step, to: y + r * columns, count: columns)
        }
      }
    }
  }
}
