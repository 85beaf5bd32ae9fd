// SPDX-License-Identifier: Apache-2.0
// Padding.

import MIL
import ONNXFiles
import Operators
import Tensors

enum Padding {
  static let rules: [Rule] = [.one("Pad") { n in try n.padding() }]
}

extension Node {
  fileprivate func padding() throws -> Value {
    let x = try self.x()
    let mode = try string("mode", "constant")
    let isOld = version < 11
    guard let given = isOld ? try ints("pads") ?? ints("paddings") : try constantInts(1, "the widths") else {
      throw Refusal("the widths are missing")
    }
    let axes = try version >= 18 ? constantInts(3, "axes")?.map { try x.axis($0) } ?? Array(0..<x.rank) : Array(0..<x.rank)
    guard given.count == 2 * axes.count else { throw Refusal("\(given.count) widths for \(axes.count) axes") }
    var widths = Array(repeating: (before: 0, after: 0), count: x.rank)
    for (i, axis) in axes.enumerated() { widths[axis] = (given[i], given[axes.count + i]) }
    guard widths.allSatisfy({ abs($0.before) < 1 << 31 && abs($0.after) < 1 << 31 }) else { throw Refusal("the widths \(given)") }
    var cuts: [Int: (begin: Int, end: Int?, step: Int)] = [:]
    for axis in widths.indices where widths[axis].before < 0 || widths[axis].after < 0 {
      let extent = try x.extent(axis)
      let (begin, end) = (Swift.max(-widths[axis].before, 0), extent + Swift.min(widths[axis].after, 0))
      guard begin < end else { throw Refusal("the negative widths leave no elements of axis \(axis)") }
      cuts[axis] = (begin, end, 1)
      widths[axis] = (Swift.max(widths[axis].before, 0), Swift.max(widths[axis].after, 0))
    }
    let rest = cuts.isEmpty ? x : try b.slice(x, cuts)
    if mode == "constant" {
      let scalar = isOld ? nil : optional(2)
      let value = isOld ? try float("value", 0) : try scalar == nil ? 0 : constant(2, "the value").doubles().first ?? 0
      return try paddedWithConstant(rest, widths, value)
    }
    // Indices of the source for every position, by axis; the last two axes of floats have a mode in MIL.
    let padded = widths.indices.filter { widths[$0] != (0, 0) }
    if padded.contains(where: { rest.dims[$0] == nil }) { return try openPadding(rest, widths, padded, mode) }
    let native = ["reflect": "reflect", "edge": "replicate"][mode]
    let fits = try padded.allSatisfy { axis in
      try axis >= x.rank - 2 && (mode != "reflect" || Swift.max(widths[axis].before, widths[axis].after) < rest.extent(axis))
    }
    if let native, fits, x.isFloat { return try b.pad(rest, widths, mode: native) }
    return try padded.reduce(rest) { y, axis in
      let extent = try y.extent(axis)
      try Refusal.checkTable(widths[axis].before + extent + widths[axis].after)
      let positions = (-widths[axis].before..<extent + widths[axis].after).map { Self.source($0, extent, mode) }
      guard !positions.contains(nil) else { throw Refusal("mode = \(mode)") }
      return try b.gather(y, positions.compactMap { $0 }, axis: axis)
    }
  }

  /// Padding of axes whose extents are not fixed, by indices that are computed.
  private func openPadding(_ x: Value, _ widths: [(before: Int, after: Int)], _ axes: [Int], _ mode: String) throws -> Value {
    try axes.reduce(x) { y, axis in
      let extent = try b.extent(y, axis)
      let count = try b.add(extent, b.integer(widths[axis].before + widths[axis].after))
      let position = try b.sub(b.range(count), Double(widths[axis].before))
      let last = try b.sub(extent, 1)
      let source: Value
      switch mode {
      case "edge": source = try b.minimum(b.maximum(position, 0), last)
      case "wrap": source = try b.emit("mod", ["x": position, "y": extent])
      case "reflect":
        // One period goes to the last element and back.
        let folded = try b.emit("mod", ["x": position, "y": b.maximum(b.mul(last, 2), 1)])
        source = try b.sub(last, b.apply("abs", b.sub(folded, last)))
      default: throw Refusal("mode = \(mode)")
      }
      return try b.gather(y, source, axis: axis)
    }
  }

  private func paddedWithConstant(_ x: Value, _ widths: [(before: Int, after: Int)], _ value: Double) throws -> Value {
    if x.isFloat { return try b.pad(x, widths, value: Float(value)) }
    // Padding of floats would change large integers: join blocks instead.
    return try widths.indices.filter { widths[$0] != (0, 0) }.reduce(x) { y, axis in
      func block(_ width: Int) throws -> [Value] {
        guard width > 0 else { return [] }
        var shape = try y.shape()
        shape[axis] = width
        return [try b.filled(shape, value, y.dtype)]
      }
      return try b.concat(block(widths[axis].before) + [y] + block(widths[axis].after), axis: axis)
    }
  }

  /// The index that a position outside of an axis shows; `nil` for an unknown mode.
  private static func source(_ position: Int, _ extent: Int, _ mode: String) -> Int? {
    switch mode {
    case "edge": return Swift.min(Swift.max(position, 0), extent - 1)
    case "wrap": return ((position % extent) + extent) % extent
    case "reflect":
      guard extent > 1 else { return 0 }
      let period = 2 * (extent - 1)
      let folded = ((position % period) + period) % period
      return folded < extent ? folded : period - folded
    default: return nil
    }
  }
}
