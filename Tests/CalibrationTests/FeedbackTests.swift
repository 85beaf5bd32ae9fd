// SPDX-License-Identifier: Apache-2.0
// Properties of rounding with feedback: its losses, groups, dead columns, tables, masks, and the choice of ranges.

import Calibration
import Tensors
import Testing

@Suite struct FeedbackTests {
  private static func numbers(_ count: Int, seed: UInt64) -> [Float] {
    var random = SplitMix64(seed: seed)
    return (0..<count).map { _ in Float(Double(random.next() >> 11) / Double(1 << 53)) - 0.5 }
  }

  /// Inputs whose elements are correlated, since otherwise feedback has nothing to gain.
  private static func moments(_ size: Int, rows: Int, seed: UInt64) -> SecondMoments {
    let source = numbers(rows * size, seed: seed)
    var mixed = source
    for row in 0..<rows {
      for j in 1..<max(size, 1) { mixed[row * size + j] = source[row * size + j] * 0.3 + mixed[row * size + j - 1] * 0.9 }
    }
    var moments = SecondMoments(size: size)
    moments.add(mixed)
    return moments
  }

  private static func matrix(_ rows: Int, _ columns: Int, seed: UInt64 = 7) -> WeightMatrix {
    WeightMatrix(rows: rows, columns: columns, values: numbers(rows * columns, seed: seed))
  }

  private func totalError(_ matrix: WeightMatrix, _ rounded: [Float], _ moments: SecondMoments) -> Double {
    OutputError.ofRows(zip(matrix.values, rounded).map { $0 - $1 }, moments).reduce(0, +)
  }

