// SPDX-License-Identifier: Apache-2.0
// n:m sparsity: zeros for the n smallest of every m neighbors.

import Tensors

package enum NeighborSparsity {
  /// Zeroes the n smallest of every m neighbours along the axis; of equals the first.
  ///
  /// A short tail counts as filled up with zeros, which are among the smallest.
  package static func zeroSmallest(_ n: Int, ofEvery m: Int, in values: inout [Float], _ shape: Shape, along axis: Int) {
    let channels = shape[axis]
    let inner = Shape(shape.dropFirst(axis + 1)).elementCount
    var order: [(magnitude: Float, channel: Int)] = []
    for outer in 0..<Shape(shape.prefix(axis)).elementCount {
      for first in stride(from: 0, to: channels, by: m) {
        for column in 0..<inner {
          order.removeAll(keepingCapacity: true)
          for channel in first..<first + m {
            let value =
              channel < channels ? values[(outer * channels + channel) * inner + column] : 0
            order.append((abs(value), channel))
          }
          order.sort {
            $0.magnitude != $1.magnitude ? $0.magnitude < $1.magnitude : $0.channel < $1.channel
          }
          for (_, channel) in order.prefix(n) where channel < channels {
            values[(outer * channels + channel) * inner + column] = 0
          }
        }
      }
    }
  }
}
