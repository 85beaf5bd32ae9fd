// SPDX-License-Identifier: Apache-2.0
// Iteration over a dense output and the operands that broadcast to it, as long rows.

import Tensors

/// The rows of an output and the offset of each row in every operand.
///
/// Axes are taken in the output's memory order; adjacent axes that every operand traverses with one stride are merged.
/// Operands of the same shape make a single row, and so does a scalar with a tensor; one value per channel makes rows of
/// one pixel (channels last) or of one plane (row-major).
package struct Broadcast: Sendable {
  /// Number of elements in a row.
  package let run: Int
  package let rowCount: Int
  /// Stride of each operand within a row: 1, 0 (one value for all elements), or any other.
  package let steps: SIMD4<Int>
  private let outerExtents: [Int]
  private let outerStrides: [SIMD4<Int>]

  /// - Precondition: at most four operands, each with a rank no higher than the output's and with extents equal to the output's
  ///   or 1; an operand of the output's rank may have its own axis order.
  package init(output: Buffer, operands: [Buffer]) {
    precondition(operands.count <= 4, "at most four operands")
    let perOperand = operands.map { Self.strides($0, output: output) }
    var extents: [Int] = []
    var strides: [SIMD4<Int>] = []
    for axis in output.order where output.shape[axis] != 1 {
      var stride = SIMD4<Int>(repeating: 0)
      for (i, s) in perOperand.enumerated() { stride[i] = s[axis] }
      if let last = strides.last, last == stride &* SIMD4(repeating: output.shape[axis]) {
        extents[extents.count - 1] *= output.shape[axis]
        strides[strides.count - 1] = stride
      } else {
        extents.append(output.shape[axis])
        strides.append(stride)
      }
    }
    run = extents.popLast() ?? 1
    // A single element gets stride 1, so that the dense loops apply.
    steps = strides.popLast() ?? SIMD4(repeating: 1)
    rowCount = output.count == 0 ? 0 : extents.reduce(1, *)
    outerExtents = extents
    outerStrides = strides
  }

  /// Strides of an operand along the output's axes; 0 where it is broadcast.
  private static func strides(_ operand: Buffer, output: Buffer) -> [Int] {
    let missing = output.shape.count - operand.shape.count
    precondition(missing >= 0, "operand of rank \(operand.shape.count) for an output of rank \(output.shape.count)")
    let own = operand.strides
    return output.shape.indices.map { axis in
      guard axis >= missing, operand.shape[axis - missing] != 1 else { return 0 }
      precondition(operand.shape[axis - missing] == output.shape[axis], "operand does not broadcast")
      return own[axis - missing]
    }
  }

  /// Calls `body` for segments of rows that cover the output, with the segment's offset in the output and in each operand,
  /// and its length. Calls run in parallel; segments of the output do not overlap.
  package func forEachPiece(_ body: (_ output: Int, _ operands: SIMD4<Int>, _ count: Int) -> Void) {
    guard rowCount > 1 else {
      guard rowCount == 1 else { return }
      return Chunks.forEach(of: run) { body($0.lowerBound, steps &* SIMD4(repeating: $0.lowerBound), $0.count) }
    }
    // Long rows are split, short ones are grouped.
    let piecesPerRow = max(1, run / Chunks.grain)
    let piece = (run + piecesPerRow - 1) / piecesPerRow
    Chunks.forEachRow(of: rowCount * piecesPerRow, width: piece) { range in
      var row = range.lowerBound / piecesPerRow
      var part = range.lowerBound % piecesPerRow
      withUnsafeTemporaryAllocation(of: Int.self, capacity: outerExtents.count) { index in
        var offset = start(row, index)
        for _ in range {
          let from = part * piece
          body(row * run + from, offset &+ steps &* SIMD4(repeating: from), min(run, from + piece) - from)
          part += 1
          if part == piecesPerRow {
            part = 0
            row += 1
            advance(index, &offset)
          }
        }
      }
    }
  }

  /// Sets `index` to the outer coordinates of `row` and returns the offsets of the operands there.
  private func start(_ row: Int, _ index: UnsafeMutableBufferPointer<Int>) -> SIMD4<Int> {
    var rest = row
    var offset = SIMD4<Int>(repeating: 0)
    for axis in outerExtents.indices.reversed() {
      index[axis] = rest % outerExtents[axis]
      rest /= outerExtents[axis]
      offset &+= outerStrides[axis] &* SIMD4(repeating: index[axis])
    }
    return offset
  }

  private func advance(_ index: UnsafeMutableBufferPointer<Int>, _ offset: inout SIMD4<Int>) {
    for axis in outerExtents.indices.reversed() {
      index[axis] += 1
      offset &+= outerStrides[axis]
      if index[axis] < outerExtents[axis] { return }
      index[axis] = 0
      offset &-= outerStrides[axis] &* SIMD4(repeating: outerExtents[axis])
    }
  }
}
