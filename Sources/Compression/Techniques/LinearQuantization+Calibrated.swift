// SPDX-License-Identifier: Apache-2.0
// Linear quantization by algorithms that minimize an error: of the weight, or of the layer's output.

import Calibration
import Encodings
import Tensors
import WeightArithmetic
import WeightStorage

extension LinearQuantization {
  /// Whether codes are not simply rounded to nearest. Without statistics, algorithms that need them round to nearest;
  /// the report says so.
  func usesAlgorithm(_ context: WeightContext) -> Bool {
    algorithm != .nearest && (needs.isEmpty || context.hasStatistics)
  }

  /// - Parameter kept: a mask of the elements that are not zero; `nil` for all.
  func calibrated(_ tensor: Tensor, kept: Tensor?, _ context: WeightContext) throws -> EncodedWeight {
    guard WeightPrecision(tensor.dtype) != nil else { throw SkipReason.elementType(tensor.dtype) }
    let strange = tensor.nonFiniteCount()
    guard strange == 0 else { throw SkipReason.notFinite(count: strange) }
    let counts = try blockCounts(tensor.shape, context)
    let layout = MatrixLayout(tensor.shape, outputAxis: try context.axes().output)
    guard let shape = GridShape(layout, counts: counts) else { throw SkipReason.scatteredBlocks(algorithm: algorithm.rawValue) }
    let isScaled = algorithm == .awq && kept == nil
    guard !context.isDryRun else {
      let storage = AffineStorage(
        layout: layout, shape: shape, counts: counts, codeType: codeType, rule: rule(tensor.dtype, .one), hasRealZeros: algorithm == .hqq)
      let grid = AffineGrid(
        scales: Array(repeating: 1, count: layout.rows * shape.groups), zeros: Array(repeating: 0, count: layout.rows * shape.groups),
        top: storage.rule.top, groupOfColumn: shape.groupOfColumn, groups: shape.groups)
      let codes = AffineCodes(grid: grid, codes: Array(repeating: 0, count: tensor.count))
      return isScaled
        ? storage.scaled(ScaledCodes(codes: codes, scales: Array(repeating: 1, count: layout.columns), alpha: 0))
        : storage.encoded(codes, mask: kept)
    }
    let plain = layout.matrix(tensor)
    if let statistics = context.statistics, statistics.size != plain.columns {
      throw SkipReason.statisticsSize(found: statistics.size, expected: plain.columns)
    }
    let rule = rule(tensor.dtype, BinaryScale(plain.values))
    let matrix = rule.factor.scaled(plain)
    let storage = AffineStorage(
      layout: layout, shape: shape, counts: counts, codeType: codeType, rule: rule, hasRealZeros: algorithm == .hqq)
    if isScaled, let statistics = context.statistics {
      let made = try ActivationAware(matrix, statistics.moments, shape, rule).search { try context.checkCancelled() }
      return storage.scaled(made)
    }
    let mask = kept.map { layout.matrix($0.codes()) }
    let made = try affineCodes(matrix, shape, rule, mask, context)
    return storage.encoded(made, mask: kept)
  }

  private func rule(_ dtype: DType, _ factor: BinaryScale) -> CodeRule {
    CodeRule(bits: codeType.bits, isSymmetric: mode == .symmetric, dtype: dtype, factor: factor)
  }

