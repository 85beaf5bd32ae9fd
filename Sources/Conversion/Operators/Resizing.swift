// SPDX-License-Identifier: Apache-2.0
// Resize and Upsample.

import Foundation
import MIL
import ONNXFiles
import Operators
import Tensors

enum Resizing {
  static let rules: [Rule] = [
    .one("Resize") { n in try n.resize() },
    .one("Upsample") { n in
      let x = try n.x()
      guard let scales = n.version >= 9 ? try n.constant(1, "the scales").doubles() : try n.floats("scales") else {
        throw Refusal("the scales are missing")
      }
      guard scales.count == x.rank else { throw Refusal("\(scales.count) scales for a tensor of rank \(x.rank)") }
      return try n.b.resized(
        x, Interpolation(kind: n.kind(), coordinates: "asymmetric", rounding: "floor"), scales.map { .scale($0) }, outside: 0)
    },
  ]
}

/// The change of one axis.
enum AxisScale {
  case scale(Double)
  /// An extent, with the scale that led to it.
  case extent(Int, scale: Double)
  /// An extent that is computed.
  case computed(Value)
}

extension Node {
  fileprivate func kind() throws -> Interpolation.Kind {
    switch try string("mode", "nearest") {
    case "nearest": return .nearest
    case "linear", "bilinear", "trilinear": return .linear
    case "cubic": return .cubic
    case let other: throw Refusal("mode = \(other)")
    }
  }

  fileprivate func resize() throws -> Value {
    let x = try self.x()
    var way = Interpolation(kind: try kind(), coordinates: "asymmetric", rounding: "floor")
    guard version >= 11 else {
      return try b.resized(x, way, constant(1, "the scales").doubles().map { .scale($0) }, outside: 0)
    }
    way.coordinates = try string("coordinate_transformation_mode", "half_pixel")
    way.rounding = try string("nearest_mode", "round_prefer_floor")
    if way.coordinates == "tf_half_pixel_for_nn" { throw Refusal("coordinate_transformation_mode = tf_half_pixel_for_nn") }
    way.cubicCoefficient = try float("cubic_coeff_a", -0.75)
    way.excludesOutside = try flag("exclude_outside")
    way.antialiases = try flag("antialias")
    let axes = try (ints("axes") ?? Array(0..<x.rank)).map { try x.axis($0) }
    var changes = Array(repeating: AxisScale.scale(1), count: x.rank)
    func isGiven(_ i: Int) -> Bool { optional(i).map { $0.dims != [0] } ?? false }
    if isGiven(2) {
      let scales = try constant(2, "the scales").doubles()
      guard scales.count == axes.count, scales.allSatisfy({ $0 > 0 && $0 < 1e6 }) else {
        throw Refusal("the scales \(scales) for \(axes.count) axes")
      }
      for (axis, scale) in zip(axes, scales) { changes[axis] = .scale(scale) }
    } else if isGiven(3) {
      let policy = try string("keep_aspect_ratio_policy", "stretch")
      let vector = try self.x(3)
      let known =
        vector.integers().map { $0.map(Optional.some) } ?? vector.partial
        ?? Array(repeating: nil, count: vector.dims.first.flatMap { $0 } ?? 0)
      guard known.count == axes.count, known.allSatisfy({ $0.map { $0 > 0 && $0 < 1 << 24 } ?? true }) else {
        throw Refusal("sizes for \(axes.count) axes are needed")
      }
      if policy == "stretch" {
        for (i, axis) in axes.enumerated() {
          if let size = known[i], size == x.dims[axis] { continue }
          if let size = known[i], let extent = x.dims[axis] {
            changes[axis] = .extent(size, scale: Double(size) / Double(extent))
          } else {
            changes[axis] = .computed(try known[i].map { b.integer($0) } ?? b.select(b.int(vector), axis: 0, i))
          }
        }
      } else {
        let sizes = known.compactMap { $0 }
        guard sizes.count == axes.count else { throw Refusal("keep_aspect_ratio_policy = \(policy) with sizes that are computed") }
        let ratios = try zip(axes, sizes).map { Double($1) / Double(try x.extent($0)) }
        for axis in axes {
          let scale = (policy == "not_larger" ? ratios.min() : ratios.max()) ?? 1
          changes[axis] = .extent(Int((scale * Double(try x.extent(axis)) + 0.5).rounded(.down)), scale: scale)
        }
      }
    } else {
      throw Refusal("scales and sizes are both missing")
    }
    var regions = Array(repeating: (0.0, 1.0), count: x.rank)
    if way.coordinates == "tf_crop_and_resize" {
      let given = try constant(1, "roi").doubles()
      guard given.count == 2 * axes.count else { throw Refusal("roi has \(given.count) elements, expected \(2 * axes.count)") }
      for (i, axis) in axes.enumerated() { regions[axis] = (given[i], given[axes.count + i]) }
    }
    return try b.resized(x, way, changes, regions, outside: float("extrapolation_value", 0))
  }
}

