// SPDX-License-Identifier: Apache-2.0
// Kernels that are loops over rows, which may alternate with the slices of other kernels.

import Kernels
import Tensors

extension Kernel {
  /// - Parameter work: floating-point operations of an element, about: loops that wait for memory count its reads and writes as such.
  init(_ label: String, rows loop: RowLoop, _ request: KernelRequest, work: Int) {
    let ranges = Slices.ranges(of: loop.rows, parts: Slices.count(flops: loop.rows * loop.width * work, chained: true))
    let accesses = ranges.map { range in
      SlicedWork.Access(rowsOf: request, output: range.lowerBound * loop.width..<range.upperBound * loop.width)
    }
    let sliced = SlicedWork(accesses, scratchByteCount: 0) { slice, _ in loop.run(ranges[slice]) }
    self.init(label, sliced: sliced) { loop.runAll() }
  }
}

extension SlicedWork.Access {
  /// A slice of a request that computes some elements of the output, in memory order, from those of all inputs of the output's shape.
  fileprivate init(rowsOf request: KernelRequest, output elements: Range<Int>) {
    let all = request.inputs.flatMap(\.value) + request.post.compactMap(\.operand)
    self.init(request, output: elements, reading: all.map { ($0, $0.shape == request.output.shape ? elements : 0..<$0.count) })
  }
}
