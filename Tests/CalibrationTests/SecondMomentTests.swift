// SPDX-License-Identifier: Apache-2.0
// Sums of x xᵀ and the products that they are made of.

import Calibration
import Tensors
import Testing

@Suite struct SecondMomentTests {
  @Test(arguments: [(1, 1), (3, 5), (33, 31), (70, 290), (300, 10)])
  func sumsEqualPlainLoops(size: Int, rows: Int) {
    var random = SplitMix64(seed: 3)
    // Small integers, whose sums are exact.
    let x = (0..<size * rows).map { _ in Float(Int(random.next() % 9) - 4) }
    var moments = SecondMoments(size: size)
    moments.add(x)
    var expected = [Float](repeating: 0, count: size * size)
    for r in 0..<rows {
      for i in 0..<size { for j in 0..<size { expected[i * size + j] += x[r * size + i] * x[r * size + j] } }
    }
    #expect(moments.sums == expected)
    #expect(moments.count == Double(rows))
    var accumulator = MomentAccumulator(size: size)
    for r in 0..<rows { accumulator.add(Array(x[r * size..<(r + 1) * size])) }
    #expect(accumulator.finish() == moments)
  }

  @Test func statisticsOfPartsAddUp() throws {
    let x: [Float] = [1, 2, 3, 4, 5, 6]
    var (whole, first, second) = (SecondMoments(size: 2), SecondMoments(size: 2), SecondMoments(size: 2))
    whole.add(x)
    first.add(Array(x[..<2]))
    second.add(Array(x[2...]))
    try first.merge(second)
    #expect(first == whole)
    #expect(throws: CalibrationError.sizes(found: 3, expected: 2)) { try first.merge(SecondMoments(size: 3)) }
  }

  @Test func signalToNoiseOfTheOutput() {
    let moments = SecondMoments(size: 2, sums: [4, 0, 0, 1], count: 1)
    // Outputs have the mean squares 4 and 1; the error 0.04.
    let found = OutputError.decibels([1, 0, 0, 1], [0.9, 0, 0, 1], [moments])
    #expect(abs(found - 10 * 2.09691) < 1e-3)
    #expect(OutputError.decibels([1, 1], [1, 1], [moments]) == .infinity)
  }
}

@Suite struct InputViewTests {
  @Test func windowsOfAConvolution() {
    // One sample, 2 channels, 3 columns.
    let unfolding = Unfolding(groups: 1, kernel: [2], strides: [1], dilations: [1], padBegin: [1], padEnd: [0])
    let rows = unfolding.rows([1, 2, 3, 4, 5, 6], [1, 2, 3], group: 0, keep: nil)
    #expect(rows == [0, 1, 0, 4, 1, 2, 4, 5, 2, 3, 5, 6])
    let depthwise = Unfolding(groups: 2, kernel: [2], strides: [2], dilations: [1], padBegin: [1], padEnd: [0])
    #expect(depthwise.rows([1, 2, 3, 4, 5, 6], [1, 2, 3], group: 1, keep: nil) == [0, 4, 5, 6])
    #expect(depthwise.rows([1, 2, 3, 4, 5, 6], [1, 2, 3], group: 1, keep: [false, true]) == [5, 6])
    let dilated = Unfolding(groups: 1, kernel: [1, 2], strides: [1, 1], dilations: [1, 2], padBegin: [0, 0], padEnd: [0, 0])
    #expect(dilated.rows([1, 2, 3, 4, 5, 6], [1, 1, 2, 3], group: 0, keep: nil) == [1, 3, 4, 6])
  }

  @Test func vectorsAlongAnAxis() {
    let value = Tensor([1, 2, 3, 4, 5, 6] as [Float], shape: [1, 2, 3])
    #expect(InputView.axis(fromEnd: 1).vectors(value, nil) == [[1, 2, 3, 4, 5, 6]])
    #expect(InputView.axis(fromEnd: 2).vectors(value, nil) == [[1, 4, 2, 5, 3, 6]])
    let mask = PositionMask(Tensor([0, 1] as [Int32], shape: [1, 2]))
    #expect(InputView.axis(fromEnd: 1).vectors(value, mask) == [[4, 5, 6]])
  }

  @Test func masksAreMatchedWithPositions() {
    let mask = PositionMask(extents: [2, 3], values: [true, true, false, true, false, false])
    #expect(mask.keep([2, 3]) == mask.values)
    // Heads between samples and tokens.
    #expect(mask.keep([2, 2, 3]) == [true, true, false, true, true, false, true, false, false, true, false, false])
    // Pooled over the tokens: every sample counts.
    #expect(mask.keep([2]) == nil)
    #expect(mask.limited(toSamples: 1).values == [true, true, false, false, false, false])
  }

  @Test func masksReachOverOtherAxes() throws {
    let mask = PositionMask(extents: [2, 3], values: [true, false, true, false, false, true])
    #expect(mask.keep([2, 3]) == mask.values)
    #expect(mask.keep([2, 2, 3]) == [true, false, true, true, false, true, false, false, true, false, false, true])
    let last = try #require(mask.keep([2, 3, 4]))
    #expect(last.count == 24 && last.enumerated().allSatisfy { $0.element == mask.values[$0.offset / 4] })
    #expect(mask.keep([3, 2]) == nil && mask.keep([2, 4]) == nil)
  }
}
