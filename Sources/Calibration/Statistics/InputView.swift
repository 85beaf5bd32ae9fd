// SPDX-License-Identifier: Apache-2.0
// How the vectors that a weight multiplies lie in a value.

import Tensors

/// The vectors in a value that a weight multiplies.
package enum InputView: Sendable, Hashable {
  /// Along an axis, counted from the end: 1 for the last.
  case axis(fromEnd: Int)
  /// Windows of a convolution.
  case windows(Unfolding)

  /// The number of groups of output channels with inputs of their own.
  package var groups: Int {
    if case .windows(let unfolding) = self { unfolding.groups } else { 1 }
  }

  /// The vectors of each group, row-major.
  ///
  /// - Parameter mask: the positions that count; `nil` for all.
  package func vectors(_ value: Tensor, _ mask: PositionMask?) -> [[Float]] {
    let floats = value.floats()
    switch self {
    case .windows(let unfolding):
      let positions = [value.shape[0]] + unfolding.output(Array(value.shape.dropFirst(2)))
      let keep = mask?.keep(positions)
      return (0..<unfolding.groups).map { unfolding.rows(floats, value.shape, group: $0, keep: keep) }
    case .axis(let fromEnd):
      guard value.rank >= fromEnd else { return [[]] }
      let axis = value.rank - fromEnd
      let layout = MatrixLayout(value.shape, outputAxis: axis)
      var positions = value.shape
      let size = positions.remove(at: axis)
      let keep = mask?.keep(positions)
      if fromEnd == 1 {
        guard let keep else { return [floats] }
        var kept: [Float] = []
        for (row, isKept) in keep.enumerated() where isKept { kept += floats[row * size..<(row + 1) * size] }
        return [kept]
      }
      // One row for each element of the axis: transposed to one for each position.
      let matrix = layout.matrix(floats)
      let count = layout.columns
      var rows: [Float] = []
      for position in 0..<count where keep?[position] ?? true {
        for i in 0..<size { rows.append(matrix[i * count + position]) }
      }
      return [rows]
    }
  }
}
