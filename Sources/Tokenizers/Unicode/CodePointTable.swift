// SPDX-License-Identifier: Apache-2.0
// Tables for the lookup of a code point's properties in constant time.

/// A set of code points as bits in pages of 256, of which equal ones are stored once.
struct CodePointFlags: Sendable {
  private let pages: [UInt16]
  private let words: [UInt64]

  init(_ set: CodePointSet) {
    var pages: [UInt16] = []
    var words: [UInt64] = [0, 0, 0, 0, .max, .max, .max, .max]
    var known: [[UInt64]: UInt16] = [[0, 0, 0, 0]: 0, [.max, .max, .max, .max]: 1]
    var next = 0
    let ranges = set.ranges
    for page in 0..<UInt32(0x1100) {
      let (first, last) = (page << 8, page << 8 | 255)
      while next < ranges.count, ranges[next].upperBound < first { next += 1 }
      var bits: [UInt64] = [0, 0, 0, 0]
      var at = next
      if at < ranges.count, ranges[at].lowerBound <= first, ranges[at].upperBound >= last {
        bits = [.max, .max, .max, .max]
      } else {
        while at < ranges.count, ranges[at].lowerBound <= last {
          for point in max(first, ranges[at].lowerBound)...min(last, ranges[at].upperBound) {
            bits[Int(point >> 6 & 3)] |= 1 << UInt64(point & 63)
          }
          at += 1
        }
      }
      if let position = known[bits] {
        pages.append(position)
      } else {
        let position = UInt16(words.count / 4)
        known[bits] = position
        words += bits
        pages.append(position)
      }
    }
    self.pages = pages
    self.words = words
  }

  subscript(point: UInt32) -> Bool {
    let page = Int(point >> 8)
    guard page < pages.count else { return false }
    return words[Int(pages[page]) << 2 | Int(point >> 6 & 3)] >> UInt64(point & 63) & 1 != 0
  }
}

/// A small number for every code point, by binary search in runs.
struct CodePointValues: Sendable {
  private let starts: [UInt32]
  private let values: [UInt8]

  init(runs: [(first: UInt32, last: UInt32, value: Int)]) {
    starts = runs.map { $0.first }
    values = runs.map { UInt8(truncatingIfNeeded: $0.value) }
  }

  subscript(point: UInt32) -> UInt8 {
    var (low, high) = (0, starts.count)
    while high - low > 1 {
      let middle = (low + high) / 2
      if starts[middle] <= point { low = middle } else { high = middle }
    }
    return values.isEmpty ? 0 : values[low]
  }
}
