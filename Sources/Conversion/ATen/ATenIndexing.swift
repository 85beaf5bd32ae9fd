// SPDX-License-Identifier: Apache-2.0
// Gathering and scattering of PyTorch.

import MIL
import ONNXFiles
import Operators
import Tensors
import TorchFiles

enum ATenIndexing {
  static let rules: [ATenRule] = [
    .one("embedding") { c in
      // Identifiers are not negative.
      try c.b.gather(c.x("weight").weight(), c.b.int(c.x("indices")), axis: 0)
    },
    .one("gather") { c in
      let x = try c.x()
      if x.rank == 0 { return x }
      return try c.standard1("GatherElements", [x, c.x("index")], ["axis": .int(c.axis(x))])
    },
    .one("take_along_dim") { c in
      var (x, index) = (try c.x(), try c.x("indices"))
      guard c.has("dim") else {
        x = try c.b.flattened(x)
        index = try c.b.flattened(index)
        return try c.standard1("GatherElements", [x, index], ["axis": .int(0)])
      }
      let axis = try c.axis(x)
      if x.knownShape == nil || index.knownShape == nil, x.rank == index.rank, !x.dims.contains(1), !index.dims.contains(1) {
        return try c.standard1("GatherElements", [x, index], ["axis": .int(axis)])
      }
      var (own, other) = (try x.shape(), try index.shape())
      (own[axis], other[axis]) = (1, 1)
      guard let common = own.broadcast(with: other) else { throw Refusal("shapes that do not match") }
      var (full, picks) = (common, common)
      full[axis] = try x.extent(axis)
      picks[axis] = try index.extent(axis)
      return try c.standard1("GatherElements", [c.b.broadcast(x, to: full), c.b.broadcast(index, to: picks)], ["axis": .int(axis)])
    },
    .one("index_select") { c in
      let x = try c.x()
      if x.rank == 0 { return x }
      let axis = try c.axis(x)
      let index = try c.x("index")
      return try c.b.gather(x, c.counted(index.rank == 0 ? c.b.reshape(index, [1]) : index, c.b.extent(x, axis)), axis: axis)
    },
    .one("take") { c in
      let x = try c.x()
      return try c.b.gather(c.b.flattened(x), c.counted(c.x("index"), c.b.extents(x, Array(0..<x.rank))), axis: 0)
    },
    .one("index", "_unsafe_index") { c in try c.indexed() },
    .one("index_put", "_unsafe_index_put", "_index_put_impl") { c in try c.indexPut() },
    .one("masked_select") { c in
      let (x, mask) = (try c.x(), try c.b.truth(c.x("mask")))
      if x.dims == mask.dims, x.knownShape == nil {
        let places = try c.b.emit("non_zero", ["x": c.b.flattened(c.b.int(mask))])
        return try c.b.gather(c.b.flattened(x), c.b.squeeze(places, [1]), axis: 0)
      }
      guard let shape = try x.shape().broadcast(with: mask.shape()) else { throw Refusal("shapes that do not match") }
      let flat = try c.b.reshape(c.b.broadcast(x, to: shape), [shape.elementCount])
      let chosen = try c.b.reshape(c.b.broadcast(c.b.int(mask), to: shape), [shape.elementCount])
      return try c.b.gather(flat, c.b.squeeze(c.b.emit("non_zero", ["x": chosen]), [1]), axis: 0)
    },
    .one("masked_scatter") { c in
      let x = try c.x()
      let shape = try x.shape()
      let mask = try c.b.broadcast(c.b.int(c.b.truth(c.x("mask"))), to: shape)
      let flat = try c.b.reshape(mask, [shape.elementCount])
      let source = try c.b.converted(c.x("source"), to: x.category)
      let count = try source.shape().elementCount
      let places = try c.b.sub(c.b.emit("cumsum", ["x": flat, "axis": 0, "exclusive": false, "reverse": false]), 1)
      let limited = try c.b.minimum(c.b.maximum(places, 0), Double(count - 1))
      let picked = try c.b.reshape(c.b.gather(c.b.reshape(source, [count]), limited, axis: 0), shape)
      return try c.b.select(c.b.truth(mask), picked, x)
    },
    .one("scatter") { c in try c.scattered(c.reduction(c.string("reduce", ""))) },
    .one("scatter_add") { c in try c.scattered("add") },
    .one("scatter_reduce") { c in try c.scatterReduced() },
    .one("index_copy") { c in try c.indexScattered("update", "source") },
    .one("index_add") { c in try c.indexScattered("add", "source") },
    .one("index_fill") { c in try c.indexScattered("update", "value") },
    .one("index_reduce") { c in
      guard try c.flag("include_self", true), try c.string("reduce", "") != "mean" else { throw Refusal("this reduction has no form") }
      return try c.indexScattered(c.reduction(c.string("reduce", "")), "source")
    },
    ATenRule("embedding_bag", "_embedding_bag", "_embedding_bag_forward_only") { c in
      let (weight, ids, offsets) = (try c.x("weight").weight(), try c.b.int(c.x("indices")), try c.x("offsets"))
      guard let starts = offsets.integers(), ids.rank == 1 else { throw Refusal("its offsets depend on the inputs") }
      let rows = try c.b.gather(weight, ids, axis: 0)
      let count = try ids.extent(0)
      let mode = try c.int("mode", 0)
      var weights: Value? = nil
      if let given = try c.optional("per_sample_weights") { weights = given }
      let ends = starts.dropFirst() + [count]
      let last = try c.flag("include_last_offset") ? starts.count - 1 : starts.count
      let bags = try (0..<last).map { i -> Value in
        guard starts[i] < ends[i + ends.startIndex] else { throw Refusal("an empty bag") }
        var part = try c.b.slice(rows, axis: 0, starts[i], ends[i + ends.startIndex])
        if let weights {
          part = try c.b.mul(part, c.b.expandDims(c.b.slice(weights, axis: 0, starts[i], ends[i + ends.startIndex]), [1]))
        }
        return try c.b.reduce(mode == 0 ? "reduce_sum" : mode == 1 ? "reduce_mean" : "reduce_max", part, [0])
      }
      return [try c.b.concat(bags, axis: 0)]
    },
  ]
}

