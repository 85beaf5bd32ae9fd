// SPDX-License-Identifier: Apache-2.0
// Products of rows with weights that are read as they are stored: one row straight, many rows by decoded panels.

import CKernels
import CPrimitives
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
final class PanelProduct {
  private let weights: Tensor
  private let panel: OwnedMemory
  private let columns: Int
  private let panelRows: Int
  /// For whole panels, and for the last one where it is shorter.
  private let whole: Primitive
  private let last: Primitive?
  private let bias: RowTouches?
  private let touches: RowTouches
  let scratchByteCount: Int

  /// Floats of a panel: half of a usual second-level cache.
  private static let capacity = 131_072

  /// - Parameters: x: `[count, columns]`; weight: `[rows, columns]` in fp16; y: `[count, rows]`.
  init(x: Buffer, weight: Tensor, bias: Buffer?, post: [FusedPostOperation], y: Buffer) throws {
    let (rows, columns) = (weight.shape[0], weight.shape[1])
    let count = y.count / rows
    weights = weight
    self.columns = columns
    panelRows = min(rows, max(16, Self.capacity / columns / 16 * 16))
    let memory = OwnedMemory(.allocate(capacity: panelRows * columns))
    panel = memory
    func product(_ width: Int) throws -> Primitive {
      let handle = withUnsafePointers(
        wp_tensor(shape: [count, columns]), wp_tensor(shape: [columns, width], strides: [1, columns]), nil,
        wp_tensor(shape: [count, width], strides: [rows, 1])
      ) { wp_matmul($0, $1, nil, $3, nil) }
      return try Primitive(
        "linear", handle, inputs: [UnsafeRawPointer(x.pointer), UnsafeRawPointer(memory.pointer)], outputs: [y.pointer])
    }
    whole = try product(panelRows)
    last = rows % panelRows == 0 ? nil : try product(rows % panelRows)
    scratchByteCount = max(whole.scratchByteCount, last?.scratchByteCount ?? 0)
    self.bias = bias.map {
      RowTouches([FusedPostOperation(operation: .binary(.add, operand: "bias"), operand: $0)], rows: count, columns: rows)
    }
    touches = RowTouches(post, rows: count, columns: rows)
  }

  func run(to y: UnsafeMutablePointer<Float>, scratch: UnsafeMutableRawPointer) throws {
    let (from, to, columns) = (weights.halves, panel.pointer, columns)
    for start in stride(from: 0, to: weights.shape[0], by: panelRows) {
      let rows = min(panelRows, weights.shape[0] - start)
      Chunks.forEachRow(of: rows, width: columns) { range in
        let first = range.lowerBound * columns
        ck_half_to_float(to + first, from + start * columns + first, range.count * columns)
      }
      try (rows == panelRows ? whole : last ?? whole).run(scratch: scratch, outputOffset: start * MemoryLayout<Float>.stride)
    }
    bias?.run(y)
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
