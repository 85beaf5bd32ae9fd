// SPDX-License-Identifier: Apache-2.0
// Stable sorting of elements of 64 bits, which MIL's operators do not have.

import Kernels
import Tensors

/// Radix sort by 64-bit keys, with indices.
enum WideSort {
  /// A key with the order of the numbers, NaN last; both zeros are equal.
  static func key(_ value: Double) -> UInt64 {
    guard !value.isNaN else { return .max }
    let bits = (value == 0 ? 0 : value).bitPattern
    return bits >> 63 == 0 ? bits | 1 << 63 : ~bits
  }

  static func key(_ value: Int64) -> UInt64 { UInt64(bitPattern: value) ^ 1 << 63 }

  /// The indices that sort `keys`, ascending and stable.
  ///
  /// - Throws: `AlgebraError.interrupted`.
  static func order(_ keys: [UInt64]) throws -> [Int] {
    let count = keys.count
    if count < 4096 {
      return keys.indices.sorted { (keys[$0], $0) < (keys[$1], $1) }
    }
    var from = keys.enumerated().map { (key: $1, index: Int32(truncatingIfNeeded: $0)) }
    var to = from
    var starts = [Int](repeating: 0, count: 1 << 11)
    for shift in stride(from: UInt64(0), to: 64, by: 11) {
      try Cancellation.check()
      for i in starts.indices { starts[i] = 0 }
      for element in from { starts[Int(element.key >> shift & 0x7FF)] += 1 }
      if starts.contains(count) { continue }
      var next = 0
      for digit in starts.indices { (starts[digit], next) = (next, next + starts[digit]) }
      for element in from {
        let digit = Int(element.key >> shift & 0x7FF)
        to[starts[digit]] = element
        starts[digit] += 1
      }
      swap(&from, &to)
    }
    return from.map { Int($0.index) }
  }
}
