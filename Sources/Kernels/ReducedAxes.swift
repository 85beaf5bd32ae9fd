// SPDX-License-Identifier: Apache-2.0
// How a reduction walks through memory: which axes stay, which go, in what steps.

import Tensors

/// Axes of one kind, outermost in memory first, neighbors merged.
package struct AxisList: Sendable {
  package private(set) var extents: [Int] = []
  /// Elements from one index to the next in the input.
  package private(set) var strides: [Int] = []
  /// The same in the output; 0 for axes that are reduced.
  package private(set) var outputStrides: [Int] = []

  package var count: Int { extents.reduce(1, *) }

  /// Where the `index`-th combination of indices (the last axis running fastest) begins.
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

  /// Adds an axis inside the present ones.
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

/// A dense input in any order of axes, some of which are reduced, and a plain output.
package struct ReducedAxes: Sendable {
  /// The axes that stay, but for the innermost run.
  package let kept: AxisList
  /// The axes that go, but for the innermost run.
  package let reduced: AxisList
  /// The innermost axis in memory: consecutive elements.
  package let run: Int
  /// Whether that axis is reduced; else the output has a value for each of its elements, `runOutputStride` apart.
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

  /// Input elements behind each output element.
  package var reducedCount: Int { reduced.count * (runIsReduced ? run : 1) }
  /// Output elements.
  package var outputCount: Int { kept.count * (runIsReduced ? 1 : run) }

  /// Whether the `outputCount` outputs are those of consecutive rows of `run` elements.
  package var isRows: Bool {
    runIsReduced && reduced.extents.isEmpty
      && (kept.extents.isEmpty || kept.extents.count == 1 && kept.strides == [run] && kept.outputStrides == [1])
  }

  /// Where the input elements of the `index`-th output begin, and where that output lies.
  package func output(_ index: Int) -> (input: Int, output: Int) {
    guard !runIsReduced else { return kept.offset(of: index) }
    let outer = kept.offset(of: index / run)
    return (outer.input + index % run, outer.output + index % run * runOutputStride)
  }

  /// Where the `index`-th of an output's input elements lies, from the first.
  package func element(_ index: Int) -> Int {
    guard runIsReduced else { return reduced.offset(of: index).input }
    return reduced.offset(of: index / run).input + index % run
  }
}
