// SPDX-License-Identifier: Apache-2.0
// The affine codes of a matrix: one scale and zero point for each row and group of columns.

import Tensors

/// Codes 0…top with `w ≈ scale · (code − zero)`.
package struct AffineGrid: Sendable, Equatable {
  /// Element (row, group) at `row · groups + group`; positive.
  package var scales: [Float]
  /// Zero points, as codes.
  package var zeros: [Float]
  /// The largest code.
  package let top: Int
  /// The group of each column.
  package let groupOfColumn: [Int32]
  package let groups: Int

  package init(scales: [Float], zeros: [Float], top: Int, groupOfColumn: [Int32], groups: Int) {
    precondition(scales.count == zeros.count && scales.count % max(groups, 1) == 0, "\(scales.count) scales for \(groups) groups")
    self.scales = scales
    self.zeros = zeros
    self.top = top
    self.groupOfColumn = groupOfColumn
    self.groups = groups
  }

  package var rows: Int { scales.count / max(groups, 1) }

  /// The grid of some rows.
  package func rows(_ range: Range<Int>) -> AffineGrid {
    let part = range.lowerBound * groups..<range.upperBound * groups
    return AffineGrid(
      scales: Array(scales[part]), zeros: Array(zeros[part]), top: top, groupOfColumn: groupOfColumn, groups: groups)
  }

  /// The code of an element: round(w / scale) + zero, half to even, clamped; for zero points that are not whole
  /// numbers round(w / scale + zero).
  package func code(_ value: Float, row: Int, column: Int) -> UInt8 {
    let at = row * groups + Int(groupOfColumn[column])
    let zero = zeros[at]
    let place = value / scales[at]
    let isWhole = zero == zero.rounded(.towardZero)
    let code = isWhole ? place.rounded(.toNearestOrEven) + zero : (place + zero).rounded(.toNearestOrEven)
    // Also 0 for a place that is no number.
    return code > 0 ? UInt8(min(code, Float(top))) : 0
  }

  package func value(_ code: UInt8, row: Int, column: Int) -> Float {
    let at = row * groups + Int(groupOfColumn[column])
    return scales[at] * (Float(code) - zeros[at])
  }

  /// The nearest codes of a matrix, row-major.
  package func nearest(_ values: [Float]) -> [UInt8] {
    let columns = groupOfColumn.count
    return [UInt8](unsafeUninitializedCapacity: values.count) { codes, filled in
      filled = values.count
      nonisolated(unsafe) let codes = codes
      Parallel.forEach(rows) { row in
        for column in 0..<columns {
          codes[row * columns + column] = code(values[row * columns + column], row: row, column: column)
        }
      }
    }
  }

  /// The values of codes, row-major.
  package func decoded(_ codes: [UInt8]) -> [Float] {
    let columns = groupOfColumn.count
    return codes.indices.map { value(codes[$0], row: $0 / columns, column: $0 % columns) }
  }
}
