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

/// A few rows times compressed weights, each straight from what is stored.
struct PackedProduct {
  private let product: MatrixVector
  private let touches: RowTouches
  private let count: Int
  private let rows: Int
  private let columns: Int

  /// Rows up to which decoding the weights costs more than it saves.
  static let mostRows = 4

  init(_ weight: PackedMatrix, bias: Buffer?, post: [FusedPostOperation], count: Int) {
    product = MatrixVector(.packed(weight), bias: bias?.floats(), rows: weight.rows, columns: weight.columns)
    touches = RowTouches(post, rows: count, columns: weight.rows)
    (self.count, rows, columns) = (count, weight.rows, weight.columns)
  }

  /// - Parameters: x: `[count, columns]`; y: `[count, rows]`, apart from x.
  func run(_ x: UnsafePointer<Float>, to y: UnsafeMutablePointer<Float>) {
    for r in 0..<count { product.run(x + r * columns, to: y + r * rows) }
    touches.run(y)
  }
}

/// Many rows times weights that are not 32-bit floats, a panel of them decoded at a time so that it stays in the
/// processor's cache.
struct PanelProduct {
  enum Weights {
    case half(Tensor)
    case packed(PackedMatrix)
  }

  private let weights: Weights
  private let rows: Int
  private let columns: Int
  private let bias: UnsafePointer<Float>?
  private let touches: RowTouches
  private let count: Int

  /// Floats of a panel: half of a usual second-level cache.
  private static let capacity = 131_072

  /// - Parameters: weights: `[rows, columns]`; count: rows of the other side.
  init(_ weights: Weights, bias: Buffer?, post: [FusedPostOperation], count: Int) {
    self.weights = weights
    switch weights {
    case .half(let tensor): (rows, columns) = (tensor.shape[0], tensor.shape[1])
    case .packed(let matrix): (rows, columns) = (matrix.rows, matrix.columns)
    }
    self.bias = bias.map { UnsafePointer($0.floats()) }
    self.count = count
    touches = RowTouches(post, rows: count, columns: rows)
  }

  /// - Parameters: x: `[count, columns]`; y: `[count, rows]`, apart from x.
  func run(_ x: UnsafePointer<Float>, to y: UnsafeMutablePointer<Float>) {
    // Whole groups of the rows that a product takes together.
    let width = max(16, Self.capacity / columns / 16 * 16)
    ParallelFor.run((rows + width - 1) / width, grain: 1) { range in
      let panel = UnsafeMutablePointer<Float>.allocate(capacity: width * columns)
      defer { panel.deallocate() }
      for index in range {
        let first = index * width
        let height = min(width, rows - first)
        decode(first..<first + height, to: panel)
        if wp_product_transposed(count, height, columns, x, panel, y + first, rows) { continue }
        for r in 0..<count { ck_gemv(y + r * rows + first, panel, x + r * columns, nil, height, columns) }
      }
    }
    if let bias { for r in 0..<count { ck_add(y + r * rows, y + r * rows, bias, rows) } }
    touches.run(y)
  }

  private func decode(_ range: Range<Int>, to panel: UnsafeMutablePointer<Float>) {
    switch weights {
    case .half(let tensor): ck_half_to_float(panel, tensor.halves + range.lowerBound * columns, range.count * columns)
    case .packed(let matrix): matrix.decode(range, to: panel)
    }
  }
}