  private func affineCodes(
    _ matrix: WeightMatrix, _ shape: GridShape, _ rule: CodeRule, _ mask: [UInt8]?, _ context: WeightContext
  ) throws -> AffineCodes {
    let importance = context.statistics?.floatDiagonals
    switch algorithm {
    case .nearest, .mse:
      return rounded(matrix, Ranges.leastSquares(matrix, shape, rule))
    case .hqq:
      return rounded(matrix, HalfQuadratic.grid(matrix, shape, rule, shift: codeType.codeShift))
    case .importance, .awq:
      let grid = Ranges.leastSquares(matrix, shape, rule, importance: importance)
      return rounded(matrix, ScaleRefit.refit(grid, matrix, shape, rule, importance: importance ?? []))
    case .gptq:
      var grids: [AffineGrid] = []
      if ranges != .mse { grids.append(Ranges.minMax(matrix, shape, rule)) }
      if ranges != .minmax { grids.append(Ranges.leastSquares(matrix, shape, rule, importance: importance)) }
      guard let statistics = context.statistics else { return rounded(matrix, grids[0]) }
      return try GPTQ.round(
        matrix, statistics.factors(feedback.options), grids: grids, rowSets: shape.setOfRow, mask: mask, feedback.options
      ) {
        try context.checkCancelled()
      } remark: {
        context.remark($0)
      }
    }
  }

  private func rounded(_ matrix: WeightMatrix, _ grid: AffineGrid) -> AffineCodes {
    AffineCodes(grid: grid, codes: grid.nearest(matrix.values), losses: [])
  }
}

/// Turns the codes of a matrix into the stored form of its weight.
private struct AffineStorage {
  let layout: MatrixLayout
  let shape: GridShape
  /// The shape of the scales.
  let counts: Shape
  let codeType: DType
  let rule: CodeRule
  /// Whether zero points are stored as floats.
  let hasRealZeros: Bool

  private var dtype: DType { rule.dtype }

  /// The code that is subtracted from unsigned codes.
  private var shift: Int { codeType.codeShift }

  func encoded(_ made: AffineCodes, mask: Tensor?) -> EncodedWeight {
    let (codes, scale, offset) = parts(made)
    guard let mask else { return .blockwise(data: .dense(codes), scale: scale, offset: offset) }
    return .sparse(.blockwise(.plain(mask: mask, nonzero: codes.elements(under: mask)), scale: scale, offset: offset))
  }

  /// The codes of a matrix whose columns were scaled: decoded and multiplied by the inverse scales.
  func scaled(_ made: ScaledCodes) -> EncodedWeight {
    let (codes, scale, offset) = parts(made.codes)
    var extents = layout.shape
    extents[layout.outputAxis] = 1
    let columns = MatrixLayout(extents, outputAxis: layout.outputAxis)
    let inverse = Tensor(columns.elements(made.scales.map { 1 / $0 }), shape: extents).cast(to: dtype)
    return .blockwise(data: .blockwise(data: .dense(codes), scale: scale, offset: offset), scale: inverse, offset: nil)
  }

  private func parts(_ made: AffineCodes) -> (codes: Tensor, scale: Tensor, offset: Tensor?) {
    let shift = UInt8(truncatingIfNeeded: shift)
    let codes = Tensor(codes: layout.elements(made.codes.map { $0 &- shift }), dtype: codeType, shape: layout.shape)
    let cells = MatrixLayout(counts, outputAxis: layout.outputAxis)
    let firstRows = shape.rowRanges.map(\.lowerBound)
    func perCell(_ values: [Float]) -> [Float] {
      cells.elements(firstRows.flatMap { Array(values[$0 * shape.groups..<($0 + 1) * shape.groups]) })
    }
    let scale = Tensor(perCell(rule.factor.unscaled(made.grid.scales)), shape: counts).cast(to: dtype)
    let zeros = perCell(made.grid.zeros).map { $0 - Float(self.shift) }
    let offset: Tensor? =
      if hasRealZeros { Tensor(zeros, shape: counts).cast(to: dtype) } else if rule.isSymmetric, shift > 0 { nil } else {
        Tensor(integers: zeros.map { Int($0) }, dtype: codeType, shape: counts)
      }
    return (codes, scale, offset)
  }
}

extension DType {
  /// What is subtracted from codes that count from 0 to make codes of this dtype.
  fileprivate var codeShift: Int { isSigned ? 1 << (bits - 1) : 0 }
}
