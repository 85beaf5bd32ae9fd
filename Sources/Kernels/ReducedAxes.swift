// SPDX-License-Identifier: Apache-2.0
// The memory traversal of a reduction: kept axes, reduced axes, and their strides.

import Tensors

/// Axes of one kind (kept or reduced), outermost in memory first, adjacent ones merged.
package struct AxisList: Sendable {
  package private(set) var extents: [Int] = []
  /// Stride in the input, in elements.
  package private(set) var strides: [Int] = []
  /// Stride in the output; 0 for reduced axes.
  package private(set) var outputStrides: [Int] = []

  package var count: Int { extents.reduce(1, *) }

  /// Offsets of the `index`-th combination of indices (the last axis varies fastest).
  package func offset(of index: Int) -> (input: Int, output: Int) {
    var rest = index
    var (input, output) = (0, 0)
    for axis in extents.indices.reversed() {
      let i = rest % extents[axis]
      rest /= extents[axis]
      input += i * strides[axis]
      output += i * outputStrides[axis]
    }
    return (input, output)
  }

  /// Adds an axis inside the existing ones.
  fileprivate mutating func append(_ extent: Int, _ stride: Int, _ outputStride: Int) {
    if let last = extents.indices.last, strides[last] == stride * extent,
      outputStrides[last] == outputStride * extent
    {
      extents[last] *= extent
      strides[last] = stride
      outputStrides[last] = outputStride
    } else {
      extents.append(extent)
      strides.append(stride)
      outputStrides.append(outputStride)
    }
  }

  fileprivate mutating func removeLast() -> (extent: Int, stride: Int, outputStride: Int) {
    (extents.removeLast(), strides.removeLast(), outputStrides.removeLast())
  }
}

/// A dense input in any axis order with some axes reduced, and a row-major output.
package struct ReducedAxes: Sendable {
  /// The kept axes, except the innermost one.
  package let kept: AxisList
  /// The reduced axes, except the innermost one.
  package let reduced: AxisList
  /// Extent of the innermost axis in memory: consecutive elements.
  package let run: Int
  /// Whether that axis is reduced; if not, the output has one value per element, `runOutputStride` apart.
  package let runIsReduced: Bool
  package let runOutputStride: Int

  /// - Parameter axes: the program's axes (not negative) that are reduced.
  package init(_ x: Buffer, axes: [Int]) {
    let output = x.shape.indices.map { axes.contains($0) ? 1 : x.shape[$0] }.rowMajorStrides
    let strides = x.strides
    var kept = AxisList()
    var reduced = AxisList()
    var runIsReduced = true
    for axis in x.order where x.shape[axis] != 1 {
      runIsReduced = axes.contains(axis)
      if runIsReduced {
        reduced.append(x.shape[axis], strides[axis], 0)
      } else {
        kept.append(x.shape[axis], strides[axis], output[axis])
      }
    }
    if kept.extents.isEmpty && reduced.extents.isEmpty { reduced.append(1, 1, 0) }
    let inner = runIsReduced ? reduced.removeLast() : kept.removeLast()
    self.kept = kept
    self.reduced = reduced
    self.runIsReduced = runIsReduced
    run = inner.extent
    runOutputStride = inner.outputStride
  }

  /// Input elements per output element.
  package var reducedCount: Int { reduced.count * (runIsReduced ? run : 1) }
  /// Number of output elements.
  package var outputCount: Int { kept.count * (runIsReduced ? 1 : run) }

  /// Whether the `outputCount` outputs are reductions of consecutive rows of `run` elements.
  package var isRows: Bool {
    runIsReduced && reduced.extents.isEmpty
      && (kept.extents.isEmpty || kept.extents.count == 1 && kept.strides == [run] && kept.outputStrides == [1])
  }

  /// The input offset and the output offset of the `index`-th output.
  package func output(_ index: Int) -> (input: Int, output: Int) {
    guard !runIsReduced else { return kept.offset(of: index) }
    let outer = kept.offset(of: index / run)
    return (outer.input + index % run, outer.output + index % run * runOutputStride)
  }

  /// The offset of an output's `index`-th input element from its first.
  package func element(_ index: Int) -> Int {
    guard runIsReduced else { return reduced.offset(of: index).input }
    return reduced.offset(of: index / run).input + index % run
  }
}
