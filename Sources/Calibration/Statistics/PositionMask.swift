// SPDX-License-Identifier: Apache-2.0
// Which positions of values count, for instance all but the padding of texts.

import Tensors

/// Zeros and ones along some axes of the values of one call, such as `[samples, tokens]`.
package struct PositionMask: Sendable, Equatable {
  package let extents: [Int]
  package let values: [Bool]

  package init(extents: [Int], values: [Bool]) {
    self.extents = extents
    self.values = values
  }

  /// - Parameter tensor: nonzero where a position counts.
  package init(_ tensor: Tensor) {
    self.init(extents: Array(tensor.shape), values: tensor.doubles().map { $0 != 0 })
  }

  /// Whether each position counts, row-major; `nil` if the mask's extents do not occur in that order among the
  /// positions', so that all count.
  package func keep(_ positions: [Int]) -> [Bool]? {
    // The mask's extents other than 1 are looked for from the first axis on; the first axis is that of the samples.
    var axes: [Int] = []
    var wanted = extents.enumerated().filter { $0.element != 1 || $0.offset == 0 }.map(\.element)[...]
    for (axis, extent) in positions.enumerated() where wanted.first == extent {
      axes.append(axis)
      wanted = wanted.dropFirst()
    }
    guard wanted.isEmpty else { return nil }
    let sizes = axes.map { positions[$0] }
    return (0..<positions.reduce(1, *)).map { number in
      var (rest, index) = (number, positions)
      for axis in positions.indices.reversed() {
        index[axis] = rest % positions[axis]
        rest /= positions[axis]
      }
      var at = 0
      for (size, axis) in zip(sizes, axes) { at = at * size + index[axis] }
      return values[at]
    }
  }

  /// The mask with positions of samples from `count` on left out.
  package func limited(toSamples count: Int) -> PositionMask {
    let row = values.count / max(extents.first ?? 1, 1)
    return PositionMask(extents: extents, values: values.enumerated().map { $0.offset / max(row, 1) < count && $0.element })
  }
}
