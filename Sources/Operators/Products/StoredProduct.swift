// SPDX-License-Identifier: Apache-2.0
// Products of rows with weights in their storage format: one row directly, many rows by decoded panels.

import CKernels
import CPrimitives
import Kernels
import Tensors

/// The product of one row with constant weights, followed by the post-ops.
struct RowProduct {
  private let product: MatrixVector
  private let postOps: RowPostOps
  /// Keeps the weights' memory alive.
  private let weights: Tensor?

  /// - Parameters:
  ///   - weight: `[rows, columns]`; fp16 is read directly.
  ///   - buffer: the weights in 32 bits, if the plan converted them.
  init(weight: Tensor, buffer: Buffer?, bias: Buffer?, post: [FusedPostOperation]) {
    let (rows, columns) = (weight.shape[0], weight.shape[1])
    let source = buffer.map { MatrixVector.Weights.float($0.floats()) } ?? .half(weight.halves)
    product = MatrixVector(source, bias: bias?.floats(), rows: rows, columns: columns)
    postOps = RowPostOps(post, rows: 1, columns: rows)
    weights = buffer == nil ? weight : nil
  }

  func run(_ x: UnsafePointer<Float>, to y: UnsafeMutablePointer<Float>) {
    product.run(x, to: y)
    postOps.run(y)
  }
}

/// The product of a few rows with compressed weights, each read directly from storage.
struct PackedProduct {
  private let product: MatrixVector
  private let postOps: RowPostOps
  private let count: Int
  private let rows: Int
  private let columns: Int

  /// With at most this many rows, decoding the weights costs more than it saves.
  static let mostRows = 4

  init(_ weight: PackedMatrix, bias: Buffer?, post: [FusedPostOperation], count: Int) {
    product = MatrixVector(.packed(weight), bias: bias?.floats(), rows: weight.rows, columns: weight.columns)
    postOps = RowPostOps(post, rows: count, columns: weight.rows)
    (self.count, rows, columns) = (count, weight.rows, weight.columns)
  }

  /// - Parameters: x: `[count, columns]`; y: `[count, rows]`, not overlapping x.
  func run(_ x: UnsafePointer<Float>, to y: UnsafeMutablePointer<Float>) {
    for r in 0..<count { product.run(x + r * columns, to: y + r * rows) }
    postOps.run(y)
  }
}

/// The product of many rows with weights that are not 32-bit floats, decoded panel by panel so that a panel stays in
/// the cache.
struct PanelProduct {
  enum Weights {
    case half(Tensor)
    case packed(PackedMatrix)
  }

  private let weights: Weights
  private let rows: Int
  private let columns: Int
  private let bias: UnsafePointer<Float>?
  private let postOps: RowPostOps
  private let count: Int
  /// Rows of weights in a panel: a multiple of the row group that a product processes at once.
  private let width: Int
  /// The maximum number of threads, each with a separate decoded panel.
  private let lanes: Int

  /// Floats per panel: half of a typical L2 cache.
  private static let capacity = 131_072

  /// - Parameters: weights: `[rows, columns]`; count: rows of the other operand.
  init(_ weights: Weights, bias: Buffer?, post: [FusedPostOperation], count: Int) {
    self.weights = weights
    switch weights {
    case .half(let tensor): (rows, columns) = (tensor.shape[0], tensor.shape[1])
    case .packed(let matrix): (rows, columns) = (matrix.rows, matrix.columns)
    }
    self.bias = bias.map { UnsafePointer($0.floats()) }
    self.count = count
    postOps = RowPostOps(post, rows: count, columns: rows)
    width = max(16, Self.capacity / columns / 16 * 16)
    lanes = max(1, min((rows + width - 1) / width, Parallel.threads))
  }

  /// Bytes of scratch memory, aligned to 64, that `run` needs.
  var scratchByteCount: Int { lanes * width * columns * MemoryLayout<Float>.size }

  /// - Parameters: x: `[count, columns]`; y: `[count, rows]`, not overlapping x.
  func run(_ x: UnsafePointer<Float>, to y: UnsafeMutablePointer<Float>, scratch: UnsafeMutableRawPointer) {
    let panels = scratch.assumingMemoryBound(to: Float.self)
    Parallel.forEach((rows + width - 1) / width, lanes: lanes) { index, lane in
      let (panel, first) = (panels + lane * width * columns, index * width)
      let height = min(width, rows - first)
      decode(first..<first + height, to: panel)
      if wp_product_transposed(count, height, columns, x, panel, y + first, rows) { return }
      for r in 0..<count { ck_gemv(y + r * rows + first, panel, x + r * columns, nil, height, columns) }
    }
    if let bias { for r in 0..<count { ck_add(y + r * rows, y + r * rows, bias, rows) } }
    postOps.run(y)
  }

  private func decode(_ range: Range<Int>, to panel: UnsafeMutablePointer<Float>) {
    switch weights {
    case .half(let tensor): ck_half_to_float(panel, tensor.halves + range.lowerBound * columns, range.count * columns)
    case .packed(let matrix): matrix.decode(range, to: panel)
    }
  }
}
