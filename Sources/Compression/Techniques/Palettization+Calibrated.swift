// SPDX-License-Identifier: Apache-2.0
// Lookup tables and indices that minimize the error of the layer's output.

import Calibration
import Encodings
import Tensors
import WeightArithmetic

extension Palettization {
  /// Tables of scalars by the chosen algorithm. Without statistics, it is plain k-means; the report says so.
  ///
  /// - Parameters:
  ///   - kept: which elements are used (1) and which are masked (0); `nil` for all.
  ///   - scale: what the elements are multiplied with, 1 along the output axis; `nil` for nothing.
  func anyPalette(
    _ tensor: Tensor, kept: [UInt8]?, scale: Tensor?, _ context: WeightContext
  ) throws -> (indices: Tensor, lut: Tensor) {
    guard algorithm != .kmeans, context.hasStatistics, let nbits else { return try scalarPalette(tensor, kept: kept, context) }
    _ = try Self.check(tensor)
    let (axis, groups) = try channels(tensor.shape, context)
    let output = try context.axes().output
    guard groups == 1 || axis == output else {
      context.remark("tables along axis \(axis) are not of output channels: plain k-means")
      return try scalarPalette(tensor, kept: kept, context)
    }
    guard let statistics = context.statistics, !context.isDryRun else { return try scalarPalette(tensor, kept: kept, context) }
    let layout = MatrixLayout(tensor.shape, outputAxis: output)
    let matrix = layout.matrix(tensor)
    if needs.contains("second_moments"), statistics.size != matrix.columns {
      throw SkipReason.statisticsSize(found: statistics.size, expected: matrix.columns)
    }
    var moments = needs.contains("second_moments") ? statistics.moments : []
    // Only the ratios of importances count.
    let factors = scale.map { scale in BinaryScale(scale.floats()).scaled(scale.floats()) }
    if let factors { moments = moments.map { $0.scaled(by: factors) } }
    let size = max(layout.rows / groups, 1)
    let setOfRow = (0..<layout.rows).map { $0 / size }
    let mask = kept.map { layout.matrix($0) }
    let tables = try WeightedTables.tables(
      matrix, setOfRow: setOfRow, importance: try elementImportance(statistics, moments, layout, factors), kept: mask,
      entries: 1 << nbits, dtype: tensor.dtype
    ) { try context.checkCancelled() }
    let indices: [UInt8]
    let factor = BinaryScale(matrix.values)
    let (scaled, scaledTables) = (factor.scaled(matrix), RowTables(tables.tables.map { factor.scaled($0) }, ofRow: tables.ofRow))
    if algorithm == .gptq {
      let options = feedback.options
      let feedbackFactors = try scale == nil ? statistics.factors(options) : FeedbackFactors(moments, options)
      let made = try GPTQ.round(scaled, feedbackFactors, tables: scaledTables, mask: mask, options) {
        try context.checkCancelled()
      } remark: {
        context.remark($0)
      }
      indices = made.codes
    } else {
      indices = WeightedTables.nearest(scaled, scaledTables)
    }
    var counts = Shape(repeating: 1, count: tensor.rank)
    counts[axis] = groups
    let grid = try BlockGrid(tensor.shape, into: counts, part: "weight")
    return (
      Tensor(codes: layout.elements(indices), dtype: try indexType(nbits), shape: tensor.shape),
      lookupTable(tables.tables, nbits, grid, tensor.dtype)
    )
  }

  /// - Parameter scale: what the columns are multiplied with.
  private func elementImportance(
    _ statistics: WeightStatistics, _ moments: [SecondMoments], _ layout: MatrixLayout, _ scale: [Float]?
  ) throws -> ElementImportance {
    guard needs.contains("squared_gradients") else {
      return .columns(moments.map(\.diagonal), height: layout.rows / max(moments.count, 1))
    }
    let count = layout.rows * layout.columns
    guard let squares = statistics.squaredGradients, squares.count == count else {
      throw SkipReason.statisticsSize(found: (statistics.squaredGradients?.count ?? 0) / max(layout.rows, 1), expected: layout.columns)
    }
    var weights = SquaredGradients.normalized(layout.matrix(squares))
    // The error of a quotient counts times the square of what it was divided by.
    if let scale { for i in weights.indices { weights[i] *= Double(scale[i % layout.columns]) * Double(scale[i % layout.columns]) } }
    return .elements(weights, columns: layout.columns)
  }
}
