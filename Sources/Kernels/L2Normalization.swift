// SPDX-License-Identifier: Apache-2.0
// Division of groups of elements by their L2 norm.

import CKernels
import Tensors

/// `y = x / √(Σ x² + epsilon)`, the sum taken over the given axes.
package struct L2Normalization {
  private let x: UnsafeMutablePointer<Float>
  private let y: UnsafeMutablePointer<Float>
  private let squares: Reduction
  private let groups: Int
  private let walk: Broadcast
  private let epsilon: Float

  /// - Precondition: floats of the same shape and axis order; `axes` are not negative.
  package init(_ x: Buffer, over axes: [Int], to y: Buffer, epsilon: Float) {
    self.x = x.floats()
    self.y = y.floats()
    self.epsilon = epsilon
    let reduced = ReducedAxes(x, axes: axes)
    squares = Reduction(.sumSquare, reduced)
    groups = reduced.outputCount
    // The factors are in scratch memory; only their shape is used here.
    let shape = x.shape.indices.map { axes.contains($0) ? 1 : x.shape[$0] }
    walk = Broadcast(output: y, operands: [x, Buffer(dtype: .float32, shape: shape, pointer: x.pointer)])
  }

  /// Bytes of scratch that `run` needs.
  package var scratchBytes: Int { squares.scratchBytes + groups * MemoryLayout<Float>.stride }

  /// `y` may be `x`.
  package func run(scratch: UnsafeMutableRawPointer) {
    let factors = (scratch + squares.scratchBytes).assumingMemoryBound(to: Float.self)
    squares.run(x, to: factors, scratch: scratch)
    ck_rsqrt(factors, factors, epsilon, groups)
    walk.forEachPiece { at, operands, count in
      Binary.apply(
        .multiply, x + operands[0], walk.steps[0], factors + operands[1], walk.steps[1], to: y + at, count: count)
    }
  }
}
