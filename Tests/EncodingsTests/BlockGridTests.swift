// SPDX-License-Identifier: Apache-2.0
// Iteration over a tensor block by block.

import Encodings
import Tensors
import Testing

@Suite("BlockGrid") struct BlockGridTests {
  /// The block of an element by the definition: its index divided by the block's extent, axis by axis.
  static func block(of element: Int, _ shape: Shape, _ counts: Shape) -> Int {
    var rest = element
    var index = [Int](repeating: 0, count: shape.count)
    for axis in shape.indices.reversed() {
      index[axis] = rest % shape[axis]
      rest /= shape[axis]
    }
    var block = 0
    for axis in shape.indices {
      block = block * counts[axis] + index[axis] / (shape[axis] / counts[axis])
    }
    return block
  }

  @Test(arguments: [
    ([6], [1]), ([6], [6]), ([6], [3]), ([4, 6], [1, 1]), ([4, 6], [4, 1]), ([4, 6], [1, 6]),
    ([4, 6], [2, 3]),
    ([4, 6], [4, 3]), ([4, 6, 2], [2, 1, 2]), ([4, 6, 2, 3], [4, 3, 1, 1]),
    ([4, 6, 2, 3], [1, 6, 1, 1]),
    ([2, 1, 3], [2, 1, 3]), ([1, 5, 1], [1, 5, 1]), ([3, 4, 5], [3, 2, 5]), ([0, 4], [1, 2]),
  ])
  func everyElementOnceInItsBlock(shape: Shape, counts: Shape) throws {
    let grid = try BlockGrid(shape, into: counts, part: "data")
    var next = 0
    grid.forEachRun { start, count, block in
      #expect(start == next)
      for i in start..<start + count { #expect(Self.block(of: i, shape, counts) == block) }
      next = start + count
    }
    #expect(next == shape.elementCount)
  }

  @Test func aConvolutionWithOneScalePerChannelIsOneRow() throws {
    var rows = 0
    try BlockGrid([64, 32, 3, 3], into: [64, 1, 1, 1], part: "data").forEachRow { row in
      rows += 1
      #expect(row.count == 64 * 288 && row.blockSize == 288)
    }
    #expect(rows == 1)
  }

  @Test func refusals() {
    #expect(throws: EncodingError.blocks(part: "data", axis: 1, extent: 48, blocks: 5)) {
      try BlockGrid([4, 48], into: [1, 5], part: "data")
    }
    #expect(throws: EncodingError.rank(part: "data", found: 2, expected: "1")) {
      try BlockGrid([4, 48], into: [1], part: "data")
    }
    #expect(throws: EncodingError.blocks(part: "data", axis: 0, extent: 4, blocks: 0)) {
      try BlockGrid([4], into: [0], part: "data")
    }
  }
}
