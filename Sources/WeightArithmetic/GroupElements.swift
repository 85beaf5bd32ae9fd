// SPDX-License-Identifier: Apache-2.0
// The elements of one group of a weight, in the weight's own element type.

import CKernels
import Tensors

/// Elements that share a lookup table; their memory is borrowed.
package enum GroupElements {
  case halves(UnsafeBufferPointer<UInt16>)
  case singles(UnsafeBufferPointer<Float>)

  /// Number of elements that are converted to floats at a time, so that they stay in the L1 cache.
  package static let pieceLimit = 4096

  package var count: Int {
    switch self {
    case .halves(let elements): elements.count
    case .singles(let elements): elements.count
    }
  }

  package var precision: WeightPrecision {
    switch self {
    case .halves: .half
    case .singles: .single
    }
  }

  package var floats: [Float] {
    switch self {
    case .halves(let elements): Halves.decode(Array(elements))
    case .singles(let elements): Array(elements)
    }
  }

  /// Calls `body` with ranges of the elements as floats, in parallel if there are many; each starts at a multiple
  /// of eight.
  func forEachStretch(_ body: (Range<Int>, UnsafePointer<Float>) -> Void) {
    Parallel.forEachStretch(of: count) { forEachPiece(of: $0, body) }
  }

  /// The same for a range of the elements, sequentially and in order.
  func forEachPiece(of stretch: Range<Int>, _ body: (Range<Int>, UnsafePointer<Float>) -> Void) {
    switch self {
    case .singles(let elements):
      if let base = elements.baseAddress { body(stretch, base + stretch.lowerBound) }
    case .halves(let elements):
      let limit = Self.pieceLimit
      withUnsafeTemporaryAllocation(of: Float.self, capacity: min(limit, stretch.count)) { scratch in
        guard let scratch = scratch.baseAddress, let base = elements.baseAddress else { return }
        for start in stride(from: stretch.lowerBound, to: stretch.upperBound, by: limit) {
          let piece = start..<min(start + limit, stretch.upperBound)
          ck_half_to_float(scratch, base + start, piece.count)
          body(piece, scratch)
        }
      }
    }
  }
}
