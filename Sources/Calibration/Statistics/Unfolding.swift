// SPDX-License-Identifier: Apache-2.0
// The vectors that a convolution multiplies with its weights: one for each output position.

import Tensors

/// The geometry of a convolution over 1 to 3 spatial axes.
package struct Unfolding: Sendable, Hashable {
  package var groups: Int
  package var kernel: [Int]
  package var strides: [Int]
  package var dilations: [Int]
  /// Zeros before and after each spatial axis.
  package var padBegin: [Int]
  package var padEnd: [Int]

  package init(groups: Int, kernel: [Int], strides: [Int], dilations: [Int], padBegin: [Int], padEnd: [Int]) {
    self.groups = groups
    self.kernel = kernel
    self.strides = strides
    self.dilations = dilations
    self.padBegin = padBegin
    self.padEnd = padEnd
  }

  /// The extents of the output.
  package func output(_ spatial: [Int]) -> [Int] {
    spatial.indices.map { i in
      max((spatial[i] + padBegin[i] + padEnd[i] - dilations[i] * (kernel[i] - 1) - 1) / strides[i] + 1, 0)
    }
  }

  /// The vectors of one group, row-major: for each sample and output position (channel, kernel position), zero where
  /// the kernel covers padding.
  ///
  /// - Parameters:
  ///   - values: `[samples, channels, *spatial]`.
  ///   - keep: whether each position counts; `nil` for all.
  package func rows(_ values: [Float], _ shape: Shape, group: Int, keep: [Bool]?) -> [Float] {
    let spatial = Array(shape.dropFirst(2))
    let extents = output(spatial)
    let (positions, window) = (extents.reduce(1, *), kernel.reduce(1, *))
    let channels = shape[1] / groups
    let area = spatial.reduce(1, *)
    let kept = (0..<shape[0] * positions).filter { keep?[$0] ?? true }
    // For each kernel position its index in each spatial axis, and the distance of neighbors along the axis.
    let places = (0..<window).map { Self.index($0, in: kernel) }
    var steps = [Int](repeating: 1, count: spatial.count)
    for i in stride(from: spatial.count - 2, through: 0, by: -1) { steps[i] = steps[i + 1] * spatial[i + 1] }
    var rows = [Float](repeating: 0, count: kept.count * channels * window)
    for (number, position) in kept.enumerated() {
      let sample = position / positions
      let at = Self.index(position % positions, in: extents)
      for (k, place) in places.enumerated() {
        var offset = 0
        var isInside = true
        for i in spatial.indices {
          let coordinate = at[i] * strides[i] - padBegin[i] + place[i] * dilations[i]
          guard (0..<spatial[i]).contains(coordinate) else {
            isInside = false
            break
          }
          offset += coordinate * steps[i]
        }
        guard isInside else { continue }
        let source = (sample * shape[1] + group * channels) * area + offset
        let target = number * channels * window + k
        for channel in 0..<channels { rows[target + channel * window] = values[source + channel * area] }
      }
    }
    return rows
  }

  private static func index(_ number: Int, in extents: [Int]) -> [Int] {
    var (rest, index) = (number, extents)
    for i in extents.indices.reversed() {
      index[i] = rest % extents[i]
      rest /= extents[i]
    }
    return index
  }
}
