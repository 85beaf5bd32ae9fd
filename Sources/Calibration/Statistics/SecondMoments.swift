// SPDX-License-Identifier: Apache-2.0
// The sum of x xᵀ over the positions of a value.

import Tensors

/// Second moments of vectors: Σ x xᵀ and the number of vectors.
package struct SecondMoments: Sendable, Equatable {
  /// Elements of a vector.
  package let size: Int
  /// Symmetric, row-major.
  package private(set) var sums: [Float]
  /// Number of vectors.
  package private(set) var count: Double

  package init(size: Int) {
    self.size = size
    sums = [Float](repeating: 0, count: size * size)
    count = 0
  }

  /// - Precondition: `sums` is symmetric and has `size²` elements.
  package init(size: Int, sums: [Float], count: Double) {
    precondition(sums.count == size * size, "\(sums.count) sums for \(size) elements")
    self.size = size
    self.sums = sums
    self.count = count
  }

  /// E[xⱼ²].
  package var diagonal: [Double] { (0..<size).map { Double(sums[$0 * size + $0]) / max(count, 1) } }

  /// The mean of x xᵀ, row-major.
  package var mean: [Float] {
    let scale = Float(1 / max(count, 1))
    return sums.map { $0 * scale }
  }

  /// Adds vectors, which are the rows of a matrix.
  ///
  /// - Parameter rows: `count × size`, row-major. Only the upper triangle is computed until `completeSymmetry`.
  mutating func addUpper(_ rows: UnsafeBufferPointer<Float>, count rowCount: Int) {
    precondition(rows.count >= rowCount * size, "\(rows.count) elements for \(rowCount) rows of \(size)")
    guard rowCount > 0, let base = rows.baseAddress else { return }
    let x = MatrixPart(UnsafeMutablePointer(mutating: base), row: size)
    sums.withUnsafeMutableBufferPointer { sums in
      guard let sums = sums.baseAddress else { return }
      MatrixProduct.add(
        x.transposed, x, to: MatrixPart(sums, row: size), rows: size, columns: size, depth: rowCount, upper: true)
    }
    count += Double(rowCount)
  }

  /// Copies the upper triangle to the lower one.
  mutating func completeSymmetry() {
    for i in 0..<size { for j in 0..<i { sums[i * size + j] = sums[j * size + i] } }
  }

  /// Adds vectors, which are the rows of a matrix.
  package mutating func add(_ rows: [Float]) {
    rows.withUnsafeBufferPointer { addUpper($0, count: size == 0 ? 0 : rows.count / size) }
    completeSymmetry()
  }

  /// Adds the vectors of other statistics.
  ///
  /// - Throws: `CalibrationError.sizes`.
  package mutating func merge(_ other: SecondMoments) throws(CalibrationError) {
    guard other.size == size else { throw .sizes(found: other.size, expected: size) }
    for i in sums.indices { sums[i] += other.sums[i] }
    count += other.count
  }
}
