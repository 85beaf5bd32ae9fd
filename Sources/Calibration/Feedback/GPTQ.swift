// SPDX-License-Identifier: Apache-2.0
// GPTQ (Frantar et al. 2022) onto affine codes and onto tables.

import Tensors

/// Options that all feedback methods share.
package struct FeedbackOptions: Sendable, Equatable {
  /// Added to the diagonal of the second moments, relative to its mean.
  package var damping = 0.01
  /// Whether columns are rounded in the order of descending second moments. Groups stay as they are stored.
  package var byActivation = true
  /// Columns of a block.
  package var width = 128

  package init() {}

  package init(damping: Double, byActivation: Bool, width: Int) {
    self.damping = damping
    self.byActivation = byActivation
    self.width = width
  }
}

/// Codes of a matrix with their grid.
package struct AffineCodes: Sendable {
  package var grid: AffineGrid
  package var codes: [UInt8]
  package var mask: [UInt8]?
  /// The error of each row's output.
  package var losses: [Double]

  package init(grid: AffineGrid, codes: [UInt8], mask: [UInt8]? = nil, losses: [Double] = []) {
    self.grid = grid
    self.codes = codes
    self.mask = mask
    self.losses = losses
  }
}

package enum GPTQ {
  /// Rounds a matrix to affine codes; of several grids, each set of rows that share scales takes the one with the
  /// least error of the output.
  ///
  /// - Parameters:
  ///   - moments: one for each group of rows (the groups of a convolution).
  ///   - grids: candidates of the same structure; at least one.
  ///   - rowSets: the set of rows with common scales that each row belongs to.
  package static func round(
    _ matrix: WeightMatrix, _ moments: [SecondMoments], grids: [AffineGrid], rowSets: [Int], mask: [UInt8]? = nil,
    _ options: FeedbackOptions = FeedbackOptions(), checkCancelled: () throws -> Void = {}, remark: (String) -> Void = { _ in }
  ) throws -> AffineCodes {
    try round(
      matrix, try FeedbackFactors(moments, options), grids: grids, rowSets: rowSets, mask: mask, options, checkCancelled: checkCancelled,
      remark: remark)
  }

  /// The same with factors that were computed before.
  package static func round(
    _ matrix: WeightMatrix, _ factors: FeedbackFactors, grids: [AffineGrid], rowSets: [Int], mask: [UInt8]? = nil,
    _ options: FeedbackOptions = FeedbackOptions(), checkCancelled: () throws -> Void = {}, remark: (String) -> Void = { _ in }
  ) throws -> AffineCodes {
    factors.explain(options, remark)
    var results: [AffineCodes] = []
    for grid in grids {
      let result = try factors.round(
        matrix, to: .affine(grid), zeroing: mask.map { .mask($0) } ?? .none, options, checkCancelled: checkCancelled)
      results.append(AffineCodes(grid: grid, codes: result.codes, mask: mask, losses: result.losses))
    }
    return best(results, rowSets: rowSets, columns: matrix.columns)
  }

  /// For each set of rows, the result with the least error; the first of equals.
  private static func best(_ results: [AffineCodes], rowSets: [Int], columns: Int) -> AffineCodes {
    var chosen = results[0]
    guard results.count > 1 else { return chosen }
    let sets = (rowSets.max() ?? 0) + 1
    let sums = results.map { result in
      var sums = [Double](repeating: 0, count: sets)
      for (row, loss) in result.losses.enumerated() { sums[rowSets[row]] += loss }
      return sums
    }
    let groups = chosen.grid.groups
    for row in rowSets.indices {
      let set = rowSets[row]
      let number = results.indices.min { sums[$0][set] < sums[$1][set] } ?? 0
      guard number > 0 else { continue }
      let result = results[number]
      for i in row * groups..<(row + 1) * groups {
        (chosen.grid.scales[i], chosen.grid.zeros[i]) = (result.grid.scales[i], result.grid.zeros[i])
      }
      for i in row * columns..<(row + 1) * columns { chosen.codes[i] = result.codes[i] }
      chosen.losses[row] = result.losses[row]
    }
    return chosen
  }

  /// Rounds a matrix to the nearest entries of tables that are given.
  package static func round(
    _ matrix: WeightMatrix, _ moments: [SecondMoments], tables: RowTables, mask: [UInt8]? = nil,
    _ options: FeedbackOptions = FeedbackOptions(), checkCancelled: () throws -> Void = {}, remark: (String) -> Void = { _ in }
  ) throws -> FeedbackResult {
    try round(
      matrix, try FeedbackFactors(moments, options), tables: tables, mask: mask, options, checkCancelled: checkCancelled, remark: remark)
  }

  /// The same with factors that were computed before.
  package static func round(
    _ matrix: WeightMatrix, _ factors: FeedbackFactors, tables: RowTables, mask: [UInt8]? = nil,
    _ options: FeedbackOptions = FeedbackOptions(), checkCancelled: () throws -> Void = {}, remark: (String) -> Void = { _ in }
  ) throws -> FeedbackResult {
    factors.explain(options, remark)
    return try factors.round(
      matrix, to: .tables(tables), zeroing: mask.map { .mask($0) } ?? .none, options, checkCancelled: checkCancelled)
  }
}