extension Builder {
  func resized(
    _ x: Value, _ way: Interpolation, _ changes: [AxisScale], _ regions: [(Double, Double)]? = nil, outside: Double
  ) throws -> Value {
    if !x.isFloat { return try asFloat(x) { try resized($0, way, changes, regions, outside: outside) } }
    let changed = changes.indices.filter { axis in
      if case .scale(let scale) = changes[axis] { return scale != 1 || way.coordinates == "tf_crop_and_resize" }
      return true
    }
    if let open = try openResize(x, way, changes, changed, regions) { return open }
    let extents = try changed.map { try x.extent($0) }
    let targets = try zip(changed, extents).map { axis, extent -> (count: Int, scale: Double) in
      switch changes[axis] {
      case .scale(let scale): return (Int((Double(extent) * scale).rounded(.down)), scale)
      case .extent(let count, let scale): return (count, scale)
      case .computed: throw Refusal("a resize to a size that is computed")
      }
    }
    guard targets.allSatisfy({ $0.count > 0 }) else { throw Refusal("a tensor without elements") }
    for (extent, target) in zip(extents, targets) { try Refusal.checkTable(Swift.max(target.count, extent)) }
    if let native = try nativeResize(x, way, changed, extents, targets) { return native }
    var y = x
    var mask: [Int: [Bool]] = [:]
    for (i, axis) in changed.enumerated() {
      let taps = way.taps(extents[i], to: targets[i].count, scale: targets[i].scale, region: regions?[axis] ?? (0, 1))
      if taps.contains(where: { $0 == nil }) { mask[axis] = taps.map { $0 == nil } }
      y = try interpolated(y, axis: axis, extents[i], taps.map { $0 ?? [] })
    }
    for (axis, isOutside) in mask.sorted(by: { $0.key < $1.key }) {
      var shape = Array(repeating: 1, count: x.rank)
      shape[axis] = isOutside.count
      y = try select(Value(constant: Tensor(isOutside, shape: shape)), number(outside, like: y), y)
    }
    return y
  }

  /// One axis, by a gather or by a product with a matrix of weights.
  func interpolated(_ x: Value, axis: Int, _ extent: Int, _ taps: [Interpolation.Taps]) throws -> Value {
    if taps.count == extent, taps.enumerated().allSatisfy({ $1.count == 1 && $1[0].index == $0 && $1[0].weight == 1 }) { return x }
    if taps.allSatisfy({ $0.count == 1 && $0[0].weight == 1 }) { return try gather(x, taps.map { $0[0].index }, axis: axis) }
    try Refusal.checkTable(taps.count, extent)
    var weights = [Float](repeating: 0, count: taps.count * extent)
    for (row, list) in taps.enumerated() {
      for tap in list { weights[row * extent + tap.index] += Float(tap.weight) }
    }
    let matrix = Value(constant: Tensor(weights, shape: [taps.count, extent]), label: "interpolation")
    if axis == x.rank - 1, x.rank > 1 { return try linear(x, weight: matrix, bias: nil) }
    if axis == x.rank - 2 { return try matmul(matrix, x) }
    let last = x.rank - 1
    if x.rank == 1 { return try reshape(linear(reshape(x, [1, extent]), weight: matrix, bias: nil), [taps.count]) }
    return try moveAxis(linear(moveAxis(x, from: axis, to: last), weight: matrix, bias: nil), from: last, to: axis)
  }

  /// The operator of MIL that computes exactly this.
  private func nativeResize(
    _ x: Value, _ way: Interpolation, _ axes: [Int], _ extents: [Int], _ targets: [(count: Int, scale: Double)]
  ) throws -> Value? {
    guard x.rank == 4, axes.allSatisfy({ $0 >= 2 }), !axes.isEmpty, !way.antialiases, !way.excludesOutside else { return nil }
    func target(_ axis: Int) throws -> (from: Int, to: Int) {
      guard let i = axes.firstIndex(of: axis) else { return (try x.extent(axis), try x.extent(axis)) }
      return (extents[i], targets[i].count)
    }
    let (height, width) = (try target(2), try target(3))
    if way.kind == .nearest {
      let isRepetition = zip(extents, targets).allSatisfy { extent, target in
        target.count % extent == 0
          && way.taps(extent, to: target.count, scale: target.scale).enumerated().allSatisfy { i, taps in
            taps?.first?.index == i / (target.count / extent)
          }
      }
      guard isRepetition else { return nil }
      return try emit(
        "upsample_nearest_neighbor",
        ["x": x, "scale_factor_height": height.to / height.from, "scale_factor_width": width.to / width.from])
    }
    guard way.kind == .linear, zip(extents, targets).allSatisfy({ abs($1.scale * Double($0) - Double($1.count)) < 1e-6 * Double($1.count) })
    else { return nil }
    let mode: String
    switch way.coordinates {
    case "align_corners": mode = "STRICT_ALIGN_CORNERS"
    case "half_pixel", "half_pixel_symmetric": mode = "UNALIGN_CORNERS"
    case "pytorch_half_pixel" where height.to > 1 && width.to > 1: mode = "UNALIGN_CORNERS"
    default: return nil
    }
    guard mode != "STRICT_ALIGN_CORNERS" || (height.to > 1 && width.to > 1) else { return nil }
    return try emit("resize_bilinear", ["x": x, "target_size_height": height.to, "target_size_width": width.to, "sampling_mode": mode])
  }
}
