// SPDX-License-Identifier: Apache-2.0
// The error of a layer's output that a change of its weight causes, from second moments.

import Foundation
import Tensors

package enum OutputError {
  /// For each row r of a matrix D, (D H Dᵀ)ᵣᵣ with the mean second moments H: the mean square of that output.
  ///
  /// - Parameter matrix: `rows × moments.size`, row-major.
  package static func ofRows(_ matrix: [Float], _ moments: SecondMoments) -> [Double] {
    let size = moments.size
    guard size > 0 else { return [] }
    let rows = matrix.count / size
    var matrix = matrix
    var sums = moments.sums
    var products = [Float](repeating: 0, count: matrix.count)
    products.withUnsafeMutableBufferPointer { products in
      matrix.withUnsafeMutableBufferPointer { matrix in
        sums.withUnsafeMutableBufferPointer { sums in
          guard let d = matrix.baseAddress, let h = sums.baseAddress, let p = products.baseAddress else { return }
          MatrixProduct.add(
            MatrixPart(d, row: size), MatrixPart(h, row: size), to: MatrixPart(p, row: size), rows: rows, columns: size, depth: size)
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
