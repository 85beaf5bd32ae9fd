// SPDX-License-Identifier: Apache-2.0
// Resizing of extents that are not fixed: the positions and weights are computed in the program.

import MIL
import ONNXFiles
import Operators
import Tensors

extension Builder {
  /// A resize of which an extent or a size is known at run time only; `nil` if all are fixed.
  func openResize(
    _ x: Value, _ way: Interpolation, _ changes: [AxisScale], _ axes: [Int], _ regions: [(Double, Double)]?
  ) throws -> Value? {
    let isOpen = axes.contains { axis in
      if case .computed = changes[axis] { return true }
      return x.dims[axis] == nil
    }
    guard isOpen else { return nil }
    if let native = try nativeOpenResize(x, way, changes, axes) { return native }
    guard !way.antialiases, !way.excludesOutside, way.coordinates != "tf_crop_and_resize" else {
      throw Refusal("this resize needs fixed extents: give them in dims or inputs")
    }
    return try axes.reduce(x) { try resampled($0, way, axis: $1, changes[$1]) }
  }

  /// The operator of MIL for whole factors of the last two axes.
  private func nativeOpenResize(_ x: Value, _ way: Interpolation, _ changes: [AxisScale], _ axes: [Int]) throws -> Value? {
    guard x.rank == 4, axes.allSatisfy({ $0 >= 2 }), !way.antialiases, !way.excludesOutside, case .scale(let height) = changes[2],
      case .scale(let width) = changes[3], height == height.rounded(), width == width.rounded(), height >= 1, width >= 1
    else { return nil }
    switch (way.kind, way.coordinates) {
    case (.nearest, "asymmetric") where way.rounding == "floor", (.nearest, "half_pixel") where way.rounding.hasPrefix("round"):
      return try emit("upsample_nearest_neighbor", ["x": x, "scale_factor_height": Int(height), "scale_factor_width": Int(width)])
    case (.linear, "align_corners"):
      return try emit(
        "upsample_bilinear", ["x": x, "scale_factor_height": Float(height), "scale_factor_width": Float(width), "align_corners": true])
    case (.linear, "half_pixel") where opset >= .iOS16, (.linear, "pytorch_half_pixel") where opset >= .iOS16:
      return try emit(
        "upsample_bilinear",
        [
          "x": x, "scale_factor_height": Float(height), "scale_factor_width": Float(width), "align_corners": false,
          "half_pixel_centers": true,
        ])
    default: return nil
    }
  }

  /// One axis, by gathers at computed positions.
  private func resampled(_ x: Value, _ way: Interpolation, axis: Int, _ change: AxisScale) throws -> Value {
    let extent = try self.extent(x, axis)
    let length = try float(extent)
    let count: Value
    let scale: Value
    switch change {
    case .scale(let factor):
      scale = constant(Float(factor))
      count = try int(apply("floor", mul(length, scale)))
    case .extent(let size, let factor):
      (count, scale) = (integer(size), constant(Float(factor)))
    case .computed(let size):
      count = try int(scalar(size))
      scale = try div(float(count), length)
    }
    let last = try sub(length, 1)
    let position = try positions(way, count: float(count), scale: scale, length: length, last: last, index: float(range(count)))
    func element(_ index: Value) throws -> Value {
      try gather(x, int(minimum(maximum(index, 0), last)), axis: axis)
    }
    switch way.kind {
    case .nearest:
      switch way.rounding {
      case "floor": return try element(apply("floor", position))
      case "ceil": return try element(apply("ceil", position))
      case "round_prefer_ceil": return try element(apply("floor", add(position, 0.5)))
      default: return try element(apply("ceil", sub(position, 0.5)))
      }
    case .linear, .cubic:
      let base = try apply("floor", position)
      let rest = try sub(position, base)
      let weights = try way.kind == .linear ? [(0, sub(1, rest)), (1, rest)] : cubicWeights(rest, way.cubicCoefficient)
      let axes = Array(0..<x.rank - 1 - axis).map { $0 + 1 }
      let parts = try weights.map { offset, weight in
        try mul(element(add(base, Double(offset))), expandDims(weight, axes))
      }
      return try parts.dropFirst().reduce(parts[0]) { try add($0, $1) }
    }
  }

  /// The positions in the input, as `Interpolation` has them for fixed extents.
  private func positions(
    _ way: Interpolation, count: Value, scale: Value, length: Value, last: Value, index: Value
  ) throws -> Value {
    let full = try mul(scale, length)
    switch way.coordinates {
    case "align_corners":
      // A single element is the first one.
      return try div(mul(index, last), maximum(sub(full, 1), 1e-9))
    case "asymmetric": return try div(index, scale)
    case "pytorch_half_pixel":
      let isSeveral = try minimum(sub(count, 1), 1)
      return try sub(mul(div(add(index, 0.5), scale), isSeveral), 0.5)
    case "half_pixel_symmetric":
      let start = try mul(div(length, constant(2)), sub(1, div(count, full)))
      return try sub(add(start, div(add(index, 0.5), scale)), 0.5)
    default: return try sub(div(add(index, 0.5), scale), 0.5)
    }
  }

  /// The weights of the four elements around a position, by its distance from the second one.
  private func cubicWeights(_ t: Value, _ a: Double) throws -> [(Int, Value)] {
    func near(_ d: Value) throws -> Value { try add(mul(mul(sub(mul(d, a + 2), a + 3), d), d), 1) }
    func far(_ d: Value) throws -> Value {
      try sub(mul(add(mul(sub(mul(d, a), 5 * a), d), 8 * a), d), 4 * a)
    }
    let after = try sub(1, t)
    return [(-1, try far(add(t, 1))), (0, try near(t)), (1, try near(after)), (2, try far(add(after, 1)))]
  }
}
