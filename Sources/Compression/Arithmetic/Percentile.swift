// SPDX-License-Identifier: Apache-2.0
// Percentiles with linear interpolation, as NumPy's, without sorting.

/// Order statistics of the magnitudes of floats.
struct Magnitudes {
  private let values: [Float]

  /// - Precondition: no value is not a number.
  init(of values: [Float]) { self.values = values }

  /// The number at `rank` (from 0) in ascending order: patterns of non-negative floats ascend with them, so the upper
  /// and then the lower half of the pattern are found by counting.
  func ranked(_ rank: Int) -> Float {
    var upper = [Int](repeating: 0, count: 65536)
    for value in values { upper[Int(value.magnitude.bitPattern >> 16)] += 1 }
    var rest = rank
    let high = Self.bucket(upper, &rest)
    var lower = [Int](repeating: 0, count: 65536)
    for value in values {
      let pattern = value.magnitude.bitPattern
      if Int(pattern >> 16) == high { lower[Int(pattern & 0xFFFF)] += 1 }
    }
    return Float(bitPattern: UInt32(high << 16 | Self.bucket(lower, &rest)))
  }

  private static func bucket(_ counts: [Int], _ rank: inout Int) -> Int {
    for (i, count) in counts.enumerated() {
      if rank < count { return i }
      rank -= count
    }
    return counts.count - 1
  }

  /// The value below which the fraction lies, between two elements where it falls between them.
  ///
  /// For 32-bit weights in 32-bit arithmetic, bit for bit as NumPy does it. For 16-bit weights in 64 bits: NumPy's
  /// 16-bit arithmetic loses the place in tensors of a few thousand elements and gives NaN beyond 65,520.
  func percentile(_ fraction: Double, _ precision: WeightPrecision) -> Double {
    switch precision {
    case .single:
      let place = Float(values.count - 1) * (Float(fraction * 100) / 100)
      return Double(interpolate(place))
    case .half:
      return interpolate(Double(values.count - 1) * fraction)
    }
  }

  private func interpolate<Number: BinaryFloatingPoint>(_ place: Number) -> Number {
    let last = values.count - 1
    let below = min(max(Int(place.rounded(.down)), 0), last)
    let low = Number(ranked(below))
    guard below < last else { return low }
    let high = Number(ranked(below + 1))
    let part = place - Number(below)
    return part >= 0.5 ? high - (high - low) * (1 - part) : low + (high - low) * part
  }
}
