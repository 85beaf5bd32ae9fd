// SPDX-License-Identifier: Apache-2.0
// The distinct values of a weight in ascending order, each with how often it occurs.

import CKernels

/// A weighted set of numbers: what clustering on a line needs to know of a weight.
package struct DistinctValues: Sendable {
  /// Ascending, without repetitions; -0 counts as 0.
  package let values: [Float]
  package let counts: [Double]

  /// - Precondition: no value is infinite or not a number; at 16 bits every value is a half.
  package init(_ values: [Float], precision: WeightPrecision) {
    switch precision {
    case .half: self.init(halves: Halves.encode(values))
    case .single: self.init(floats: values)
    }
  }

  /// By counting bit patterns.
  private init(halves: [UInt16]) {
    var histogram = [UInt32](repeating: 0, count: 65536)
    ck_histogram16(&histogram, halves, halves.count)
    var patterns: [UInt16] = []
    var counts: [Double] = []
    for pattern in stride(from: UInt16(0xFC00), to: 0x8000, by: -1)
    where histogram[Int(pattern)] > 0 {
      patterns.append(pattern)
      counts.append(Double(histogram[Int(pattern)]))
    }
    let zeros = histogram[0] + histogram[0x8000]
    if zeros > 0 {
      patterns.append(0)
      counts.append(Double(zeros))
    }
    for pattern in UInt16(1)...0x7C00 where histogram[Int(pattern)] > 0 {
      patterns.append(pattern)
      counts.append(Double(histogram[Int(pattern)]))
    }
    values = Halves.decode(patterns)
    self.counts = counts
  }

  /// By sorting.
  private init(floats: [Float]) {
    var values: [Float] = []
    var counts: [Double] = []
    for value in RadixSort.sorted(floats) {
      if let last = values.last, last == value {
        counts[counts.count - 1] += 1
      } else {
        values.append(value)
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

/// Sorting floats by their bits, eleven at a time, least significant first.
enum RadixSort {
  /// Ascending; -0 before 0.
  ///
  /// No NaN among `values`.
  static func sorted(_ values: [Float]) -> [Float] {
    guard values.count > 256 else { return values.sorted() }
    // Flipping all bits of negative numbers and the sign of the others makes patterns ascend with the numbers.
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
