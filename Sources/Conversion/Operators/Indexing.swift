// SPDX-License-Identifier: Apache-2.0
// Gathering and scattering by index.

import MIL
import ONNXFiles
import Operators
import Tensors

enum Indexing {
  static let rules: [Rule] = [
    .one("Gather") { n in
      let x = try n.x()
      let axis = try x.axis(n.int("axis", 0))
      let indices = try n.indices(n.x(1), of: x, axis, isRead: true)
      if axis == 0, x.rank == 1, let known = x.partial, let picks = indices.integers(), picks.allSatisfy({ known.indices.contains($0) }) {
        let picked = picks.map { known[$0] }
        if picked.allSatisfy({ $0 != nil }), indices.rank <= 1 {
          return Value(constant: Tensor(integers: picked.compactMap { $0 }, dtype: .int32, shape: indices.rank == 0 ? [] : [picked.count]))
        }
        return try n.b.gather(x, indices, axis: 0).knowing(picked)
      }
      if indices.rank == 0, indices.isConstant, x.isFloat || x.isInteger, let index = indices.integers()?.first {
        return try n.b.select(x, axis: axis, index)
      }
      return try n.b.gather(x, indices, axis: axis)
    },
    .one("GatherElements") { n in
      let x = try n.x()
      let axis = try x.axis(n.int("axis", 0))
      let indices = try n.indices(n.x(1), of: x, axis, isRead: true)
      return try n.b.asNumber(n.trimmed(x, like: indices, except: axis)) {
        try n.b.emit("gather_along_axis", ["x": $0, "indices": indices, "axis": axis])
      }
    },
    .one("GatherND") { n in
      let x = try n.x()
      let batch = try n.int("batch_dims", 0)
      let indices = try n.tuples(n.x(1), of: x, from: batch, isRead: true)
      guard batch == 0 || n.b.opset >= .iOS16 else { throw Refusal("batch_dims needs iOS16") }
      return try n.b.asNumber(x) { try n.b.emit("gather_nd", ["x": $0, "indices": indices, "batch_dims": batch == 0 ? nil : batch]) }
    },
    scatterElements("ScatterElements"), scatterElements("Scatter"),
    .one("ScatterND") { n in
      let x = try n.x()
      let mode = try n.scatterMode()
      let indices = try n.tuples(n.x(1), of: x, from: 0)
      let updates = try n.x(2)
      return try n.b.asNumber(x) {
        try n.b.emit("scatter_nd", ["data": $0, "indices": indices, "updates": n.b.cast(updates, $0.dtype), "mode": mode])
      }
    },
    .one("TensorScatter") { n in try n.tensorScatter() },
  ]

  private static func scatterElements(_ name: String) -> Rule {
    .one(name) { n in
      let x = try n.x()
      let axis = try x.axis(n.int("axis", 0))
      let mode = try n.scatterMode()
      let indices = try n.indices(n.x(1), of: x, axis)
      let updates = try n.x(2)
      let (shape, part) = (try x.shape(), try indices.shape())
      // MIL's updates cover all indices of the other axes.
      let covered = shape.indices.filter { $0 != axis && part[$0] != shape[$0] }
      return try n.b.asNumber(x) { data in
        let updates = try n.b.cast(updates, data.dtype)
        if covered.isEmpty {
          return try n.b.emit("scatter_along_axis", ["data": data, "indices": indices, "updates": updates, "axis": axis, "mode": mode])
        }
        let cut = Dictionary(uniqueKeysWithValues: covered.map { ($0, (begin: 0, end: Optional(part[$0]), step: 1)) })
        let inner = try n.b.emit(
          "scatter_along_axis", ["data": n.b.slice(data, cut), "indices": indices, "updates": updates, "axis": axis, "mode": mode])
        return try n.b.replacing(data, with: inner, covered)
      }
    }
  }
}

extension Builder {
  /// `x` with its first elements along some axes replaced.
  func replacing(_ x: Value, with part: Value, _ axes: [Int]) throws -> Value {
    guard let axis = axes.first else { return part }
    let (extent, count) = (try x.extent(axis), try part.extent(axis))
    let head = try replacing(slice(x, axis: axis, 0, count), with: part, Array(axes.dropFirst()))
    return count == extent ? head : try concat([head, slice(x, axis: axis, count, extent)], axis: axis)
  }
}

extension Node {
  /// Indices of an axis, counted from the front.
  fileprivate func indices(_ indices: Value, of x: Value, _ axis: Int, isRead: Bool = false) throws -> Value {
    let indices = try b.int(indices)
    if isRead, !indices.isConstant, converter.trusts(indices) { return indices }
    return try b.nonnegative(indices, extent: b.extent(x, axis))
  }

  /// Tuples of indices, counted from the front.
  fileprivate func tuples(_ indices: Value, of x: Value, from batch: Int, isRead: Bool = false) throws -> Value {
    let indices = try b.int(indices)
    let depth = try indices.extent(indices.rank - 1)
    guard depth > 0, batch + depth <= x.rank else { throw Refusal("tuples of \(depth) indices into a tensor of rank \(x.rank)") }
    if isRead, !indices.isConstant, converter.trusts(indices) { return indices }
    let extents = try b.concat((0..<depth).map { try b.reshape(b.extent(x, batch + $0), [1]) }, axis: 0)
    if let known = try indices.tensor(), let sizes = extents.integers() {
      let values = known.integers().enumerated().map { $1 < 0 ? $1 + sizes[$0 % depth] : $1 }
      return Value(constant: Tensor(integers: values, dtype: .int32, shape: known.shape))
    }
    return try b.select(b.compare("less", indices, 0), b.add(indices, extents), indices)
  }

  /// The part of `x` that indices of smaller extents refer to.
  fileprivate func trimmed(_ x: Value, like indices: Value, except axis: Int) throws -> Value {
    var cuts: [Int: (begin: Int, end: Int?, step: Int)] = [:]
    for other in 0..<x.rank where other != axis {
      if let part = indices.dims[other], x.dims[other] != part { cuts[other] = (0, part, 1) }
    }
    return cuts.isEmpty ? x : try b.slice(x, cuts)
  }

  fileprivate func scatterMode() throws -> String {
    switch try string("reduction", "none") {
    case "none": "update"
    case "add": "add"
    case "mul": "mul"
    case "max": "max"
    case "min": "min"
    case let other: throw Refusal("reduction = \(other)")
    }
  }

  /// Writes new rows to a cache at positions that may differ between samples.
  fileprivate func tensorScatter() throws -> Value {
    let (cache, update) = (try x(0), try x(1))
    let axis = try cache.axis(int("axis", -2))
    let (capacity, length) = (try cache.extent(axis), try update.extent(axis))
    let batch = try cache.extent(0)
    let starts = try optional(2).map { try b.int($0) } ?? b.constant(Array(repeating: 0, count: batch))
    var shape = Array(repeating: 1, count: cache.rank)
    shape[axis] = length
    let steps = try b.reshape(b.iota(length), shape)
    shape[axis] = 1
    shape[0] = batch
    var positions = try b.add(b.reshape(starts, shape), steps)
    if try string("mode", "linear") == "circular" {
      positions = try b.sub(positions, b.mul(b.floorDiv(positions, b.number(Double(capacity), like: positions)), Double(capacity)))
    }
    return try b.emit(
      "scatter_along_axis",
      ["data": cache, "indices": b.broadcast(positions, to: update.shape()), "updates": update, "axis": axis, "mode": "update"])
  }
}
