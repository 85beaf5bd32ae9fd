// SPDX-License-Identifier: Apache-2.0
// Chunks cover their range exactly once, and do not depend on the machine.

import Kernels
import Testing

@Suite("Chunks") struct ChunksTests {
  @Test(arguments: [0, 1, 100, 32_767, 32_768, 100_001])
  func coverTheRange(_ count: Int) {
    var hits = [UInt8](repeating: 0, count: count)
    hits.withUnsafeMutableBufferPointer { hits in
      nonisolated(unsafe) let hits = hits
      Chunks.forEach(of: count) { range in for i in range { hits[i] += 1 } }
    }
    #expect(hits.allSatisfy { $0 == 1 })
  }

  @Test func wideRowsAreChunksOfTheirOwn() {
    var lengths = [Int](repeating: 0, count: 10)
    lengths.withUnsafeMutableBufferPointer { lengths in
      nonisolated(unsafe) let lengths = lengths
      Chunks.forEachRow(of: 10, width: 1 << 20) { lengths[$0.lowerBound] = $0.count }
    }
    #expect(lengths == Array(repeating: 1, count: 10))
  }
}
