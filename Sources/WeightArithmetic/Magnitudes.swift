// SPDX-License-Identifier: Apache-2.0
// Percentiles with linear interpolation, as in NumPy, without sorting.

import Tensors

/// Order statistics of float magnitudes.
package struct Magnitudes {
  private let count: Int
  /// Histogram of the upper halves of the 32-bit patterns without sign.
  private let upper: [Int]
  /// Histogram of the lower halves that occur with a given upper half.
  private let lower: (_ upper: Int) -> [Int]

  /// - Precondition: no element is NaN.
  package init(of tensor: Tensor) {
    count = tensor.count
    upper = Self.count(tensor) { Int($0 >> 16) }
    lower = { upper in Self.count(tensor) { Int($0 >> 16) == upper ? Int($0 & 0xFFFF) : nil } }
  }

  /// - Precondition: no value is NaN.
  package init(of values: [Float]) { self.init(of: Tensor(values)) }

  /// The number at `rank` (from 0) in ascending order. Bit patterns of non-negative floats sort like the numbers, so the
  /// upper and then the lower half of the pattern are found by counting.
  func ranked(_ rank: Int) -> Float {
    var rest = rank
    let high = Self.bucket(upper, &rest)
    return Float(bitPattern: UInt32(high << 16 | Self.bucket(lower(high), &rest)))
  }

  private static func count(_ tensor: Tensor, _ key: (UInt32) -> Int?) -> [Int] {
    let grain = 1 << 20
    let parts = Parallel.map((tensor.count + grain - 1) / grain) { part in
      var counts = [Int](repeating: 0, count: 65536)
      counts.withUnsafeMutableBufferPointer { counts in
        tensor.withGroupElements { elements in
          elements.forEachPiece(of: part * grain..<min(tensor.count, (part + 1) * grain)) { piece, floats in
            for i in 0..<piece.count {
              if let key = key(floats[i].magnitude.bitPattern) { counts[key] += 1 }
            }
          }
        }
      }
      return counts
    }
    var sum = parts.first ?? [Int](repeating: 0, count: 65536)
    for part in parts.dropFirst() { for i in sum.indices { sum[i] += part[i] } }
    return sum
  }

  private static func bucket(_ counts: [Int], _ rank: inout Int) -> Int {
    for (i, count) in counts.enumerated() {
      if rank < count { return i }
      rank -= count
    }
    return counts.count - 1
  }

  /// The value below which the given fraction of elements is, interpolated between two elements.
  ///
  /// For 32-bit weights computed in 32 bits, bit-identical to NumPy. For 16-bit weights computed in 64 bits: NumPy's
  /// 16-bit arithmetic loses the rank in tensors of a few thousand elements and yields NaN beyond 65,520.
  package func percentile(_ fraction: Double, _ precision: WeightPrecision) -> Double {
    switch precision {
    case .single:
      let place = Float(count - 1) * (Float(fraction * 100) / 100)
      return Double(interpolate(place))
    case .half:
      return interpolate(Double(count - 1) * fraction)
    }
  }

  private func interpolate<Number: BinaryFloatingPoint>(_ place: Number) -> Number {
    let last = count - 1
    let below = min(max(Int(place.rounded(.down)), 0), last)
    let low = Number(ranked(below))
    guard below < last else { return low }
    let high = Number(ranked(below + 1))
    let part = place - Number(below)
    return part >= 0.5 ? high - (high - low) * (1 - part) : low + (high - low) * part
  }
}
