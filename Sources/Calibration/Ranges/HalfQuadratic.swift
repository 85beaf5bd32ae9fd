// SPDX-License-Identifier: Apache-2.0
// HQQ (Badri and Shaji 2023): real zero points by half-quadratic splitting, without data.

import Foundation
import Tensors
import WeightArithmetic

package enum HalfQuadratic {
  /// The largest number of rounds.
  private static let rounds = 20

  /// The grid with real zero points that make large errors rare (the p-norm of the error with p = 0.7). Scales are
  /// those of the range from smallest to largest.
  ///
  /// Errors are measured in units of the scale, so that the result does not depend on the magnitude of the weight.
  ///
  /// - Parameter shift: what is subtracted from codes and zero points before they are stored, 0 for unsigned codes.
  package static func grid(_ matrix: WeightMatrix, _ shape: GridShape, _ rule: CodeRule, shift: Int = 0) -> AffineGrid {
    let start = Ranges.minMax(matrix, shape, rule)
    let (rowRanges, columnRanges) = (shape.rowRanges, shape.columnRanges)
    let cells = Parallel.map(shape.sets) { set in
      columnRanges.enumerated().map { group, columns -> (scale: Float, zero: Float) in
        let at = rowRanges[set].lowerBound * start.groups + group
        let scale = start.scales[at]
        let places = rowRanges[set].flatMap { row in
          matrix.values[row * matrix.columns + columns.lowerBound..<row * matrix.columns + columns.upperBound].map { $0 / scale }
        }
        return (scale, zero(places, scale, start.zeros[at], rule, Float(shift)))
      }
    }
    return shape.grid(top: rule.top, cells.flatMap { $0 })
  }

  /// - Parameter places: elements in units of the scale.
  private static func zero(_ places: [Float], _ scale: Float, _ start: Float, _ rule: CodeRule, _ shift: Float) -> Float {
    let top = Float(rule.top)
    var zero = start
    var best = (zero: zero, error: Float.infinity)
    var beta: Float = 10
    for _ in 0..<rounds {
      var (error, sum) = (Float(0), Double(0))
      for place in places {
        let code = min(max((place + zero).rounded(.toNearestOrEven), 0), top)
        let difference = place - (code - zero)
        let size = abs(difference)
        error += size
        // The proximal step of the p-norm.
        let shrunk = size > 0 ? max(size - powf(size, 0.7 - 1) / beta, 0) : 0
        sum += Double(code - (place - (difference < 0 ? -shrunk : shrunk)))
      }
      guard error < best.error else { break }
      if rule.stored(scale, zero: zero) != nil { best = (zero, error) }
      zero = rule.precision.round(Float(sum / Double(max(places.count, 1))) - shift) + shift
      beta *= 1.01
    }
    return best.zero
  }
}
