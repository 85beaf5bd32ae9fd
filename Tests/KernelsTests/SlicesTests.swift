// SPDX-License-Identifier: Apache-2.0
// Slices: their number follows from the work, and their ranges cover it.

import Kernels
import Testing

@Suite struct SlicesTests {
  @Test func briefWorkIsOneSlice() {
    #expect(Slices.count(flops: 0) == 1 && Slices.count(flops: 1 << 20) == 1)
    #expect(Slices.count(flops: 1 << 21) == 2 && Slices.count(flops: 1 << 26) == 8)
    #expect(Slices.count(flops: .max) == 16 && Slices.count(flops: .max, atMost: 3) == 3 && Slices.count(flops: .max, atMost: 0) == 1)
  }

  @Test(arguments: [1, 2, 3, 7, 16, 100]) func rangesCoverAll(parts: Int) {
    for count in [1, 2, 3, 7, 16, 31, 100] {
      let ranges = Slices.ranges(of: count, parts: parts)
      #expect(ranges.flatMap { Array($0) } == Array(0..<count) && ranges.count <= parts)
      #expect(Set(ranges.dropLast().map(\.count)).count <= 1 && ranges.last!.count <= ranges[0].count)
    }
    #expect(Slices.ranges(of: 0, parts: parts) == [0..<0])
  }
}
