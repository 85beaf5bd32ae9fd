// SPDX-License-Identifier: Apache-2.0
// Operations that move elements: shapes, slices, broadcasts, gathers.

import MIL
import ONNXFiles
import Operators
import Tensors

extension Builder {
  // MARK: Shapes

  func reshape(_ x: Value, _ shape: [Int]) throws -> Value {
    if x.knownShape == shape { return x }
    guard !shape.contains(0) else { throw Refusal("a tensor without elements, of shape \(shape)") }
    if shape.isEmpty {
      guard x.dims.indices.contains(where: x.isUnwritten) else { return try emit("squeeze", ["x": x]) }
      return try gather(squeeze(x, Array(1..<x.rank)), Value(constant: Tensor(integers: [0], dtype: .int32, shape: [])), axis: 0)
    }
    return try emit("reshape", ["x": x, "shape": shape])
  }

  func transpose(_ x: Value, _ order: [Int]) throws -> Value {
    order == Array(order.indices) ? x : try emit("transpose", ["x": x, "perm": order])
  }

  /// Moves one axis to another place.
  func moveAxis(_ x: Value, from: Int, to: Int) throws -> Value {
    var order = Array(0..<x.rank)
    order.insert(order.remove(at: from), at: to)
    return try transpose(x, order)
  }

  func expandDims(_ x: Value, _ axes: [Int]) throws -> Value { axes.isEmpty ? x : try emit("expand_dims", ["x": x, "axes": axes]) }

  /// Removes axes of extent 1.
  func squeeze(_ x: Value, _ axes: [Int]) throws -> Value {
    if axes.isEmpty { return x }
    guard axes.contains(where: x.isUnwritten) else { return try emit("squeeze", ["x": x, "axes": axes]) }
    // `squeeze` keeps axes whose extent the program does not know; a slice removes them in any case.
    let isRemoved = (0..<x.rank).map(axes.contains)
    return try asNumber(x) { x in
      try emit(
        "slice_by_index",
        [
          "x": x, "begin": isRemoved.map { _ in 0 }, "end": isRemoved.map { $0 ? 1 : 0 }, "stride": isRemoved.map { _ in 1 },
          "begin_mask": isRemoved.map { !$0 }, "end_mask": isRemoved.map { !$0 }, "squeeze_mask": isRemoved,
        ])
    }.refined(x.dims.indices.filter { !isRemoved[$0] }.map { x.dims[$0] })
  }

  /// Adds leading axes of extent 1.
  func withRank(_ x: Value, _ rank: Int) throws -> Value { x.rank >= rank ? x : try expandDims(x, Array(0..<rank - x.rank)) }

  /// Repeats along axes of extent 1.
  func broadcast(_ x: Value, to shape: Shape) throws -> Value {
    if x.knownShape == shape { return x }
    let full = try withRank(x, shape.count)
    let own = try full.shape()
    let repeats = zip(shape, own).map { $1 == 1 ? $0 : 1 }
    guard zip(own, repeats).map({ $0 * $1 }) == shape else { throw Refusal("\(try x.shape()) cannot be broadcast to \(shape)") }
    return try tile(full, repeats)
  }

  func tile(_ x: Value, _ repeats: [Int]) throws -> Value {
    repeats.allSatisfy { $0 == 1 } ? x : try emit("tile", ["x": x, "reps": repeats])
  }

  /// The extents, as an int32 vector.
  func shapeVector(_ x: Value) throws -> Value {
    if let shape = x.knownShape { return constant(shape) }
    return try emit("shape", ["x": x]).knowing(x.dims)
  }

  // MARK: Parts

  /// The elements from `begin` to `end` along an axis; both are in range.
  func slice(_ x: Value, axis: Int, _ begin: Int, _ end: Int, step: Int = 1) throws -> Value {
    let isWhole = begin == 0 && step == 1 && x.dims[axis] == end
    if isWhole { return x }
    return try slice(x, [axis: (begin, end, step)])
  }

  /// One element of an axis, which disappears; a negative index counts from the end.
  func select(_ x: Value, axis: Int, _ index: Int) throws -> Value {
    if let extent = x.dims[axis] {
      guard (-extent..<extent).contains(index) else { throw Refusal("the index \(index) of an axis of \(extent) elements") }
      if extent == 1 { return try x.rank == 1 ? reshape(x, []) : squeeze(x, [axis]) }
    }
    let counted = index < 0 ? x.dims[axis].map { $0 + index } ?? index : index
    let isLast = counted == -1
    guard x.rank > 1 else { return try reshape(slice(x, [0: (counted, isLast ? nil : counted + 1, 1)]).refined([1]), []) }
    let all = 0..<x.rank
    return try asNumber(x) { x in
      try emit(
        "slice_by_index",
        [
          "x": x, "begin": all.map { $0 == axis ? counted : 0 }, "end": all.map { $0 == axis && !isLast ? counted + 1 : 0 },
          "stride": all.map { _ in 1 }, "begin_mask": all.map { $0 != axis }, "end_mask": all.map { $0 != axis || isLast },
          "squeeze_mask": all.map { $0 == axis },
        ])
    }
  }

