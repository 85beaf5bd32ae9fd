// SPDX-License-Identifier: Apache-2.0
// Sorting of 64-bit keys: an order in the upper half, the index in the lower.

import Tensors

/// In-place sorting of keys whose upper four bytes are an order and whose lower four bytes are their positions.
enum KeySort {
  /// Moves the `keep` smallest keys to the front, ascending. The others are lost.
  static func first(
    _ keep: Int, of keys: UnsafeMutablePointer<UInt64>, count: Int, spare: UnsafeMutablePointer<UInt64>
  ) {
    guard keep > 0 else { return }
    guard keep > 64, keep * 8 > count else { return select(keep, keys, count) }
    if count < 1 << 16 { radixSort(keys, count, keys, spare) } else { bucketSort(keys, count, spare) }
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

  /// Radix sort by the upper four bytes, least significant first; the lower four bytes are already in order.
  ///
  /// - Parameters:
  ///   - result: where the sorted keys go: `keys` or `spare`.
  private static func radixSort(
    _ keys: UnsafeMutablePointer<UInt64>, _ count: Int, _ result: UnsafeMutablePointer<UInt64>, _ spare: UnsafeMutablePointer<UInt64>
  ) {
    var (from, to) = (keys, result == keys ? spare : result)
    withUnsafeTemporaryAllocation(of: UInt32.self, capacity: 4 * 256) { all in
      guard let counts = all.baseAddress else { return }
      counts.update(repeating: 0, count: 4 * 256)
      for i in 0..<count {
        let key = from[i]
        counts[Int(key >> 32 & 0xFF)] += 1
        counts[256 + Int(key >> 40 & 0xFF)] += 1
        counts[512 + Int(key >> 48 & 0xFF)] += 1
        counts[768 + Int(key >> 56)] += 1
      }
      for digit in 0..<4 {
        let (starts, shift) = (counts + 256 * digit, UInt64(32 + 8 * digit))
        // All keys agree in this byte.
        if starts[Int(from[0] >> shift & 0xFF)] == count { continue }
        var next: UInt32 = 0
        for value in 0..<256 { (starts[value], next) = (next, next + starts[value]) }
        for i in 0..<count {
          let key = from[i]
          let value = Int(key >> shift & 0xFF)
          to[Int(starts[value])] = key
          starts[value] += 1
        }
        swap(&from, &to)
      }
    }
    if from != result { result.update(from: from, count: count) }
  }

  /// Distributes the keys to buckets that fit in a core's cache, then sorts these in parallel.
  private static func bucketSort(_ keys: UnsafeMutablePointer<UInt64>, _ count: Int, _ spare: UnsafeMutablePointer<UInt64>) {
    let levels = 8
    let buckets = 1 << levels
    let chunk = 1 << 15
    let chunks = (count + chunk - 1) / chunk
    let tree = splitters(keys, count, buckets)
    withUnsafeTemporaryAllocation(of: UInt8.self, capacity: count) { homes in
      withUnsafeTemporaryAllocation(of: Int.self, capacity: chunks * buckets) { counts in
        guard let home = homes.baseAddress, let starts = counts.baseAddress else { return }
        tree.withUnsafeBufferPointer { tree in
          Parallel.forEach(chunks) { number in
            let own = starts + number * buckets
            own.update(repeating: 0, count: buckets)
            for i in number * chunk..<min(count, (number + 1) * chunk) {
              let key = keys[i]
              var node = 1
              for _ in 0..<levels { node = 2 * node + (tree[node] <= key ? 1 : 0) }
              home[i] = UInt8(truncatingIfNeeded: node)
              own[node - buckets] += 1
            }
          }
        }
        var next = 0
        for bucket in 0..<buckets {
          for number in 0..<chunks { (starts[number * buckets + bucket], next) = (next, next + starts[number * buckets + bucket]) }
        }
        Parallel.forEach(chunks) { number in
          let own = starts + number * buckets
          for i in number * chunk..<min(count, (number + 1) * chunk) {
            let bucket = Int(home[i])
            spare[own[bucket]] = keys[i]
            own[bucket] += 1
          }
        }
        // Now each start of the last chunk is the end of its bucket.
        let ends = starts + (chunks - 1) * buckets
        Parallel.forEach(buckets) { bucket in
          let start = bucket == 0 ? 0 : ends[bucket - 1]
          if ends[bucket] > start { radixSort(spare + start, ends[bucket] - start, keys + start, keys + start) }
        }
      }
    }
  }

  /// The bounds of buckets of about equal size, from a regular sample, as a binary search tree: the children of node i are 2i and
  /// 2i + 1. Keys are distinct, so even equal elements are divided evenly.
  private static func splitters(_ keys: UnsafeMutablePointer<UInt64>, _ count: Int, _ buckets: Int) -> [UInt64] {
    let each = 16
    let sample = (0..<buckets * each).map { keys[$0 * (count / (buckets * each))] }.sorted()
    var tree = [UInt64](repeating: 0, count: buckets)
    func fill(_ node: Int, _ range: Range<Int>) {
      guard node < buckets else { return }
      let middle = (range.lowerBound + range.upperBound) / 2
      tree[node] = sample[middle * each]
      fill(2 * node, range.lowerBound..<middle)
      fill(2 * node + 1, middle..<range.upperBound)
    }
    fill(1, 0..<buckets)
    return tree
  }
}
