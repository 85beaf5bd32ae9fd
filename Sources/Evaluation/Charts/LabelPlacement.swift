// SPDX-License-Identifier: Apache-2.0
// Placement of labels next to marks without overlaps.

/// A box in chart coordinates, y downwards.
struct Box: Equatable {
  var x, y, width, height: Double

  func overlaps(_ other: Box) -> Bool {
    x < other.x + other.width && other.x < x + width && y < other.y + other.height && other.y < y + height
  }

  func contains(_ other: Box) -> Bool {
    other.x >= x && other.y >= y && other.x + other.width <= x + width && other.y + other.height <= y + height
  }
}

/// Places labels one by one, each at the first free position around its mark.
struct LabelPlacement {
  /// A free position; `isFar` requires a line to the mark.
  struct Place: Equatable {
    var box: Box
    /// The end of the text nearest to the mark, so that a font of another width grows away from it.
    var anchor: SVGText.Anchor
    var isFar: Bool

    /// x of the text's anchor.
    var x: Double {
      switch anchor {
      case .start: box.x
      case .middle: box.x + box.width / 2
      case .end: box.x + box.width
      }
    }
  }

  let area: Box
  private var taken: [Box]

  init(area: Box, obstacles: [Box]) {
    self.area = area
    taken = obstacles
  }

  /// The box for a label of that size around a mark at (x, y). Tries right, left, above, below, then the corners, near first,
  /// then farther out. `nil` if every position is taken: the label is then omitted.
  mutating func place(x: Double, y: Double, width: Double, height: Double, markRadius r: Double) -> Place? {
    for distance in [r + 3, r + 12, r + 24, r + 38] {
      let d = distance * 0.8
      let centered = -width / 2
      let offsets: [(Double, Double, SVGText.Anchor)] = [
        (distance, -height / 2, .start), (-distance - width, -height / 2, .end),
        (centered, -distance - height, .middle), (centered, distance, .middle),
        (d, -d - height, .start), (-d - width, -d - height, .end), (d, d, .start), (-d - width, d, .end),
      ]
      for (dx, dy, anchor) in offsets {
        let box = Box(x: x + dx, y: y + dy, width: width, height: height)
        guard area.contains(box), !taken.contains(where: box.overlaps) else { continue }
        taken.append(box)
        return Place(box: box, anchor: anchor, isFar: distance > r + 12)
      }
    }
    return nil
  }
}
