// SPDX-License-Identifier: Apache-2.0
// Broadcast operands are split into rows that cover the output exactly once.

import Kernels
import Tensors
import Testing

@Suite("Broadcast") final class BroadcastTests {
  private let memory = UnsafeMutableRawPointer.allocate(byteCount: 64, alignment: 64)

  deinit { memory.deallocate() }

  /// A buffer of which only the shape is used.
  private func buffer(_ shape: Shape, order: [Int]? = nil) -> Buffer {
    Buffer(dtype: .float32, shape: shape, order: order, pointer: memory)
  }

  private let image = [2, 3, 4, 5]
  private let channelsLast = [0, 2, 3, 1]

  @Test func equalShapesAndScalarsAreOneRow() {
    for order in [[0, 1, 2, 3], channelsLast] {
      let walk = Broadcast(
        output: buffer(image, order: order), operands: [buffer(image, order: order), buffer([]), buffer([1, 1, 1, 1], order: order)])
      #expect(walk.rowCount == 1 && walk.run == 120)
      #expect(walk.steps[0] == 1 && walk.steps[1] == 0 && walk.steps[2] == 0)
    }
  }

  @Test func channelsMakePlanesOrPixels() {
    let planes = Broadcast(output: buffer(image), operands: [buffer(image), buffer([3, 1, 1])])
    #expect(planes.rowCount == 6 && planes.run == 20 && planes.steps[1] == 0)
    let pixels = Broadcast(
      output: buffer(image, order: channelsLast), operands: [buffer(image, order: channelsLast), buffer([3, 1, 1])])
    #expect(pixels.rowCount == 40 && pixels.run == 3 && pixels.steps[1] == 1)
  }

  @Test func emptyOutputsHaveNoRows() {
    let walk = Broadcast(output: buffer([0, 3]), operands: [buffer([0, 3]), buffer([3])])
    #expect(walk.rowCount == 0)
    walk.forEachPiece { _, _, _ in Issue.record("there is no piece") }
  }

  /// Every element is visited once, with the corresponding element of the operand, for rows of any length.
  @Test(arguments: [[2, 3, 4, 5], [1, 1, 1, 1], [3, 40_000], [70_000, 2], [2, 50_000, 3]])
  func piecesCoverTheOutput(_ shape: Shape) throws {
    for mask in 0..<(1 << shape.count) {
      let operand = shape.indices.map { mask >> $0 & 1 == 1 ? 1 : shape[$0] }
      let walk = Broadcast(output: buffer(shape), operands: [buffer(operand)])
      var places = [Int](repeating: -1, count: shape.elementCount)
      places.withUnsafeMutableBufferPointer { places in
        guard let base = places.baseAddress else { return }
        // Pieces run concurrently, and each writes different elements.
        nonisolated(unsafe) let to = base
        walk.forEachPiece { at, operands, count in
          for i in 0..<count { to[at + i] = operands[0] + i * walk.steps[0] }
        }
      }
      let (own, strides) = (shape.rowMajorStrides, operand.rowMajorStrides)
      let expected = places.indices.map { index in
        shape.indices.reduce(0) { $0 + (operand[$1] == 1 ? 0 : index / own[$1] % shape[$1] * strides[$1]) }
      }
      #expect(places == expected, "\(operand)")
    }
  }
}
