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
    // The distance in the mask of neighbors along each axis; 0 where the mask does not depend on it.
    var steps = [Int](repeating: 0, count: positions.count)
    var step = 1
    for axis in axes.reversed() {
      steps[axis] = step
      step *= positions[axis]
    }
    var places = [0]
    for (axis, extent) in positions.enumerated() {
      var next: [Int] = []
      next.reserveCapacity(places.count * extent)
      for place in places {
        if steps[axis] == 0 {
          next.append(contentsOf: repeatElement(place, count: extent))
        } else {
          for i in 0..<extent { next.append(place + i * steps[axis]) }
        }
      }
      places = next
    }
    return places.map { values[$0] }
  }

  /// The mask with positions of samples from `count` on left out.
  package func limited(toSamples count: Int) -> PositionMask {
    let row = values.count / max(extents.first ?? 1, 1)
    return PositionMask(extents: extents, values: values.enumerated().map { $0.offset / max(row, 1) < count && $0.element })
  }
}