extension ATenCall {
  /// Indices counted from the front; those that the caller of the model gives are trusted.
  func counted(_ indices: Value, _ extent: Value) throws -> Value {
    let indices = try b.int(indices)
    if !indices.isConstant, converter.trusts(indices) || isNonnegative(indices) { return indices }
    return try b.nonnegative(indices, extent: extent)
  }

  /// Whether an operation makes the value that only gives nonnegative integers.
  private func isNonnegative(_ indices: Value) -> Bool {
    guard let name = try? indices.operand().name, let maker = b.operations.last(where: { $0.outputs.contains { $0.name == name } }) else {
      return false
    }
    return ["non_zero", "reduce_argmax", "reduce_argmin", "argsort", "shape"].contains(maker.type)
      || maker.type == "topk" && maker.outputs.count > 1 && maker.outputs[1].name == name
  }

  // MARK: Indices of several axes

  /// What `index` and `index_put` refer to.
  private struct Positions {
    /// The operand with the indexed axes merged into one.
    let merged: Value
    /// The place of the merged axis.
    let axis: Int
    /// Positions along the merged axis, in the shape of the indices.
    let indices: Value
    /// The order of axes that brought the indexed axes together.
    let order: [Int]
    /// The shape in that order.
    let shape: [Int?]
    let count: Int
  }

