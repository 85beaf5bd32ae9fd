// SPDX-License-Identifier: Apache-2.0
// The error of a layer's output that a change of its weight causes, from second moments.

import Foundation
import Tensors

package enum OutputError {
  /// Columns of a block of the second moments.
  private static let block = 256

  /// For each row r of a matrix D, (D H Dᵀ)ᵣᵣ with the mean second moments H: the mean square of that output.
  ///
  /// H is symmetric: blocks above its diagonal count twice, and those below are not read.
  ///
  /// - Parameter matrix: `rows × moments.size`, row-major.
  package static func ofRows(_ matrix: [Float], _ moments: SecondMoments) -> [Double] {
    let size = moments.size
    guard size > 0 else { return [] }
    let rows = matrix.count / size
    var products = [Float](repeating: 0, count: matrix.count)
    products.withUnsafeMutableBufferPointer { products in
      matrix.withUnsafeBufferPointer { matrix in
        moments.sums.withUnsafeBufferPointer { sums in
          guard let matrix = matrix.baseAddress, let sums = sums.baseAddress, let p = products.baseAddress else { return }
          // Read only.
          let d = MatrixPart(UnsafeMutablePointer(mutating: matrix), row: size)
          let h = MatrixPart(UnsafeMutablePointer(mutating: sums), row: size)
          let product = MatrixPart(p, row: size)
          for start in stride(from: 0, to: size, by: block) {
            let width = min(block, size - start)
            MatrixProduct.add(d, h.from(0, start), to: product.from(0, start), rows: rows, columns: width, depth: start)
            for row in 0..<rows where start > 0 { for j in start..<start + width { p[row * size + j] *= 2 } }
            MatrixProduct.add(
              d.from(0, start), h.from(start, start), to: product.from(0, start), rows: rows, columns: width, depth: width)
          }
        }
      }
    }
    return (0..<rows).map { row in
      var sum = 0.0
      for i in row * size..<(row + 1) * size { sum += Double(matrix[i]) * Double(products[i]) }
      return max(sum, 0) / max(moments.count, 1)
    }
  }

  /// The signal-to-noise ratio of the output in decibels: tr(W H Wᵀ) against tr(ΔW H ΔWᵀ); infinite without error.
  ///
  /// - Parameters:
  ///   - moments: one for each group of rows.
  package static func decibels(_ weight: [Float], _ rounded: [Float], _ moments: [SecondMoments]) -> Double {
    let factor = BinaryScale(weight)
    var (signal, noise) = (0.0, 0.0)
    let part = weight.count / max(moments.count, 1)
    for (group, moments) in moments.enumerated() {
      let range = group * part..<(group + 1) * part
      let difference = range.map { factor.scaled(weight[$0]) - factor.scaled(rounded[$0]) }
      noise += ofRows(difference, moments).reduce(0, +)
      signal += ofRows(factor.scaled(Array(weight[range])), moments).reduce(0, +)
    }
    guard noise > 0 else { return .infinity }
    return signal > 0 ? 10 * log10(signal / noise) : -.infinity
  }
}
