// SPDX-License-Identifier: Apache-2.0
// Products of rows with weights that are read as they are stored: one row straight, many rows by decoded panels.

import CKernels
import Kernels
import Tensors

/// One row times constant weights, then the fused touches.
struct RowProduct {
  private let product: MatrixVector
  private let touches: RowTouches
  /// Keeps the weights where they are.
  private let weights: Tensor?

  /// - Parameters:
  ///   - weight: `[rows, columns]`; fp16 is read as it is.
  ///   - buffer: the weights in 32 bits, where the plan made them.
  init(weight: Tensor, buffer: Buffer?, bias: Buffer?, post: [FusedPostOperation]) {
    let (rows, columns) = (weight.shape[0], weight.shape[1])
    let source = buffer.map { MatrixVector.Weights.float($0.floats()) } ?? .half(weight.halves)
    product = MatrixVector(source, bias: bias?.floats(), rows: rows, columns: columns)
    touches = RowTouches(post, rows: 1, columns: rows)
    weights = buffer == nil ? weight : nil
  }

  func run(_ x: UnsafePointer<Float>, to y: UnsafeMutablePointer<Float>) {
    product.run(x, to: y)
    touches.run(y)
  }
}

/// Many rows times fp16 weights, a panel of them decoded at a time so that it stays in the processor's cache.
struct PanelProduct {
  private let weights: Tensor
  private let bias: UnsafePointer<Float>?
  private let touches: RowTouches
  private let count: Int

  /// Floats of a panel: half of a usual second-level cache.
  private static let capacity = 131_072

  /// - Parameters: weight: `[rows, columns]` in fp16; count: rows of the other side.
  init(weight: Tensor, bias: Buffer?, post: [FusedPostOperation], count: Int) {
    weights = weight
    self.bias = bias.map { UnsafePointer($0.floats()) }
    self.count = count
    touches = RowTouches(post, rows: count, columns: weight.shape[0])
  }

  /// - Parameters: x: `[count, columns]`; y: `[count, rows]`, apart from x.
  func run(_ x: UnsafePointer<Float>, to y: UnsafeMutablePointer<Float>) {
    let (rows, columns) = (weights.shape[0], weights.shape[1])
    // Whole groups of the eight rows that the loop takes together.
    let width = max(8, Self.capacity / columns / 8 * 8)
    let halves = weights.halves
    ParallelFor.run((rows + width - 1) / width, grain: 1) { range in
      let panel = UnsafeMutablePointer<Float>.allocate(capacity: width * columns)
      defer { panel.deallocate() }
      for index in range {
        let first = index * width
        let height = min(width, rows - first)
        ck_half_to_float(panel, halves + first * columns, height * columns)
        for r in 0..<count {
          ck_gemv(y + r * rows + first, panel, x + r * columns, bias.map { $0 + first }, height, columns)
        }
      }
    }
    touches.run(y)
  }
}

/// Fused touches as passes over rows just computed.
private struct RowTouches {
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