  /// Slices several axes. Begins are in range; an end of `nil` means the end of the axis in the direction of the step.
  func slice(_ x: Value, _ axes: [Int: (begin: Int, end: Int?, step: Int)]) throws -> Value {
    let all = 0..<x.rank
    return try emit(
      "slice_by_index",
      [
        "x": x, "begin": all.map { axes[$0]?.begin ?? 0 }, "end": all.map { axes[$0]?.end ?? 0 }, "stride": all.map { axes[$0]?.step ?? 1 },
        "begin_mask": all.map { axes[$0] == nil }, "end_mask": all.map { axes[$0].map { $0.end == nil } ?? true },
      ])
  }

  func concat(_ values: [Value], axis: Int) throws -> Value {
    guard values.count > 1 else { return values[0] }
    return try emit("concat", ["values": values, "axis": axis])
  }

  /// Joins tensors of the same shape along a new axis.
  func stack(_ values: [Value], axis: Int) throws -> Value {
    guard values.count > 1, values[0].rank > 0, values.allSatisfy({ $0.dtype == values[0].dtype && !$0.isBool }) else {
      return try concat(values.map { try expandDims($0, [axis]) }, axis: axis)
    }
    return try emit("stack", ["values": values, "axis": axis])
  }

  func reverse(_ x: Value, _ axes: [Int]) throws -> Value { try emit("reverse", ["x": x, "axes": axes]) }

  /// Splits along an axis.
  func split(_ x: Value, _ sizes: [Int], axis: Int) throws -> [Value] {
    guard sizes.count > 1 else { return [x] }
    return try emitAll("split", ["x": x, "split_sizes": sizes, "axis": axis])
  }

  // MARK: Indices

  /// Elements by indices that are not negative.
  func gather(_ x: Value, _ indices: Value, axis: Int) throws -> Value {
    try asNumber(x) { try emit("gather", ["x": $0, "indices": indices, "axis": axis]) }
  }

  /// Elements by constant indices.
  func gather(_ x: Value, _ indices: [Int], axis: Int) throws -> Value {
    if let first = indices.first, indices == Array(first..<first + indices.count) {
      return try slice(x, axis: axis, first, first + indices.count)
    }
    return try gather(x, constant(indices), axis: axis)
  }

  /// Indices counted from the front. Core ML does not define what a negative index means.
  func nonnegative(_ indices: Value, extent: Value) throws -> Value {
    if indices.isConstant, let known = try indices.tensor(), let size = extent.integers()?.first {
      let values = known.integers()
      if values.allSatisfy({ $0 >= 0 }) { return indices }
      return Value(constant: Tensor(integers: values.map { $0 < 0 ? $0 + size : $0 }, dtype: .int32, shape: known.shape))
    }
    let isNegative = try compare("less", indices, 0)
    return try select(isNegative, add(indices, extent), indices)
  }

  /// The extent of an axis as an int32 scalar.
  func extent(_ x: Value, _ axis: Int) throws -> Value {
    guard x.dims.indices.contains(axis) else { throw Refusal("axis \(axis) does not exist in a tensor of rank \(x.rank)") }
    if let known = x.dims[axis] { return Value(constant: Tensor(integers: [known], dtype: .int32, shape: [])) }
    return try squeeze(slice(shapeVector(x), axis: 0, axis, axis + 1), [0]).knowing(nil)
  }

  // MARK: Tables

  /// 0, 1, … as a constant.
  func iota(_ count: Int) throws -> Value {
    try Refusal.checkTable(count)
    return constant(Array(0..<count))
  }

  /// A tensor of equal elements.
  func filled(_ shape: Shape, _ value: Double, _ dtype: DType) throws -> Value {
    let scalar =
      dtype == .bool
      ? Tensor(scalar: value != 0)
      : dtype.isFloat ? Tensor(scalar: Float(value)) : Tensor(integers: [Int(saturating: value)], dtype: .int32, shape: [])
    if shape.isEmpty { return Value(constant: scalar) }
    return try emit("fill", ["shape": shape, "value": scalar])
  }

  /// Pads with a constant; `widths` has the widths before and after each axis.
  func pad(_ x: Value, _ widths: [(before: Int, after: Int)], mode: String = "constant", value: Float = 0) throws -> Value {
    guard widths.contains(where: { $0 != (0, 0) }) else { return x }
    // Only the last axes need to be listed.
    let first = widths.firstIndex { $0 != (0, 0) } ?? 0
    let list = widths[first...].flatMap { [$0.before, $0.after] }
    return try asFloat(x) { try emit("pad", ["x": $0, "pad": list, "mode": mode, "constant_val": value]) }
  }
}