  private func positions(_ x: Value, _ given: [Value?]) throws -> Positions {
    var indices: [Value?] = []
    for index in given {
      guard let index else {
        indices.append(nil)
        continue
      }
      if index.isBool || index.element == .uint8 {
        // A mask stands for the positions of its true elements, axis by axis.
        let rows = try b.emit("non_zero", ["x": b.int(index)])
        for axis in 0..<index.rank { indices.append(try b.squeeze(b.slice(rows, [1: (axis, axis + 1, 1)]), [1])) }
      } else {
        indices.append(index)
      }
    }
    let axes = indices.indices.filter { indices[$0] != nil }
    guard let first = axes.first, indices.count <= x.rank else { throw Refusal("\(indices.count) indices for a tensor of rank \(x.rank)") }
    let isAdjacent = axes == Array(first..<first + axes.count)
    let place = isAdjacent ? first : 0
    let order = isAdjacent ? Array(0..<x.rank) : axes + (0..<x.rank).filter { !axes.contains($0) }
    let moved = try b.transpose(x, order)
    var linear: Value?
    for axis in axes {
      guard let index = indices[axis] else { continue }
      let own = try counted(index, b.extent(x, axis))
      linear = try linear.map { try b.add(b.mul($0, b.int(b.extent(x, axis))), own) } ?? own
    }
    guard let linear else { throw Refusal("no indices") }
    guard axes.count > 1 else { return Positions(merged: moved, axis: place, indices: linear, order: order, shape: moved.dims, count: 1) }
    var sizes = try b.sizes(moved)
    sizes.replaceSubrange(place..<place + axes.count, with: [try b.extents(x, axes)])
    return Positions(
      merged: try b.reshape(moved, to: sizes), axis: place, indices: linear, order: order, shape: moved.dims, count: axes.count)
  }

  fileprivate func indexed() throws -> Value {
    let x = try self.x()
    let found = try positions(x, optionalTensors("indices"))
    return try b.gather(found.merged, found.indices, axis: found.axis)
  }

  fileprivate func indexPut() throws -> Value {
    let x = try self.x()
    let given = try optionalTensors("indices")
    let values = try b.converted(self.x("values"), to: x.category)
    let accumulates = try flag("accumulate")
    if let mask = given.first ?? nil, given.count == 1, mask.isBool, !accumulates, values.dims.allSatisfy({ $0 == 1 }) {
      let full = try b.reshaped(mask, b.sizes(mask) + Array(repeating: b.integer(1), count: x.rank - mask.rank), self)
      return try b.select(full, values.rank == 0 ? values : b.reshape(values, []), x)
    }
    let found = try positions(x, given)
    // The merged axis goes first, for a scatter of rows.
    let front = try b.moveAxis(found.merged, from: found.axis, to: 0)
    let picks = found.indices
    guard let shape = picks.knownShape, let rest = try? Array(front.shape().dropFirst()) else {
      let flat = try b.expandDims(picks, [1])
      guard picks.rank == 1 else { throw Refusal("indices of computed sizes") }
      let rows = values.rank == 0 || values.dims == [1] ? nil : values
      guard let rows, rows.rank == front.rank else { throw Refusal("a write of one value to positions that depend on the data") }
      return try restored(scatterRows(front, flat, rows, accumulates), found, x)
    }
    // Values have the result's shape, in which the indices stand at the place of the merged axis.
    let leading = found.axis
    var target = Array(rest[..<leading]) + shape + rest[leading...]
    var full = try b.broadcast(values, to: target)
    full = try b.transpose(full, Array(leading..<leading + shape.count) + Array(0..<leading) + Array(leading + shape.count..<target.count))
    target = [shape.elementCount] + rest
    let rows = try b.reshape(full, target)
    return try restored(scatterRows(front, b.reshape(picks, [shape.elementCount, 1]), rows, accumulates), found, x)
  }

  private func scatterRows(_ data: Value, _ indices: Value, _ rows: Value, _ accumulates: Bool) throws -> Value {
    try b.asNumber(data) {
      try b.emit(
        "scatter_nd", ["data": $0, "indices": indices, "updates": b.cast(rows, $0.dtype), "mode": accumulates ? "add" : "update"])
    }
  }

