// SPDX-License-Identifier: Apache-2.0
// Top-k and argsort along an axis.

import Tensors

/// Sorting along one axis of a dense block. Ties keep the order of their indices; NaN sorts last.
package struct Ordering: Sendable {
  private let split: AxisSplit
  private let keep: Int
  private let ascending: Bool
  /// Elements of the result per outer block, laid out as the input, with `keep` elements along the axis.
  private var resultCount: Int { keep * split.inner }

  /// - Parameters:
  ///   - keep: how many elements to return, at most `split.count`.
  ///   - ascending: whether the smallest elements come first.
  package init(_ split: AxisSplit, keep: Int, ascending: Bool) {
    precondition(keep <= split.count, "\(keep) of \(split.count)")
    self.split = split
    self.keep = keep
    self.ascending = ascending
  }

  /// Bytes of scratch that `run` needs: the keys of one line of elements, twice.
  package var scratchBytes: Int { 2 * split.count * MemoryLayout<UInt64>.stride }

  /// A loop, which receives its scratch memory when it runs, that writes the first elements of each line to
  /// `values` and their indices to `indices`; either may be absent.
  ///
  /// - Precondition: `x` has a computed type other than string and bool; `values` has the same type,
  ///   `indices` is `int32` or `uint16`.
  package func loop(_ x: Buffer, values: Buffer?, indices: Buffer?) -> (UnsafeMutableRawPointer) -> Void {
    switch x.dtype {
    case .float32: loop(x.floats(), values, indices, key: Self.key)
    case .int32: loop(x.int32s(), values, indices) { UInt32(bitPattern: $0) ^ 0x8000_0000 }
    case .int16: integers(x, Int16.self, values, indices)
    case .int8: integers(x, Int8.self, values, indices)
    case .uint16: integers(x, UInt16.self, values, indices)
    case .uint8: integers(x, UInt8.self, values, indices)
    default: preconditionFailure("\(x.dtype) elements have no order")
    }
  }

  private func integers<T: FixedWidthInteger>(
    _ x: Buffer, _ type: T.Type, _ values: Buffer?, _ indices: Buffer?
  ) -> (UnsafeMutableRawPointer) -> Void {
    loop(x.pointer.assumingMemoryBound(to: T.self), values, indices) {
      UInt32(bitPattern: Int32(truncatingIfNeeded: $0)) ^ 0x8000_0000
    }
  }

  /// An integer key with the same order as the floats; `nil` for NaN. Both zeros have the same key.
  private static func key(_ value: Float) -> UInt32? {
    guard !value.isNaN else { return nil }
    let bits = (value == 0 ? 0 : value).bitPattern
    return bits & 0x8000_0000 == 0 ? bits | 0x8000_0000 : ~bits
  }

  private func loop<T>(
    _ x: UnsafePointer<T>, _ values: Buffer?, _ indices: Buffer?,
    key: @escaping (T) -> UInt32?
  ) -> (UnsafeMutableRawPointer) -> Void {
    let results = values?.pointer.assumingMemoryBound(to: T.self)
    let longIndices = indices?.dtype == .int32 ? indices?.int32s() : nil
    let shortIndices = indices?.dtype == .uint16 ? indices?.pointer.assumingMemoryBound(to: UInt16.self) : nil
    return { scratch in
      let keys = scratch.assumingMemoryBound(to: UInt64.self)
      for line in 0..<split.outer * split.inner {
        let (outer, inner) = (line / split.inner, line % split.inner)
        let from = x + outer * split.count * split.inner + inner
        for i in 0..<split.count {
          let order = key(from[i * split.inner]).map { ascending ? $0 : ~$0 } ?? .max
          keys[i] = UInt64(order) << 32 | UInt64(i)
        }
        KeySort.first(keep, of: keys, count: split.count, spare: keys + split.count)
        for i in 0..<keep {
          let index = Int(keys[i] & 0xFFFF_FFFF)
          let at = outer * resultCount + i * split.inner + inner
          results?[at] = from[index * split.inner]
          longIndices?[at] = Int32(truncatingIfNeeded: index)
          shortIndices?[at] = UInt16(truncatingIfNeeded: index)
        }
      }
    }
  }
}

/// In-place sorting of distinct 64-bit keys without allocation.
enum KeySort {
  /// Moves the `keep` smallest keys to the front, ascending. The others are lost.
  static func first(
    _ keep: Int, of keys: UnsafeMutablePointer<UInt64>, count: Int, spare: UnsafeMutablePointer<UInt64>
  ) {
    guard keep > 0 else { return }
    guard keep > 64, keep * 8 > count else { return select(keep, keys, count) }
    radixSort(keys, count, spare)
  }

  /// Builds a max-heap of the smallest keys so far, then pops it.
  private static func select(_ keep: Int, _ keys: UnsafeMutablePointer<UInt64>, _ count: Int) {
    for root in stride(from: keep / 2 - 1, through: 0, by: -1) { sink(root, keys, keep) }
    for i in keep..<max(count, keep) where keys[i] < keys[0] {
      keys[0] = keys[i]
      sink(0, keys, keep)
    }
    for last in stride(from: keep - 1, to: 0, by: -1) {
      (keys[0], keys[last]) = (keys[last], keys[0])
      sink(0, keys, last)
    }
  }

  private static func sink(_ start: Int, _ heap: UnsafeMutablePointer<UInt64>, _ count: Int) {
    var parent = start
    let key = heap[start]
    while true {
      var child = 2 * parent + 1
      guard child < count else { break }
      if child + 1 < count, heap[child + 1] > heap[child] { child += 1 }
      guard heap[child] > key else { break }
      heap[parent] = heap[child]
      parent = child
    }
    heap[parent] = key
  }

  /// Radix sort by the upper four bytes, least significant first; the lower four bytes are the indices, which are
  /// already in order.
  private static func radixSort(_ keys: UnsafeMutablePointer<UInt64>, _ count: Int, _ spare: UnsafeMutablePointer<UInt64>) {
    var (from, to) = (keys, spare)
    withUnsafeTemporaryAllocation(of: Int.self, capacity: 256) { starts in
      for shift in stride(from: UInt64(32), to: 64, by: 8) {
        starts.update(repeating: 0)
        for i in 0..<count { starts[Int(from[i] >> shift & 0xFF)] += 1 }
        var next = 0
        for digit in 0..<256 { (starts[digit], next) = (next, next + starts[digit]) }
        for i in 0..<count {
          let digit = Int(from[i] >> shift & 0xFF)
          to[starts[digit]] = from[i]
          starts[digit] += 1
        }
        swap(&from, &to)
      }
    }
  }
}
