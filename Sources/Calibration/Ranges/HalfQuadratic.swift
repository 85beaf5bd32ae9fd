// SPDX-License-Identifier: Apache-2.0
// HQQ (Badri and Shaji 2023): real zero points by half-quadratic splitting, without data.

import Foundation
import Tensors

package enum HalfQuadratic {
  /// The largest number of rounds.
  private static let rounds = 20

  /// The grid with real zero points that make large errors rare (the p-norm of the error with p = 0.7). Scales are
  /// those of the range from smallest to largest.
  package static func grid(_ matrix: WeightMatrix, _ shape: GridShape, _ rule: CodeRule) -> AffineGrid {
    let start = Ranges.minMax(matrix, shape, rule)
    let (rowRanges, columnRanges) = (shape.rowRanges, shape.columnRanges)
    let cells = Parallel.map(shape.sets) { set in
      columnRanges.enumerated().map { group, columns -> (scale: Float, zero: Float) in
        let at = rowRanges[set].lowerBound * start.groups + group
        let values = rowRanges[set].flatMap { row in
          Array(matrix.values[row * matrix.columns + columns.lowerBound..<row * matrix.columns + columns.upperBound])
        }
        return (start.scales[at], zero(values, start.scales[at], start.zeros[at], Float(rule.top), rule.dtype))
      }
    }
    return shape.grid(top: rule.top, cells.flatMap { $0 })
  }

  private static func zero(_ values: [Float], _ scale: Float, _ start: Float, _ top: Float, _ dtype: DType) -> Float {
    func rounded(_ zero: Float) -> Float { Tensor([zero]).cast(to: dtype).floats()[0] }
    var zero = rounded(start)
    var best = (zero: zero, error: Float.infinity)
    var beta: Float = 10
    for _ in 0..<rounds {
      var (error, sum) = (Float(0), Double(0))
      for value in values {
        let code = min(max((value / scale + zero).rounded(.toNearestOrEven), 0), top)
        let difference = value - scale * (code - zero)
        let size = abs(difference)
        error += size
        // The proximal step of the p-norm.
        let shrunk = size > 0 ? max(size - powf(size, 0.7 - 1) / beta, 0) : 0
        sum += Double(code - (value - (difference < 0 ? -shrunk : shrunk)) / scale)
      }
      guard error < best.error else { break }
      best = (zero, error)
      zero = rounded(Float(sum / Double(max(values.count, 1))))
      beta *= 1.01
    }
    return best.zero
  }
}
