// SPDX-License-Identifier: Apache-2.0
// The division of a reduction of columns into items of work.

/// A reduction that keeps the innermost axis in memory, as items of work: each covers some adjacent columns and some of the rows
/// that are reduced. Its numbers depend on the work alone.
struct ColumnParts {
  /// Adjacent columns of an item, except perhaps the last ones of a row.
  let width: Int
  /// Items beside each other.
  let blocks: Int
  /// Rows of an item, except perhaps the last ones.
  let rows: Int
  /// Items below each other, whose partial results have to be combined.
  let parts: Int
  private let axes: ReducedAxes

  /// An item.
  struct Item {
    /// Offset of its first column in the input, without the offset of its rows.
    let input: Int
    let output: Int
    let width: Int
    let rows: Range<Int>
  }

  /// - Parameters:
  ///   - width: the most columns of an item.
  ///   - step: items start at multiples of this number of rows.
  init(_ axes: ReducedAxes, width: Int, step: Int) {
    self.axes = axes
    self.width = min(width, axes.run)
    blocks = (axes.run + width - 1) / width
    let height = axes.reduced.count
    let beside = axes.kept.count * blocks
    // Enough items for any number of threads; fewer rows would be combined as often as they are read.
    let wanted = beside >= 16 ? 1 : max(1, min(16, height * self.width >> 17))
    rows = max(1, ((height + wanted - 1) / wanted + step - 1) / step * step)
    parts = max(1, (height + rows - 1) / rows)
  }

  /// The number of items; the parts of one block follow each other.
  var count: Int { axes.kept.count * blocks * parts }

  func item(_ index: Int) -> Item {
    let (block, part) = (index / parts, index % parts)
    let at = axes.kept.offset(of: block / blocks)
    let column = block % blocks * width
    return Item(
      input: at.input + column, output: at.output + column * axes.runOutputStride, width: min(width, axes.run - column),
      rows: part * rows..<min(axes.reduced.count, (part + 1) * rows))
  }

  /// Calls `body` with each item's index, in parallel.
  func forEach(_ body: (Int, Item) -> Void) {
    Chunks.forEachRow(of: count, width: rows * width) { range in
      for index in range { body(index, item(index)) }
    }
  }
}
