// SPDX-License-Identifier: Apache-2.0
// Grids, ranges, histograms and observers of activations.

import Calibration
import Tensors
import Testing

@Suite struct ActivationTests {
  private static func grid(_ low: Float, _ high: Float, symmetric: Bool, keepsSign: Bool = false, _ dtype: DType = .float16)
    -> ActivationGrid
  {
    ActivationGrid(low: low, high: high, isSymmetric: symmetric, codeType: .int8, dtype: dtype, keepsSign: keepsSign)
  }

  /// The scales and zero points of coremltools 9.0.
  @Test func gridsAreThoseOfTheReference() {
    let both = Self.grid(-0.2, 3.8, symmetric: true)
    #expect(abs(both.scale - 0.02992) < 1e-5 && both.zeroPoint == 0 && both.codeType == .int8)
    let affine = Self.grid(-0.2, 3.8, symmetric: false)
    #expect(abs(affine.scale - 0.01569) < 1e-5 && affine.zeroPoint == -115)
    let kept = Self.grid(0, 6, symmetric: true, keepsSign: true)
    #expect(abs(kept.scale - 0.04724) < 2e-5 && kept.zeroPoint == 0)
    let oneSided = Self.grid(0, 6, symmetric: false)
    #expect(abs(oneSided.scale - 0.02353) < 1e-5 && oneSided.zeroPoint == -128)
    // Without negative numbers, all 256 codes are used.
    let unsigned = Self.grid(0, 6, symmetric: true)
    #expect(abs(unsigned.scale - 0.02353) < 1e-5 && unsigned.zeroPoint == 0 && unsigned.codeType == .uint8)
  }

  @Test(arguments: [(Float(0), Float(0)), (-60000, 60000), (0, 65504), (-65504, 0), (1e-8, 2e-8), (-3e38, 3e38)])
  func extremeRangesHaveFiniteScales(low: Float, high: Float) {
    for symmetric in [true, false] {
      for dtype in [DType.float16, .float32] where dtype == .float32 || abs(high) < 70000 {
        let grid = Self.grid(low, high, symmetric: symmetric, dtype)
        let scale = Tensor([grid.scale]).cast(to: dtype).floats()[0]
        #expect(scale > 0 && scale.isFinite && scale == grid.scale)
        for code in [grid.codes.lowerBound, grid.codes.upperBound] where !symmetric {
          #expect(Tensor([grid.scale * Float(code - grid.zeroPoint)]).cast(to: dtype).floats()[0].isFinite, "\(low) \(high) \(dtype)")
        }
        #expect(grid.codes.contains(grid.zeroPoint))
      }
    }
  }

  private static func values(_ count: Int, seed: UInt64) -> [Float] {
    var random = SplitMix64(seed: seed)
    return (0..<count).map { i in Float(random.normal()) * (i % 1000 == 0 ? 20 : 1) }
  }

  @Test func rangesAreMergedAsIfSeenTogether() {
    let (a, b) = (Self.values(5000, seed: 1), Self.values(3000, seed: 2))
    var (first, second, both) = (ValueRange(), ValueRange(), ValueRange())
    first.add(a)
    second.add(b)
    both.add(a)
    both.add(b)
    let merged = first.merged(with: second)
    #expect(merged.low == both.low && merged.high == both.high && merged.count == 8000 && merged.calls == 2)
    #expect(abs(merged.mean - both.mean) < 1e-9 && abs(merged.rootMeanSquare - both.rootMeanSquare) < 1e-9)
    #expect(merged.low == (a + b).min() && merged.high == (a + b).max())
    #expect(ValueRange().merged(with: first) == first)
  }

  @Test func quantilesAreThoseOfTheNumbers() {
    let values = Self.values(20000, seed: 3).map { min(max($0, -3), 3) }
    var histogram = Histogram(low: -3, high: 3)
    histogram.add(values)
    #expect(histogram.total == 20000)
    let sorted = values.sorted()
    for fraction in [0.01, 0.1, 0.5, 0.9, 0.999] {
      #expect(abs(histogram.quantile(fraction) - Double(sorted[Int(fraction * 20000)])) < 0.02)
    }
    var other = Histogram(low: 0, high: 10)
    other.add([1, 9.99, 5])
    let sum = histogram.merged(with: other)
    #expect(sum.low == -3 && sum.high == 10 && sum.total == 20003)
  }

  private static func squaredError(_ values: [Float], _ grid: ActivationGrid) -> Double {
    values.reduce(0) { sum, value in
      let difference = Double(value) - grid.decoded(Double(value))
      return sum + difference * difference
    }
  }

  /// Clipping rare outliers has less error than the full range; so does a percentile that cuts only them.
  @Test func observersOfHistograms() {
    let values = Self.values(200_000, seed: 5)
    var range = ValueRange()
    range.add(values)
    var histogram = Histogram(low: range.low, high: range.high)
    histogram.add(values)
    range.histogram = histogram
    func grid(_ low: Float, _ high: Float) -> ActivationGrid { Self.grid(low, high, symmetric: false, .float32) }
    func error(_ observer: ActivationObserver, _ percentile: Double = 99.999) -> (Double, (low: Float, high: Float)) {
      let found = observer.range(range, percentile: percentile, grid)
      return (Self.squaredError(values, grid(found.low, found.high)), found)
    }
    let full = error(.minmax)
    #expect(full.1.low == range.low && full.1.high == range.high)
    #expect(error(.mse).0 <= full.0 * 1.001)
    let cut = error(.percentile, 99).1
    #expect(cut.high < 4 && cut.low > -4 && cut.high > 2)
    let entropy = error(.entropy).1
    #expect(entropy.high <= range.high && entropy.high > 2)
    #expect(error(.movingAverage).1.high == range.high)
  }
}
