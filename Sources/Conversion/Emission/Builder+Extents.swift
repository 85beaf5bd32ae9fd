// SPDX-License-Identifier: Apache-2.0
// Operations with extents and positions that may be known at run time only.

import MIL
import ONNXFiles
import Operators
import Tensors

/// A part of one axis.
struct SliceRegion {
  let axis: Int
  let begin: Value
  /// `nil` for the end of the axis.
  let end: Value?
  let step: Int
}

extension Builder {
  func integer(_ value: Int) -> Value { Value(constant: Tensor(integers: [value], dtype: .int32, shape: []), element: .int64) }

  /// The extents as scalars.
  func sizes(_ x: Value) throws -> [Value] { try (0..<x.rank).map { try extent(x, $0) } }

  /// Integers, some of which may be computed, as one vector.
  func vector(_ extents: [Value]) throws -> Value {
    let known = extents.map { $0.integers()?.first }
    let complete = known.compactMap { $0 }
    if complete.count == known.count { return constant(complete) }
    let parts = try extents.map { try int($0.rank == 0 ? expandDims($0, [0]) : $0) }
    return try concat(parts, axis: 0).knowing(known)
  }

  /// Reshapes to extents of which some may be computed; one of them may be −1.
  func reshape(_ x: Value, to sizes: [Value]) throws -> Value {
    if sizes.isEmpty { return try reshape(x, []) }
    var known = sizes.map { $0.integers()?.first }
    if !known.contains(-1), known.count(where: { $0 == nil }) == 1 { known = known.map { $0 ?? -1 } }
    let complete = known.compactMap { $0 }
    guard complete.count == known.count else {
      return try emit("reshape", ["x": x, "shape": int(vector(sizes))]).refined(known.map { $0 == -1 ? nil : $0 })
    }
    if let shape = x.knownShape, let open = complete.firstIndex(of: -1) {
      let rest = complete.reduce(-1, *)
      guard rest > 0, shape.elementCount % rest == 0 else { throw Refusal("\(shape) cannot be reshaped to \(complete)") }
      var full = complete
      full[open] = shape.elementCount / rest
      return try reshape(x, full)
    }
    return try reshape(x, complete)
  }

  /// The elements in one axis.
  func flattened(_ x: Value) throws -> Value { try x.rank == 1 ? x : reshape(x, to: [integer(-1)]) }

  /// The number of elements along axes, as an int32 scalar.
  func extents(_ x: Value, _ axes: [Int]) throws -> Value {
    let known = axes.compactMap { x.dims[$0] }.reduce(1, *)
    let open = try axes.filter { x.dims[$0] == nil }.map { try extent(x, $0) }
    guard let first = open.first else { return integer(known) }
    let product = try open.dropFirst().reduce(first) { try mul($0, $1) }
    return known == 1 ? product : try mul(product, integer(known))
  }

  /// 0, 1, … up to an extent that may be computed.
  func range(_ end: Value) throws -> Value {
    if let known = end.integers()?.first { return try iota(known) }
    return try emit("range_1d", ["start": integer(0), "end": int(end), "step": integer(1)])
  }

  /// Repeats along axes of extent 1, to extents that may be computed.
  func expanded(_ x: Value, _ sizes: [Value]) throws -> Value {
    let known = sizes.compactMap { $0.integers()?.first }
    if known.count == sizes.count, x.knownShape != nil { return try broadcast(x, to: known) }
    let full = try withRank(x, sizes.count)
    // Nothing is repeated along axes whose extent is not 1.
    let isOpen = zip(full.dims, sizes).map { extent, size in extent == 1 && size.integers()?.first != 1 }
    if !isOpen.contains(true) { return full }
    let repeats = try zip(isOpen, sizes).map { try $0 ? int(scalar($1)) : integer(1) }
    return try repeated(full, repeats)
  }

  /// Tiles by factors that may be computed.
  func repeated(_ x: Value, _ repeats: [Value]) throws -> Value {
    guard repeats.count == x.rank else { throw Refusal("\(repeats.count) repeats for a tensor of rank \(x.rank)") }
    let known = repeats.compactMap { $0.integers()?.first }
    if known.count == repeats.count {
      guard known.allSatisfy({ $0 > 0 }) else { throw Refusal("a tensor without elements") }
      return try asNumber(x) { try tile($0, known) }
    }
    return try asNumber(x) { try emit("tile", ["x": $0, "reps": vector(repeats)]) }
  }

  /// The elements of a region.
  func sliced(_ x: Value, _ region: SliceRegion) throws -> Value {
    let axis = region.axis
    let isWhole = region.begin.integers()?.first == 0 && region.end == nil && region.step == 1
    if isWhole { return x }
    let end = region.end?.integers()?.first
    if let begin = region.begin.integers()?.first, let extent = x.dims[axis], begin >= 0, begin >= end ?? extent {
      // Joins leave out what has no elements.
      var shape = x.dims.map { $0 ?? 1 }
      shape[axis] = 0
      return Value(constant: Tensor(zeros: x.dtype, shape), element: x.element)
    }
    if let begin = region.begin.integers()?.first, region.end == nil || end != nil {
      return try slice(x, [axis: (begin, end, region.step)])
    }
    let all = 0..<x.rank
    func vector(_ value: Value?) throws -> Value {
      try self.vector(all.map { try $0 == axis ? value.map { try int(scalar($0)) } ?? integer(0) : integer(0) })
    }
    return try emit(
      "slice_by_index",
      [
        "x": x, "begin": vector(region.begin), "end": vector(region.end), "stride": all.map { $0 == axis ? region.step : 1 },
        "begin_mask": all.map { $0 != axis }, "end_mask": all.map { $0 != axis || region.end == nil },
      ])
  }

  /// A tensor of equal elements, with extents that may be computed.
  func filled(_ shape: [Value], _ value: Double, _ dtype: DType) throws -> Value {
    let known = shape.map { $0.integers()?.first }
    let complete = known.compactMap { $0 }
    if complete.count == known.count { return try filled(complete, value, dtype) }
    let element = dtype.isFloat ? Tensor(scalar: Float(value)) : Tensor(integers: [Int(saturating: value)], dtype: .int32, shape: [])
    let result = try emit("fill", ["shape": int(vector(shape)), "value": element]).refined(known)
    return dtype == .bool ? try bool(result) : result
  }
}
