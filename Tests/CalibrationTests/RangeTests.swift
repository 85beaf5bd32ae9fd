// SPDX-License-Identifier: Apache-2.0
// Ranges, tables and scales that minimize an error.

import Calibration
import Tensors
import Testing

@Suite struct RangeTests {
  /// Mostly small numbers and a few large ones.
  private static func matrix(_ rows: Int, _ columns: Int) -> WeightMatrix {
    var random = SplitMix64(seed: 11)
    return WeightMatrix(
      rows: rows, columns: columns,
      values: (0..<rows * columns).map { _ in
        let x = Float(Double(random.next() >> 11) / Double(1 << 53)) * 2 - 1
        return x * x * x
      })
  }

  private func squares(_ matrix: WeightMatrix, _ grid: AffineGrid, _ h: [Float]) -> Double {
    zip(matrix.values, grid.decoded(grid.nearest(matrix.values))).enumerated().reduce(0) { sum, pair in
      let difference = Double(pair.element.0 - pair.element.1)
      return sum + Double(h[pair.offset % matrix.columns]) * difference * difference
    }
  }

  @Test(arguments: [2, 3, 4, 8], [true, false])
  func leastSquaresIsNoWorseThanMinMax(bits: Int, symmetric: Bool) {
    let matrix = Self.matrix(9, 96)
    let h = (0..<96).map { Float($0 % 7) + 0.1 }
    let shape = GridShape(rows: 9, columns: 96, block: 24)
    let rule = CodeRule(bits: bits, isSymmetric: symmetric, dtype: .float16)
    let minMax = Ranges.minMax(matrix, shape, rule)
    let least = Ranges.leastSquares(matrix, shape, rule, importance: [h])
    #expect(squares(matrix, least, h) <= squares(matrix, minMax, h))
    if bits < 4 { #expect(squares(matrix, least, h) < 0.9 * squares(matrix, minMax, h)) }
    let refitted = ScaleRefit.refit(least, matrix, shape, rule, importance: [h])
    #expect(squares(matrix, refitted, h) <= squares(matrix, least, h))
    for scale in least.scales + refitted.scales { #expect(Tensor([scale]).cast(to: .float16).floats() == [scale]) }
  }

  @Test func rangesIncludeZeroAndSurviveConstants() {
    let matrix = WeightMatrix(rows: 4, columns: 2, values: [0, 0, 3, 5, -3, -5, 1e-9, 0])
    for symmetric in [true, false] {
      let grid = Ranges.minMax(matrix, GridShape(rows: 4, columns: 2), CodeRule(bits: 4, isSymmetric: symmetric, dtype: .float16))
      #expect(grid.scales.allSatisfy { $0 > 0 && $0.isFinite })
      let decoded = grid.decoded(grid.nearest(matrix.values))
      #expect(decoded[0] == 0 && decoded[1] == 0 && abs(decoded[3] - 5) < 0.4 && abs(decoded[5] + 5) < 0.4)
    }
    let huge = WeightMatrix(rows: 1, columns: 2, values: [65504, -65504])
    let grid = Ranges.minMax(huge, GridShape(rows: 1, columns: 2), CodeRule(bits: 4, isSymmetric: false, dtype: .float16))
    #expect(grid.decoded([0, 15]).allSatisfy { abs($0) < 65520 * 1.1 && $0.isFinite })
  }

  @Test func halfQuadraticZeroPointsReduceAbsoluteErrors() {
    let matrix = Self.matrix(8, 64)
    let shape = GridShape(rows: 8, columns: 64, block: 32)
    let rule = CodeRule(bits: 3, isSymmetric: false)
    let start = Ranges.minMax(matrix, shape, rule)
    let made = HalfQuadratic.grid(matrix, shape, rule)
    #expect(made.scales == start.scales && made.zeros != start.zeros)
    func absolute(_ grid: AffineGrid) -> Double {
      var sum = 0.0
      for (i, value) in matrix.values.enumerated() {
        let at = i / 64 * 2 + i % 64 / 32
        let code = min(max((value / grid.scales[at] + grid.zeros[at]).rounded(.toNearestOrEven), 0), 7)
        sum += Double(abs(value - grid.scales[at] * (code - grid.zeros[at])))
      }
      return sum
    }
    #expect(absolute(made) < absolute(start))
  }

  @Test func awqIsNoWorseThanNearest() throws {
    let matrix = Self.matrix(16, 32)
    var random = SplitMix64(seed: 5)
    var inputs = (0..<32 * 200).map { _ in Float(Double(random.next() >> 11) / Double(1 << 53)) - 0.5 }
    // A few channels are much larger than the others.
    for i in inputs.indices where i % 32 < 3 { inputs[i] *= 30 }
    var moments = SecondMoments(size: 32)
    moments.add(inputs)
    let shape = GridShape(rows: 16, columns: 32, block: 16)
    let rule = CodeRule(bits: 4, isSymmetric: false, dtype: .float16)
    let grid = Ranges.minMax(matrix, shape, rule)
    let nearest = OutputError.ofRows(zip(matrix.values, grid.decoded(grid.nearest(matrix.values))).map { $0 - $1 }, moments)
    let made = try ActivationAware(matrix, [moments], shape, rule).search()
    #expect(made.codes.losses.reduce(0, +) < 0.6 * nearest.reduce(0, +))
    #expect(made.alpha > 0)
  }

  @Test func weightedTablesAreThoseOfTheReference() throws {
    let line = WeightMatrix(rows: 1, columns: 6, values: [0, 0.1, 0.2, 1, 1.1, 5])
    for dtype in [DType.float32, .float16] {
      let tables = try WeightedTables.tables(
        line, setOfRow: [0], importance: .columns([[1, 10, 1, 1, 3, 1]], height: 1), entries: 3, dtype: dtype)
      for (found, expected) in zip(tables.tables[0], [0.1, 1.075, 5] as [Float]) { #expect(abs(found - expected) < 1e-3) }
      #expect(WeightedTables.nearest(line, tables) == [0, 0, 0, 1, 1, 2])
    }
  }

  @Test func squaredGradientsAreNormalizedAsInSKM() {
    let normalized = SquaredGradients.normalized([4, 1, 0, 1e-14])
    #expect(normalized == [1, 0.25, 1e-12, 1e-12])
    #expect(SquaredGradients.normalized([0, 0]) == [1, 1])
  }

  @Test func layoutsOfWeightsWhoseOutputAxisIsNotTheFirst() {
    // [in, out, kernel]
    let layout = MatrixLayout([2, 3, 2], outputAxis: 1)
    let elements = Array(0..<12)
    #expect(layout.matrix(elements) == [0, 1, 6, 7, 2, 3, 8, 9, 4, 5, 10, 11])
    #expect(layout.elements(layout.matrix(elements)) == elements)
  }

  @Test func cellsOfBlockedWeights() throws {
    let conv = try #require(GridShape(MatrixLayout([4, 6, 3, 3], outputAxis: 0), counts: [4, 3, 1, 1]))
    #expect(conv.groups == 3 && conv.sets == 4 && conv.columnRanges == [0..<18, 18..<36, 36..<54])
    let whole = try #require(GridShape(MatrixLayout([4, 6], outputAxis: 0), counts: [1, 1]))
    #expect(whole.sets == 1 && whole.groups == 1)
    let transposed = try #require(GridShape(MatrixLayout([6, 4], outputAxis: 1), counts: [2, 4]))
    #expect(transposed.sets == 4 && transposed.columnRanges == [0..<3, 3..<6])
    #expect(GridShape(MatrixLayout([4, 2, 4], outputAxis: 0), counts: [4, 1, 2]) == nil)
  }
}
