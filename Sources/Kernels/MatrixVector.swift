// SPDX-License-Identifier: Apache-2.0
// Matrix-vector product with stored weights, divided among threads.

import CKernels
import Tensors

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
  /// Weights of a slice: some microseconds. Recurrent layers come here at every step, soon enough after the last to find the other
  /// threads awake.
  private static let grain = 65_536
  private static let mostSlices = 32

  package init(_ weights: Weights, bias: UnsafePointer<Float>?, rows: Int, columns: Int) {
    self.weights = weights
    self.bias = bias
    self.rows = rows
    self.columns = columns
  }

  /// - Parameters: x: `[columns]`; y: `[rows]`, which must not overlap x.
  package func run(_ x: UnsafePointer<Float>, to y: UnsafeMutablePointer<Float>) {
    let groups = (rows + Self.group - 1) / Self.group
    let slices = Slices.ranges(of: groups, parts: min(rows * columns / Self.grain, Self.mostSlices))
    Parallel.forEach(slices.count) { slice in
      let first = slices[slice].lowerBound * Self.group
      let count = min(slices[slice].upperBound * Self.group, rows) - first
      switch weights {
      case .float(let w): ck_gemv(y + first, w + first * columns, x, bias.map { $0 + first }, count, columns)
      case .half(let w): ck_gemv_half(y + first, w + first * columns, x, bias.map { $0 + first }, count, columns)
      case .packed(let w): w.multiply(first..<first + count, x, to: y, bias: bias)
      }
    }
  }
}
