// SPDX-License-Identifier: Apache-2.0
// The scale with the least weighted squared error for given codes.

import Tensors

package enum ScaleRefit {
  /// The grid with scales refitted to the nearest codes: s = Σ h·w·q / Σ h·q² with q = code − zero, kept where the error
  /// falls. Zero points stay.
  ///
  /// - Parameters:
  ///   - importance: h of each column, for each group of rows.
  ///   - rule: rounds the scales.
  package static func refit(
    _ grid: AffineGrid, _ matrix: WeightMatrix, _ shape: GridShape, _ rule: CodeRule, importance: [[Float]]
  ) -> AffineGrid {
    var grid = grid
    let codes = grid.nearest(matrix.values)
    let height = matrix.rows / max(importance.count, 1)
    let ranges = shape.columnRanges
    for rows in shape.rowRanges {
      for (group, columns) in ranges.enumerated() {
        let at = rows.lowerBound * grid.groups + group
        let (scale, zero) = (grid.scales[at], grid.zeros[at])
        var (products, squares) = (0.0, 0.0)
        forEach(rows, columns, matrix, importance, height) { i, h in
          let q = Double(Float(codes[i]) - zero)
          products += h * Double(matrix.values[i]) * q
          squares += h * q * q
        }
        guard squares > 0, products > 0 else { continue }
        guard let fitted = rule.stored(Float(products / squares), zero: zero) else { continue }
        func error(_ scale: Float) -> Double {
          var sum = 0.0
          forEach(rows, columns, matrix, importance, height) { i, h in
            let code = min(max((matrix.values[i] / scale).rounded(.toNearestOrEven) + zero, 0), Float(rule.top))
            let difference = Double(matrix.values[i] - scale * (code - zero))
            sum += h * difference * difference
          }
          return sum
        }
        guard error(fitted) < error(scale) else { continue }
        for row in rows { grid.scales[row * grid.groups + group] = fitted }
      }
    }
    return grid
  }

  private static func forEach(
    _ rows: Range<Int>, _ columns: Range<Int>, _ matrix: WeightMatrix, _ importance: [[Float]], _ height: Int,
    _ body: (_ index: Int, _ importance: Double) -> Void
  ) {
    for row in rows {
      let h = importance[row / max(height, 1)]
      for column in columns { body(row * matrix.columns + column, Double(h[column])) }
    }
  }
}
