// SPDX-License-Identifier: Apache-2.0
// The distinct values of a weight in ascending order with their counts.

import CKernels
import Tensors

/// A weighted set of numbers: the input of k-means on a line.
package struct DistinctValues: Sendable {
  /// Ascending and distinct; -0 counts as 0.
  package let values: [Float]
  package let counts: [Double]

  package init(values: [Float], counts: [Double]) {
    self.values = values
    self.counts = counts
  }

  /// - Precondition: all values are finite; with 16 bits every value is exactly a half.
  package init(_ values: [Float], precision: WeightPrecision) {
    switch precision {
    case .half: self = Halves.encode(values).withUnsafeBufferPointer { DistinctValues(halves: $0) }
    case .single: self.init(floats: values)
    }
  }

  /// Counts bit patterns, or sorts if there are few elements.
  ///
  /// - Precondition: all elements are finite.
  init(halves: UnsafeBufferPointer<UInt16>) {
    guard halves.count >= 4096 else {
      self.init(floats: Halves.decode(Array(halves)))
      return
    }
    self.init(histogram: Self.histogram(halves))
  }

  private static func histogram(_ halves: UnsafeBufferPointer<UInt16>) -> [UInt32] {
    let grain = 1 << 21
    let parts = Parallel.map((halves.count + grain - 1) / grain) { number in
      let part = halves[number * grain..<min(halves.count, (number + 1) * grain)]
      return [UInt32](unsafeUninitializedCapacity: 65536) { counts, filled in
        filled = 65536
        let part = UnsafeBufferPointer(rebasing: part)
        if let counts = counts.baseAddress { ck_histogram16(counts, part.baseAddress, part.count) }
      }
    }
    var sum = parts[0]
    for part in parts.dropFirst() { for i in sum.indices { sum[i] += part[i] } }
    return sum
  }

  private init(histogram: [UInt32]) {
    // From the lowest negative number to the highest positive one.
    let order = [stride(from: 0xFBFF, through: 0x8001, by: -1), stride(from: 0, through: 0x7BFF, by: 1)]
    var patterns: [UInt16] = []
    var counts: [Double] = []
    patterns.reserveCapacity(histogram.count)
    counts.reserveCapacity(histogram.count)
    for pattern in order.joined() {
      let count = histogram[pattern] + (pattern == 0 ? histogram[0x8000] : 0)
      guard count > 0 else { continue }
      patterns.append(UInt16(truncatingIfNeeded: pattern))
      counts.append(Double(count))
    }
    values = Halves.decode(patterns)
    self.counts = counts
  }

  /// Computes the distinct values by sorting.
  init(floats: [Float]) {
    var values: [Float] = []
    var counts: [Double] = []
    for value in RadixSort.sorted(floats) {
      if let last = values.last, last == value {
        counts[counts.count - 1] += 1
      } else {
        values.append(value == 0 ? 0 : value)
        counts.append(1)
      }
    }
    self.values = values
    self.counts = counts
  }
}

/// 16-bit patterns of floats that are exactly halves.
enum Halves {
  static func encode(_ values: [Float]) -> [UInt16] {
    [UInt16](unsafeUninitializedCapacity: values.count) { out, filled in
      filled = values.count
      if let out = out.baseAddress { ck_float_to_half(out, values, values.count) }
    }
  }

  static func decode(_ patterns: [UInt16]) -> [Float] {
    [Float](unsafeUninitializedCapacity: patterns.count) { out, filled in
      filled = patterns.count
      if let out = out.baseAddress { ck_half_to_float(out, patterns, patterns.count) }
    }
  }
}

/// Radix sort of floats by their bits, eleven at a time, least significant first.
enum RadixSort {
  /// Ascending; -0 before 0.
  ///
  /// - Precondition: no NaN among `values`.
  static func sorted(_ values: [Float]) -> [Float] {
    guard values.count > 256 else { return values.sorted() }
    // Flipping all bits of negative numbers and the sign bit of the others makes the patterns sort like the numbers.
    var keys = values.map { value -> UInt32 in
      let bits = value.bitPattern
      return bits & 0x8000_0000 == 0 ? bits | 0x8000_0000 : ~bits
    }
    var other = keys
    for shift in [0, 11, 22] as [UInt32] {
      var starts = [Int](repeating: 0, count: 2048)
      for key in keys { starts[Int(key >> shift & 2047)] += 1 }
      var next = 0
      for digit in starts.indices { (starts[digit], next) = (next, next + starts[digit]) }
      for key in keys {
        let digit = Int(key >> shift & 2047)
        other[starts[digit]] = key
        starts[digit] += 1
      }
      swap(&keys, &other)
    }
    return keys.map { Float(bitPattern: $0 & 0x8000_0000 == 0 ? ~$0 : $0 & 0x7FFF_FFFF) }
  }
}
