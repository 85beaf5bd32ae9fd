// SPDX-License-Identifier: Apache-2.0
// Fused touches for kernels of our own, which have no primitive to take them in.

import Kernels

/// Fused touches as passes over rows just computed.
struct RowTouches {
  private let touches: [FusedPostOperation]
  private let rows: Int
  private let columns: Int

  init(_ touches: [FusedPostOperation], rows: Int, columns: Int) {
    self.touches = touches
    self.rows = rows
    self.columns = columns
  }

  func run(_ y: UnsafeMutablePointer<Float>) {
    for touch in touches {
      switch touch.operation {
      case .unary(let function): Unary.run([function], y, to: y, count: rows * columns)
      case .binary(let function, _):
        guard let operand = touch.operand else { continue }
        let (step, move) = (operand.count == 1 ? 0 : 1, operand.count == rows * columns ? columns : 0)
        for r in 0..<rows {
          Binary.apply(
            function, y + r * columns, 1, operand.floats() + r * move, step, to: y + r * columns, count: columns)
        }
      }
    }
  }
}
