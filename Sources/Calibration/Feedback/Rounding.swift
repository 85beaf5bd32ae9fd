// SPDX-License-Identifier: Apache-2.0
// What feedback methods round to, and which elements become zero.

/// How kept elements are rounded.
package enum Rounding: Sendable {
  /// Not at all.
  case keep
  case affine(AffineGrid)
  /// The nearest entry of the row's table.
  case tables(RowTables)

  /// The rounding of some rows.
  func rows(_ range: Range<Int>) -> Rounding {
    switch self {
    case .keep: .keep
    case .affine(let grid): .affine(grid.rows(range))
    case .tables(let tables): .tables(RowTables(tables.tables, ofRow: Array(tables.ofRow[range])))
    }
  }
}

/// Lookup tables of at most 256 ascending entries, and the table of each row.
package struct RowTables: Sendable {
  package let tables: [[Float]]
  package let ofRow: [Int]

  package init(_ tables: [[Float]], ofRow: [Int]) {
    self.tables = tables
    self.ofRow = ofRow
  }
}

/// Which elements become zero.
package enum ZeroPattern: Sendable {
  case none
  /// Zero where the mask, row-major, is 0.
  case mask([UInt8])
  /// The given fraction of each block of columns, chosen over all rows by w² / Uⱼⱼ².
  case fraction(Double)
  /// The `zeros` least important of every `every` adjacent columns, chosen from the corrected weights.
  case structured(zeros: Int, every: Int)
}
