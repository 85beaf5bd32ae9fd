// SPDX-License-Identifier: Apache-2.0
// The range of a value over calibration data.

/// What calibration data tell of the elements of one value.
package struct ValueRange: Sendable, Equatable {
  package private(set) var low = Float.infinity
  package private(set) var high = -Float.infinity
  package private(set) var sum = 0.0
  package private(set) var squares = 0.0
  /// Number of elements.
  package private(set) var count = 0.0
  /// The sums over calls of the lowest and highest element of each.
  package private(set) var lows = 0.0
  package private(set) var highs = 0.0
  package private(set) var calls = 0.0
  /// The moving averages of the lowest and highest element of each call.
  package private(set) var movingLow = 0.0
  package private(set) var movingHigh = 0.0
  package var histogram: Histogram?

  /// The weight of each new call in the moving averages, as in torch.
  private static let momentum = 0.01

  package init() {}

  package init(numbers: [Double], histogram: Histogram?) {
    precondition(numbers.count == 10, "\(numbers.count) numbers")
    (low, high, sum, squares, count) = (Float(numbers[0]), Float(numbers[1]), numbers[2], numbers[3], numbers[4])
    (lows, highs, calls, movingLow, movingHigh) = (numbers[5], numbers[6], numbers[7], numbers[8], numbers[9])
    self.histogram = histogram
  }

  /// All numbers but the histogram, as `init(numbers:histogram:)` reads them.
  package var numbers: [Double] {
    [Double(low), Double(high), sum, squares, count, lows, highs, calls, movingLow, movingHigh]
  }

  package var mean: Double { sum / max(count, 1) }
  package var rootMeanSquare: Double { (squares / max(count, 1)).squareRoot() }
  package var magnitude: Float { max(abs(low), abs(high)) }

  /// Adds the elements of one call.
  package mutating func add(_ values: [Float]) {
    guard !values.isEmpty else { return }
    var (least, most, total, power) = (Float.infinity, -Float.infinity, 0.0, 0.0)
    for start in stride(from: 0, to: values.count, by: 1024) {
      var (part, square): (Float, Float) = (0, 0)
      for value in values[start..<min(start + 1024, values.count)] {
        least = min(least, value)
        most = max(most, value)
        part += value
        square += value * value
      }
      total += Double(part)
      power += Double(square)
    }
    low = min(low, least)
    high = max(high, most)
    sum += total
    squares += power
    count += Double(values.count)
    lows += Double(least)
    highs += Double(most)
    let share = calls == 0 ? 1 : Self.momentum
    movingLow += share * (Double(least) - movingLow)
    movingHigh += share * (Double(most) - movingHigh)
    calls += 1
  }

  /// The range of both; moving averages are weighted by their numbers of calls.
  package func merged(with other: ValueRange) -> ValueRange {
    guard count > 0 else { return other }
    guard other.count > 0 else { return self }
    var both = self
    both.low = min(low, other.low)
    both.high = max(high, other.high)
    both.sum += other.sum
    both.squares += other.squares
    both.count += other.count
    both.lows += other.lows
    both.highs += other.highs
    both.calls += other.calls
    both.movingLow = (movingLow * calls + other.movingLow * other.calls) / both.calls
    both.movingHigh = (movingHigh * calls + other.movingHigh * other.calls) / both.calls
    if let own = histogram, let others = other.histogram { both.histogram = own.merged(with: others) } else { both.histogram = nil }
    return both
  }
}
