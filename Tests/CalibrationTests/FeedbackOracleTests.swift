// SPDX-License-Identifier: Apache-2.0
// GPTQ and SparseGPT on a small example, compared with coremltools.optimize.torch 9.0.

import Calibration
import Testing

@Suite struct FeedbackOracleTests {
  let weight = WeightMatrix(rows: 2, columns: 4, values: [0.9, -0.4, 0.3, 0.05, -0.2, 0.7, -0.6, 0.45])
  let inputs: [Float] = [1, 2, 0, 1, 0, 1, 1, -1, 2, 0, 1, 1, 1, 1, 1, 0, 0, 2, -1, 1]

  /// coremltools' 2 / N · Σ x xᵀ, with N = 1 for one item.
  private var moments: SecondMoments {
    var sums = SecondMoments(size: 4)
    sums.add(inputs)
    return SecondMoments(size: 4, sums: sums.sums.map { 2 * $0 }, count: 1)
  }

  private func options(activationOrder: Bool = false) -> FeedbackOptions {
    FeedbackOptions(damping: 0.01, byActivation: activationOrder, width: 128)
  }

  /// ‖(Q − W) X‖².
  private func error(_ rounded: [Float]) -> Double {
    var total = 0.0
    for row in 0..<2 {
      for start in stride(from: 0, to: inputs.count, by: 4) {
        let output = (0..<4).reduce(0.0) { sum, i in
          sum + Double(rounded[row * 4 + i] - weight.values[row * 4 + i]) * Double(inputs[start + i])
        }
        total += output * output
      }
    }
    return total
  }

  @Test func secondMomentsAreThoseOfCoremltools() {
    #expect(moments.sums == [12, 6, 6, 6, 6, 20, 0, 6, 6, 0, 8, -2, 6, 6, -2, 8])
  }

  @Test func theFactorIsThatOfCoremltools() throws {
    let u = try FeedbackFactor(moments, damping: 0.01, byActivation: false).u
    for (found, expected) in zip(u, [1.679792, -0.012833, -1.644368, -1.636760] as [Float]) { #expect(abs(found - expected) < 5e-6) }
    for (i, expected) in ([1.679792, 0.254822, 0.362087, 0.350932] as [Float]).enumerated() {
      #expect(abs(u[i * 5] - expected) < 5e-6)
    }
    for row in 0..<4 { for column in 0..<row { #expect(u[row * 4 + column] == 0) } }
  }

  @Test func symmetricCodes() throws {
    let grid = Ranges.minMax(weight, GridShape(rows: 2, columns: 4), CodeRule(bits: 2, isSymmetric: true))
    #expect(abs(grid.scales[0] - 0.6) < 1e-6 && abs(grid.scales[1] - 0.466667) < 1e-6)
    #expect(grid.zeros == [2, 2])
    #expect(grid.nearest(weight.values) == [3, 1, 3, 2, 2, 3, 1, 3])
    #expect(abs(error(grid.decoded(grid.nearest(weight.values))) - 2.038889) < 1e-5)
    let made = try GPTQ.round(weight, [moments], grids: [grid], rowSets: [0, 1], options())
    #expect(made.codes == [3, 1, 3, 3, 2, 3, 0, 3])
    #expect(abs(error(made.grid.decoded(made.codes)) - 0.907778) < 1e-5)
  }

  @Test func affineCodesInBothOrders() throws {
    let grid = Ranges.minMax(weight, GridShape(rows: 2, columns: 4), CodeRule(bits: 2, isSymmetric: false))
    #expect(grid.zeros == [1, 1] && abs(grid.scales[0] - 0.433333) < 1e-6)
    let plain = try GPTQ.round(weight, [moments], grids: [grid], rowSets: [0, 1], options())
    #expect(plain.codes == [3, 0, 2, 1, 1, 3, 0, 2])
    #expect(abs(error(grid.decoded(plain.codes)) - 1.111111) < 1e-5)
    let ordered = try GPTQ.round(weight, [moments], grids: [grid], rowSets: [0, 1], options(activationOrder: true))
    #expect(ordered.codes == [3, 0, 2, 1, 0, 3, 0, 2])
    #expect(abs(error(grid.decoded(ordered.codes)) - 0.374444) < 1e-5)
  }

  private func expectValues(_ found: [Float], _ expected: [Float]) {
    for (a, b) in zip(found, expected) { #expect(abs(a - b) < 2e-5) }
  }

  @Test func twoOfFour() throws {
    let made = try SparseGPT.prune(weight, [moments], .structured(zeros: 2, every: 4), options())
    #expect(made.mask == [0, 1, 1, 0, 0, 1, 1, 0])
    expectValues(made.values, [0, -0.39312, 1.18102, 0, 0, 0.69847, -0.79578, 0])
  }

  @Test func aFractionOfAllElements() throws {
    // coremltools zeros one more than half of the eight.
    let made = try SparseGPT.prune(weight, [moments], .fraction(5.0 / 8), options())
    expectValues(made.values, [0, -0.39312, 0, 0, 0, 0.69847, -0.79578, 0])
    let half = try SparseGPT.prune(weight, [moments], .fraction(0.5), options())
    #expect(half.mask?.filter { $0 == 0 }.count == 4)
  }
}
