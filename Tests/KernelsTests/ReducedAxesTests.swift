// SPDX-License-Identifier: Apache-2.0
// The input elements of each output of a reduction, for every order of axes.

import Kernels
import Tensors
import Testing

@Suite("Reduced axes") final class ReducedAxesTests {
  private let memory = UnsafeMutableRawPointer.allocate(byteCount: 64, alignment: 64)

  deinit { memory.deallocate() }

  @Test func neighborsMerge() {
    let pooled = ReducedAxes(Buffer(dtype: .float32, shape: [2, 3, 4, 5], pointer: memory), axes: [2, 3])
    #expect(pooled.isRows && pooled.run == 20 && pooled.outputCount == 6)
    let pixels = ReducedAxes(
      Buffer(dtype: .float32, shape: [2, 3, 4, 5], order: [0, 2, 3, 1], pointer: memory), axes: [2, 3])
    #expect(!pixels.runIsReduced && pixels.run == 3 && pixels.reducedCount == 20 && pixels.kept.count == 2)
  }

  /// Each input element contributes to exactly the output with its kept indices.
  @Test func everyElementOnce() {
    let shape = [2, 3, 1, 4]
    for order in [[0, 1, 2, 3], [0, 2, 3, 1], [3, 1, 0, 2]] {
      let x = Buffer(dtype: .float32, shape: shape, order: order, pointer: memory)
      for mask in 0..<16 {
        let axes = shape.indices.filter { mask >> $0 & 1 == 1 }
        let reduced = ReducedAxes(x, axes: axes)
        let outputStrides = shape.indices.map { axes.contains($0) ? 1 : shape[$0] }.rowMajorStrides
        var behind = [Int](repeating: -1, count: x.count)
        for i in 0..<reduced.outputCount {
          let at = reduced.output(i)
          for j in 0..<reduced.reducedCount { behind[at.input + reduced.element(j)] = at.output }
        }
        for index in 0..<x.count {
          let indices = shape.indices.map { index / shape.rowMajorStrides[$0] % shape[$0] }
          let place = zip(indices, x.strides).reduce(0) { $0 + $1.0 * $1.1 }
          let output = shape.indices.reduce(0) { $0 + (axes.contains($1) ? 0 : indices[$1] * outputStrides[$1]) }
          #expect(behind[place] == output, "\(order) \(axes)")
        }
      }
    }
  }
}
