// SPDX-License-Identifier: Apache-2.0
// Matrix-vector product with stored weights, divided among threads.

import CKernels

/// A prepared product `y = weights · x + bias`, where the weights are `[rows, columns]` in row-major order and are
/// not copied.
package struct MatrixVector {
  package enum Weights {
    case float(UnsafePointer<Float>)
    case half(UnsafePointer<UInt16>)
    case packed(PackedMatrix)
  }

  private let weights: Weights
  private let bias: UnsafePointer<Float>?
  private let rows: Int
  private let columns: Int

  /// The number of rows that the kernels process together.
  private static let group = 8
  /// The number of weights for which another thread is worthwhile (a few microseconds). Recurrent layers call this at
  /// every step, soon enough after the previous one that the other threads are still awake.
  private static let grain = 65_536

  package init(_ weights: Weights, bias: UnsafePointer<Float>?, rows: Int, columns: Int) {
    self.weights = weights
    self.bias = bias
    self.rows = rows
    self.columns = columns
  }

  /// - Parameters: x: `[columns]`; y: `[rows]`, which must not overlap x.
  package func run(_ x: UnsafePointer<Float>, to y: UnsafeMutablePointer<Float>) {
    let groups = (rows + Self.group - 1) / Self.group
    ParallelFor.run(groups, grain: max(1, Self.grain / (Self.group * max(columns, 1)))) { range in
      let first = range.lowerBound * Self.group
      let count = min(range.upperBound * Self.group, rows) - first
      switch weights {
      case .float(let w): ck_gemv(y + first, w + first * columns, x, bias.map { $0 + first }, count, columns)
      case .half(let w): ck_gemv_half(y + first, w + first * columns, x, bias.map { $0 + first }, count, columns)
      case .packed(let w): w.multiply(first..<first + count, x, to: y, bias: bias)
      }
    }
  }
}
