// SPDX-License-Identifier: Apache-2.0
// The range of each cell: from smallest to largest, or with the least weighted squared error.

import CMatrices
import Tensors

package enum Ranges {
  /// From the smallest to the largest element of each cell.
  package static func minMax(_ matrix: WeightMatrix, _ shape: GridShape, _ rule: CodeRule) -> AffineGrid {
    shape.grid(top: rule.top, bounds(matrix, shape).map { rule.cell(low: $0.low, high: $0.high) })
  }

  /// The range of each cell, scaled by 1, 0.975, … 0.25, with the least Σ h · (w − ŵ)².
  ///
  /// - Parameter importance: h of each column, for each group of rows (the groups of a convolution); `nil` for 1.
  package static func leastSquares(
    _ matrix: WeightMatrix, _ shape: GridShape, _ rule: CodeRule, importance: [[Float]]? = nil
  ) -> AffineGrid {
    let bounds = bounds(matrix, shape)
    let (rowRanges, columnRanges) = (shape.rowRanges, shape.columnRanges)
    let height = matrix.rows / max(importance?.count ?? 1, 1)
    let cells = matrix.values.withUnsafeBufferPointer { values in
      nonisolated(unsafe) let values = values
      return Parallel.map(shape.sets) { set in
        (0..<shape.groups).map { group in
          let bound = bounds[set * shape.groups + group]
          var best: (scale: Float, zero: Float) = rule.cell(low: bound.low, high: bound.high)
          var least = Double.infinity
          for step in 0...30 {
            let factor = 1 - Float(step) * 0.025
            let cell = rule.cell(low: bound.low * factor, high: bound.high * factor)
            var error = 0.0
            for row in rowRanges[set] {
              let columns = columnRanges[group]
              error += Self.error(
                values, row * matrix.columns + columns.lowerBound, importance?[row / max(height, 1)], columns, cell, Float(rule.top))
            }
            if error < least { (least, best) = (error, cell) }
          }
          return best
        }
      }
    }
    return shape.grid(top: rule.top, cells.flatMap { $0 })
  }

  private static func error(
    _ values: UnsafeBufferPointer<Float>, _ start: Int, _ importance: [Float]?, _ columns: Range<Int>,
    _ cell: (scale: Float, zero: Float), _ top: Float
  ) -> Double {
    guard let base = values.baseAddress else { return 0 }
    guard let importance else { return cm_affine_error(base + start, nil, columns.count, cell.scale, cell.zero, top) }
    return importance.withUnsafeBufferPointer {
      cm_affine_error(base + start, $0.baseAddress.map { $0 + columns.lowerBound }, columns.count, cell.scale, cell.zero, top)
    }
  }

  /// The smallest and largest element of each cell (set, group).
  static func bounds(_ matrix: WeightMatrix, _ shape: GridShape) -> [(low: Float, high: Float)] {
    var bounds = [(low: Float, high: Float)](repeating: (.infinity, -.infinity), count: shape.sets * shape.groups)
    let ranges = shape.columnRanges
    for row in 0..<matrix.rows {
      for (group, columns) in ranges.enumerated() {
        let at = shape.setOfRow[row] * shape.groups + group
        var (low, high) = bounds[at]
        for i in row * matrix.columns + columns.lowerBound..<row * matrix.columns + columns.upperBound {
          low = min(low, matrix.values[i])
          high = max(high, matrix.values[i])
        }
        bounds[at] = (low, high)
      }
    }
    return bounds
  }
}