  @Test(arguments: [1, 2, 5, 47, 48, 49, 97, 150])
  func theFactorInvertsTheMoments(size: Int) throws {
    let moments = Self.moments(size, rows: 3 * size + 2, seed: UInt64(size))
    let u = try FeedbackFactor(moments, damping: 0.01, byActivation: false).u.map(Double.init)
    let mean = moments.diagonal.reduce(0, +) / Double(size)
    func product(_ a: (Int, Int) -> Double, _ b: (Int, Int) -> Double) -> [Double] {
      (0..<size * size).map { at in (0..<size).reduce(0.0) { $0 + a(at / size, $1) * b($1, at % size) } }
    }
    // Uᵀ (U (H + λ)) = 1.
    let right = product({ u[$0 * size + $1] }, { Double(moments.mean[$0 * size + $1]) + ($0 == $1 ? 0.01 * mean : 0) })
    let identity = product({ u[$1 * size + $0] }, { right[$0 * size + $1] })
    for (at, value) in identity.enumerated() { #expect(abs(value - (at / size == at % size ? 1 : 0)) < 2e-4) }
  }

  @Test(arguments: [(3, 7, 128), (17, 40, 16), (33, 100, 128), (20, 300, 128), (20, 300, 1), (20, 300, 1000)])
  func feedbackReducesTheErrorOfTheOutput(rows: Int, columns: Int, width: Int) throws {
    let matrix = Self.matrix(rows, columns)
    let moments = Self.moments(columns, rows: 4 * columns, seed: 3)
    let shape = GridShape(rows: rows, columns: columns)
    let grid = Ranges.minMax(matrix, shape, CodeRule(bits: 3, isSymmetric: false))
    for byActivation in [false, true] {
      let made = try GPTQ.round(
        matrix, [moments], grids: [grid], rowSets: shape.setOfRow, FeedbackOptions(damping: 0.01, byActivation: byActivation, width: width))
      let error = totalError(matrix, grid.decoded(made.codes), moments)
      #expect(error < 0.8 * totalError(matrix, grid.decoded(grid.nearest(matrix.values)), moments))
      // The losses are the errors with damped moments, which are a little larger.
      #expect(made.losses.reduce(0, +) >= error * 0.999 && made.losses.reduce(0, +) < error * 1.5)
    }
  }

  @Test func theWidthOfABlockHasNoInfluence() throws {
    let (matrix, moments) = (Self.matrix(5, 70), Self.moments(70, rows: 300, seed: 5))
    let shape = GridShape(rows: 5, columns: 70)
    let grid = Ranges.minMax(matrix, shape, CodeRule(bits: 4, isSymmetric: true))
    let losses = try [1, 7, 64, 128].map { width in
      try GPTQ.round(
        matrix, [moments], grids: [grid], rowSets: shape.setOfRow, FeedbackOptions(damping: 0.01, byActivation: true, width: width)
      ).losses.reduce(0, +)
    }
    for loss in losses { #expect(abs(loss / losses[0] - 1) < 0.05) }
  }

  @Test func eachRowTakesTheBetterRange() throws {
    let (matrix, moments) = (Self.matrix(12, 40), Self.moments(40, rows: 200, seed: 9))
    let shape = GridShape(rows: 12, columns: 40)
    let rule = CodeRule(bits: 2, isSymmetric: false)
    let grids = [
      Ranges.minMax(matrix, shape, rule), Ranges.leastSquares(matrix, shape, rule, importance: [moments.diagonal.map { Float($0) }]),
    ]
    let each = try grids.map { try GPTQ.round(matrix, [moments], grids: [$0], rowSets: shape.setOfRow) }
    let both = try GPTQ.round(matrix, [moments], grids: grids, rowSets: shape.setOfRow)
    for row in 0..<12 { #expect(both.losses[row] == min(each[0].losses[row], each[1].losses[row])) }
    let error = totalError(matrix, both.grid.decoded(both.codes), moments)
    #expect(error <= each.map { totalError(matrix, $0.grid.decoded($0.codes), moments) }.min() ?? 0)
  }

  @Test func rowsOfAGroupSeeOnlyTheirOwnInputs() throws {
    let matrix = Self.matrix(6, 9)
    let moments = [Self.moments(9, rows: 50, seed: 1), Self.moments(9, rows: 50, seed: 2), Self.moments(9, rows: 50, seed: 3)]
    let shape = GridShape(rows: 6, columns: 9)
    let grid = Ranges.minMax(matrix, shape, CodeRule(bits: 2, isSymmetric: false))
    let whole = try GPTQ.round(matrix, moments, grids: [grid], rowSets: shape.setOfRow)
    for group in 0..<3 {
      let rows = group * 2..<group * 2 + 2
      let part = WeightMatrix(rows: 2, columns: 9, values: Array(matrix.values[rows.lowerBound * 9..<rows.upperBound * 9]))
      let alone = try GPTQ.round(part, [moments[group]], grids: [grid.rows(rows)], rowSets: [0, 1])
      #expect(Array(whole.codes[rows.lowerBound * 9..<rows.upperBound * 9]) == alone.codes)
    }
  }

  @Test func columnsWithoutDataBecomeZero() throws {
    var sums = Self.moments(8, rows: 60, seed: 4).sums
    for i in 0..<8 { (sums[i * 8 + 3], sums[3 * 8 + i]) = (0, 0) }
    let moments = SecondMoments(size: 8, sums: sums, count: 60)
    let matrix = Self.matrix(4, 8)
    let shape = GridShape(rows: 4, columns: 8)
    let grid = Ranges.minMax(matrix, shape, CodeRule(bits: 4, isSymmetric: false))
    let made = try GPTQ.round(matrix, [moments], grids: [grid], rowSets: shape.setOfRow)
    let decoded = grid.decoded(made.codes)
    for row in 0..<4 { #expect(decoded[row * 8 + 3] == 0) }
  }

  @Test func dampingIsRaisedUntilTheMomentsHaveAFactor() throws {
    // One sample only: rank 1, and rounding makes it slightly indefinite.
    let indefinite = SecondMoments(size: 2, sums: [1, 1.001, 1.001, 1], count: 1)
    let factor = try FeedbackFactor(indefinite, damping: 1e-6, byActivation: false)
    #expect(factor.damping > 1e-4 && factor.damping < 0.2)
    #expect(throws: CalibrationError.self) {
      try FeedbackFactor(SecondMoments(size: 2, sums: [1, .nan, .nan, 1], count: 1), damping: 0.01, byActivation: false)
    }
    #expect(throws: CalibrationError.self) {
      try FeedbackFactor(SecondMoments(size: 2, sums: [1, 9, 9, 1], count: 1), damping: 0.01, byActivation: false)
    }
  }

  @Test(arguments: [1, 2, 4, 8])
  func tablesWithFeedback(bits: Int) throws {
    let (matrix, moments) = (Self.matrix(18, 64), Self.moments(64, rows: 400, seed: 6))
    let sets = (0..<18).map { $0 / 6 }
    let tables = try WeightedTables.tables(
      matrix, setOfRow: sets, importance: .columns([moments.diagonal], height: 18), entries: 1 << bits, dtype: .float16)
    #expect(tables.tables.count == 3 && tables.tables.allSatisfy { $0.count == 1 << bits && $0 == $0.sorted() })
    func decoded(_ indices: [UInt8]) -> [Float] { indices.indices.map { tables.tables[sets[$0 / 64]][Int(indices[$0])] } }
    let made = try GPTQ.round(matrix, [moments], tables: tables)
    #expect(made.values == decoded(made.codes))
    let nearest = totalError(matrix, decoded(WeightedTables.nearest(matrix, tables)), moments)
    #expect(totalError(matrix, made.values, moments) < 0.8 * nearest)
  }

  @Test func maskedElementsStayZeroAndTheOthersAreCorrected() throws {
    let (matrix, moments) = (Self.matrix(5, 32), Self.moments(32, rows: 200, seed: 8))
    let mask = (0..<160).map { UInt8($0 % 3 == 0 ? 0 : 1) }
    let shape = GridShape(rows: 5, columns: 32)
    let grid = Ranges.minMax(matrix, shape, CodeRule(bits: 8, isSymmetric: false))
    let made = try GPTQ.round(matrix, [moments], grids: [grid], rowSets: shape.setOfRow, mask: mask)
    var decoded = grid.decoded(made.codes)
    var plain = matrix.values
    for i in mask.indices where mask[i] == 0 { (decoded[i], plain[i]) = (0, 0) }
    #expect(totalError(matrix, decoded, moments) < 0.7 * totalError(matrix, plain, moments))
  }

  @Test func structuredSparsityKeepsTheRightNumber() throws {
    let (matrix, moments) = (Self.matrix(3, 22), Self.moments(22, rows: 90, seed: 2))
    let made = try SparseGPT.prune(matrix, [moments], .structured(zeros: 3, every: 4), FeedbackOptions())
    for row in 0..<3 {
      for start in stride(from: 0, to: 20, by: 4) {
        let group = (start..<start + 4).map { made.mask?[row * 22 + $0] ?? 0 }
        #expect(group.filter { $0 == 0 }.count == 3)
        for (i, kept) in group.enumerated() { #expect((made.values[row * 22 + start + i] == 0) == (kept == 0)) }
      }
      // What is left of a row is no group.
      #expect(made.mask?[row * 22 + 20] == 1 && made.mask?[row * 22 + 21] == 1)
    }
  }

  @Test func wandaChoosesWithinRows() {
    let matrix = WeightMatrix(rows: 2, columns: 4, values: [1, -2, 3, 4, 0.1, 0.2, -0.3, 0.4])
    // Products: 1 20 3 4 and a tenth of it.
    let mask = Wanda.mask(matrix, [[1, 100, 1, 1]], .fraction(0.5))
    #expect(mask == [0, 1, 0, 1, 0, 1, 0, 1])
    #expect(Wanda.mask(matrix, [[1, 100, 1, 1]], .structured(zeros: 1, every: 2)) == [0, 1, 0, 1, 0, 1, 0, 1])
  }
}