  private func restored(_ y: Value, _ found: Positions, _ x: Value) throws -> Value {
    let moved = try b.reshape(b.moveAxis(y, from: 0, to: found.axis), to: b.sizes(b.transpose(x, found.order)))
    return try b.transpose(moved, found.order.indices.map { axis in found.order.firstIndex(of: axis) ?? axis })
  }

  // MARK: Scatter

  fileprivate func reduction(_ name: String) throws -> String {
    switch name {
    case "": return "none"
    case "add", "sum": return "add"
    case "multiply", "prod": return "mul"
    case "amax": return "max"
    case "amin": return "min"
    default: throw Refusal("reduce = \(name)")
    }
  }

  private func scatter(_ x: Value, _ index: Value, _ updates: Value, _ axis: Int, _ mode: String) throws -> Value {
    var updates = try b.converted(updates, to: x.category)
    // The source may be larger than the indices.
    let shape = try index.shape()
    if updates.rank == 0 {
      updates = try b.broadcast(updates, to: shape)
    } else if try updates.shape() != shape {
      updates = try b.slice(updates, Dictionary(uniqueKeysWithValues: shape.indices.map { ($0, (0, Optional(shape[$0]), 1)) }))
    }
    return try standard1(
      "ScatterElements", [x, index, updates], ["axis": .int(axis), "reduction": .string(Array(mode.utf8))])
  }

  fileprivate func scattered(_ mode: String) throws -> Value {
    let x = try self.x()
    guard x.rank > 0 else { throw Refusal("a tensor without axes") }
    return try scatter(x, self.x("index"), self.x(has("src") ? "src" : "value"), axis(x), mode)
  }

  fileprivate func scatterReduced() throws -> Value {
    let (x, index, source) = (try self.x(), try self.x("index"), try self.x("src"))
    let (axis, name) = (try axis(x), try string("reduce", ""))
    let includes = try flag("include_self", true)
    let neutral = [
      "sum": 0, "mean": 0, "prod": 1, "amax": x.isFloat ? -Double.infinity : -2147483648, "amin": x.isFloat ? .infinity : 2147483647,
    ]
    guard let start = neutral[name] else { throw Refusal("reduce = \(name)") }
    let base = try includes ? x : scatter(x, index, b.number(start, like: x), axis, "none")
    guard name == "mean" else { return try scatter(base, index, source, axis, reduction(name)) }
    let total = try scatter(base, index, source, axis, "add")
    let ones = try b.filled(x.shape(), 1, x.dtype)
    let counts = try scatter(
      includes ? ones : scatter(ones, index, b.number(0, like: x), axis, "none"), index, b.number(1, like: x), axis, "add")
    let safe = try b.maximum(counts, 1)
    return x.isFloat ? try b.div(total, safe) : try b.floorDiv(total, safe)
  }

  /// Writes slices at the indices of one axis.
  fileprivate func indexScattered(_ mode: String, _ source: String) throws -> Value {
    let scalar = try self.x()
    if scalar.rank == 0 {
      var again = self
      again.base = try b.reshape(scalar, [1])
      return try b.reshape(again.indexScattered(mode, source), [])
    }
    let x = scalar
    let axis = try axis(x)
    let index = try counted(self.x("index"), b.extent(x, axis))
    let vector = index.rank == 0 ? try b.reshape(index, [1]) : index
    var updates = try b.converted(self.x(source), to: x.category)
    if let alpha = try number("alpha"), alpha != 1 { updates = try b.mul(updates, alpha) }
    var shape = try x.shape()
    shape[axis] = try vector.extent(0)
    if updates.rank < x.rank { updates = try b.broadcast(updates.rank == 0 ? updates : b.reshape(updates, []), to: shape) }
    return try b.asNumber(x) {
      try b.emit("scatter", ["data": $0, "indices": vector, "updates": b.cast(updates, $0.dtype), "axis": axis, "mode": mode])
    }
  }
}
