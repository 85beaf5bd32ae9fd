// SPDX-License-Identifier: Apache-2.0
// Wanda (Sun et al. 2023): pruning by |w| · sqrt(E[x²]) within each row, without correction.

import Foundation
import Tensors

package enum Wanda {
  /// The mask of kept elements, row-major: 1 for kept.
  ///
  /// - Parameters:
  ///   - diagonals: E[xⱼ²] of each group of rows.
  ///   - pattern: `fraction` of each row, or `structured`.
  package static func mask(_ matrix: WeightMatrix, _ diagonals: [[Double]], _ pattern: ZeroPattern) -> [UInt8] {
    var mask = [UInt8](repeating: 1, count: matrix.values.count)
    let height = matrix.rows / max(diagonals.count, 1)
    let columns = matrix.columns
    mask.withUnsafeMutableBufferPointer { mask in
      nonisolated(unsafe) let mask = mask
      Parallel.forEach(matrix.rows) { row in
        let norms = diagonals[row / max(height, 1)]
        let scores = (0..<columns).map { abs(Double(matrix.values[row * columns + $0])) * norms[$0].squareRoot() }
        func zero(_ count: Int, of range: Range<Int>) {
          let ascending = range.sorted { (scores[$0], $0) < (scores[$1], $1) }
          for column in ascending.prefix(count) { mask[row * columns + column] = 0 }
        }
        switch pattern {
        case .fraction(let fraction): zero(Int((Double(columns) * fraction).rounded()), of: 0..<columns)
        case .structured(let zeros, let every):
          for start in stride(from: 0, to: columns - every + 1, by: every) { zero(zeros, of: start..<start + every) }
        case .mask(let given): for column in 0..<columns { mask[row * columns + column] = given[row * columns + column] }
        case .none: break
        }
      }
    }
    return mask
  }
}
