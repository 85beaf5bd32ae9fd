// SPDX-License-Identifier: Apache-2.0
// Which elements of a matrix share a scale.

import Encodings
import Tensors

/// The partition of a matrix into cells with one scale each: sets of adjacent rows times groups of adjacent columns.
package struct GridShape: Sendable, Equatable {
  /// The set of each row, ascending from 0.
  package let setOfRow: [Int]
  /// The group of each column, ascending from 0.
  package let groupOfColumn: [Int32]
  package let sets: Int
  package let groups: Int

  package init(setOfRow: [Int], groupOfColumn: [Int32]) {
    self.setOfRow = setOfRow
    self.groupOfColumn = groupOfColumn
    sets = (setOfRow.last ?? -1) + 1
    groups = Int(groupOfColumn.last ?? -1) + 1
  }

  /// One scale per row and `block` columns; `nil` for the whole row.
  package init(rows: Int, columns: Int, block: Int? = nil) {
    self.init(setOfRow: Array(0..<rows), groupOfColumn: (0..<columns).map { Int32($0 / (block ?? max(columns, 1))) })
  }

  /// The cells of a weight whose scales have the shape `counts`.
  ///
  /// `nil` if blocks divide an axis in such a way that the groups of a row are not adjacent columns.
  package init?(_ layout: MatrixLayout, counts: Shape) {
    let axis = layout.outputAxis
    let height = layout.rows / max(counts[axis], 1)
    var others = layout.shape
    var blocks = counts
    others.remove(at: axis)
    blocks.remove(at: axis)
    guard let grid = others.isEmpty ? nil : try? BlockGrid(others, into: blocks, part: "weight") else { return nil }
    var groups = [Int32](repeating: 0, count: layout.columns)
    var ascending = true
    var last = 0
    grid.forEachRun { start, count, block in
      ascending = ascending && block >= last
      last = block
      for i in start..<start + count { groups[i] = Int32(block) }
    }
    guard ascending else { return nil }
    self.init(setOfRow: (0..<layout.rows).map { $0 / max(height, 1) }, groupOfColumn: groups)
  }

  /// The columns of each group.
  package var columnRanges: [Range<Int>] {
    var starts: [Int] = []
    for (column, group) in groupOfColumn.enumerated() where Int(group) == starts.count { starts.append(column) }
    return starts.indices.map { starts[$0]..<($0 + 1 < starts.count ? starts[$0 + 1] : groupOfColumn.count) }
  }

  /// The rows of each set.
  package var rowRanges: [Range<Int>] {
    var starts: [Int] = []
    for (row, set) in setOfRow.enumerated() where set == starts.count { starts.append(row) }
    return starts.indices.map { starts[$0]..<($0 + 1 < starts.count ? starts[$0 + 1] : setOfRow.count) }
  }

  /// A grid whose scale and zero point of each cell (set, group) are given.
  func grid(top: Int, _ cells: [(scale: Float, zero: Float)]) -> AffineGrid {
    var scales: [Float] = []
    var zeros: [Float] = []
    scales.reserveCapacity(setOfRow.count * groups)
    zeros.reserveCapacity(setOfRow.count * groups)
    for set in setOfRow {
      for cell in cells[set * groups..<(set + 1) * groups] {
        scales.append(cell.scale)
        zeros.append(cell.zero)
      }
    }
    return AffineGrid(scales: scales, zeros: zeros, top: top, groupOfColumn: groupOfColumn, groups: groups)
  }
}
