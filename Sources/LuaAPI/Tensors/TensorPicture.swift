// SPDX-License-Identifier: Apache-2.0
// Formats the elements of a tensor in brackets, aligned, with … for omitted elements.

import Tensors
import TextLayout

/// Formats elements from both ends of each axis in the layout of NumPy.
struct TensorPicture {
  private let shape: Shape
  /// The number of elements shown at each end of each axis; 0 for the first element only, the extent if the whole
  /// axis is shown.
  private let edges: [Int]
  private let columns: Int
  private var cells: [String] = []
  private var width = 0

  init(_ flat: Tensor, _ shape: Shape, _ edges: [Int], columns: Int, number: (Double) -> String) {
    self.shape = shape
    self.edges = edges
    self.columns = columns
    collect(flat, 0, 0, number)
    width = cells.map { DisplayWidth.of($0) }.max() ?? 0
  }

  /// The indices of an axis that are shown; `nil` marks the omitted ones.
  private func positions(_ axis: Int) -> [Int?] {
    let (n, edge) = (shape[axis], edges[axis])
    if edge == 0 { return n > 1 ? [0, nil] : [0] }
    guard n > 2 * edge else { return Array(0..<n) }
    return Array(0..<edge) + [nil] + Array(n - edge..<n)
  }

  /// The number of elements of an axis that are shown.
  static func shown(_ extent: Int, _ edge: Int) -> Int { edge == 0 ? min(extent, 1) : min(extent, 2 * edge) }

  private mutating func collect(_ flat: Tensor, _ axis: Int, _ start: Int, _ number: (Double) -> String) {
    let row = shape[(axis + 1)...].reduce(1, *)
    for position in positions(axis) {
      guard let position else { continue }
      let at = start + position * row
      if axis == shape.count - 1 {
        cells.append(number(flat.rows(at..<at + 1).doubles()[0]))
      } else {
        collect(flat, axis + 1, at, number)
      }
    }
  }

  var lineCount: Int { text.count(where: \.isNewline) + 1 }

  var text: String {
    var next = 0
    return block(0, &next)
  }

  private func block(_ axis: Int, _ next: inout Int) -> String {
    let blanks = String(repeating: " ", count: axis + 1)
    guard axis == shape.count - 1 else {
      var parts: [String] = []
      for position in positions(axis) { parts.append(position == nil ? "…" : block(axis + 1, &next)) }
      return "[" + parts.joined(separator: "\n" + blanks) + "]"
    }
    var lines = [""]
    for position in positions(axis) {
      let cell = position == nil ? "…" : DisplayWidth.pad(cells[next], to: width, right: true)
      if position != nil { next += 1 }
      let line = lines[lines.count - 1]
      if line.isEmpty {
        lines[lines.count - 1] = cell
      } else if axis + 2 + DisplayWidth.of(line) + 1 + DisplayWidth.of(cell) <= columns {
        lines[lines.count - 1] += " " + cell
      } else {
        lines.append(cell)
      }
    }
    return "[" + lines.joined(separator: "\n" + blanks) + "]"
  }
}
