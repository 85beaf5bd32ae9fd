// SPDX-License-Identifier: Apache-2.0
// Joins and splits tensors: concat, stack, split; and repeats them: tile.

import Kernels
import MIL
import Tensors

/// Concatenates or interleaves tensors along an axis.
enum Concat: MovementOperator {
  static let signature = Signature(
    "concat",
    [
      Parameter("values", .any.tied("T"), variadic: true), Parameter("axis", .int32),
      Parameter("interleave", .bool, .defaultsTo(.bool(false))),
    ])

  static func infer(_ call: Call) throws -> [ValueType] {
    let values = try call.tensors("values")
    let first = values[0]
    for value in values where value.rank != first.rank {
      throw call.error("values have ranks \(first.rank) and \(value.rank), expected the same rank")
    }
    guard first.rank > 0 else { return [.tensor(first.dtype, [values.count])] }
    let axis = try call.knownAxis("axis", rank: first.rank)
    let isInterleaved = try call.known(call.bool("interleave"), "interleave")
    var dimensions = first.dimensions
    for value in values.dropFirst() {
      for i in dimensions.indices where i != axis || isInterleaved {
        guard dimensions[i].agrees(with: value.dimensions[i]) else {
          throw call.error("values are \(first) and \(value), which differ along axis \(i)")
        }
        dimensions[i] = dimensions[i].known(or: value.dimensions[i])
      }
    }
    dimensions[axis] = values.reduce(.fixed(0)) { $0 + $1.dimensions[axis] }
    return [try call.result(first.dtype, dimensions)]
  }
  static var layout: LayoutPolicy { .follows }
  static func kernel(_ request: KernelRequest) throws -> Kernel {
    let values = request.inputs["values"] ?? []
    var y = StridedView(request.output)
    let isInterleaved = try request.call.known(request.call.bool("interleave"), "interleave")
    let axis = values.first.map(\.shape.isEmpty) == true ? 0 : try request.call.knownAxis("axis", rank: y.rank)
    if isInterleaved { y = y.splitting(axis, into: [y.extents[axis] / max(values.count, 1), values.count]) }
    var at = 0
    let copies = values.enumerated().map { i, value in
      let source = StridedView(value)
      if isInterleaved { return StridedCopy(from: source, to: y.removing(axis + 1, at: i)) }
      let extent = value.shape.isEmpty ? 1 : value.shape[axis]
      let place = y.sliced(axis, from: at, count: extent)
      at += extent
      return StridedCopy(from: value.shape.isEmpty ? source.repeating(1, at: 0) : source, to: place)
    }
    return Kernel(copies: copies)
  }
}

/// Stacks tensors of the same shape along a new axis.
enum Stack: MovementOperator {
  static let signature = Signature(
    "stack", [Parameter("values", .any.tied("T"), variadic: true), Parameter("axis", .int32)])

  static func infer(_ call: Call) throws -> [ValueType] {
    let values = try call.tensors("values")
    let first = values[0]
    var dimensions = first.dimensions
    for value in values.dropFirst() {
      guard value.rank == first.rank, zip(dimensions, value.dimensions).allSatisfy({ $0.agrees(with: $1) }) else {
        throw call.error("values are \(first) and \(value), expected the same shape")
      }
      dimensions = zip(dimensions, value.dimensions).map { $0.known(or: $1) }
    }
    dimensions.insert(.fixed(values.count), at: try call.knownAxis("axis", rank: first.rank + 1))
    return [try call.result(first.dtype, dimensions)]
  }
  static var layout: LayoutPolicy { .strided }
  static func kernel(_ request: KernelRequest) throws -> Kernel {
    let y = StridedView(request.output)
    let axis = try request.call.knownAxis("axis", rank: y.rank)
    return Kernel(
      copies: (request.inputs["values"] ?? []).enumerated().map { i, value in
        StridedCopy(from: StridedView(value), to: y.removing(axis, at: i))
      })
  }
}

/// Splits a tensor along an axis into equal parts or parts of given sizes.
enum Split: MovementOperator {
  static let signature = Signature(
    "split",
    [
      Parameter("x", .numberOrBool), Parameter("num_splits", .int32, .optional),
      Parameter("split_sizes", .int32, .optional), Parameter("axis", .int32),
    ])

  static func infer(_ call: Call) throws -> [ValueType] {
    let x = try call.type("x")
    let axis = try call.knownAxis("axis", rank: x.rank)
    return try sizes(call, of: x.dimensions[axis]).map { size in
      var dimensions = x.dimensions
      dimensions[axis] = size
      return .tensor(TensorType(x.dtype, dimensions))
    }
  }

  private static func sizes(_ call: Call, of extent: Dimension) throws -> [Dimension] {
    guard call.has("num_splits") || call.has("split_sizes") else { throw call.error("needs num_splits or split_sizes") }
    let parts = try call.has("num_splits") ? call.knownInteger("num_splits", atLeast: 1) : nil
    // There is one output for each part, so more parts than a program can name are an error in the file.
    if let parts, parts > 1 << 16 { throw call.error("num_splits is \(parts), expected at most \(1 << 16)") }
    guard call.has("split_sizes") else {
      guard let parts else { return [] }
      return Array(repeating: try extent.map { try equal($0, parts, call) }, count: parts)
    }
    guard let sizes = try call.integers("split_sizes") else {
      guard let count = try parts ?? call.type("split_sizes").dimensions.first?.size, count <= 1 << 16 else {
        throw call.error("the number of split_sizes is not known")
      }
      return Array(repeating: .any, count: count)
    }
    guard parts == nil || parts == sizes.count else {
      throw call.error("num_splits is \(parts ?? 0), but there are \(sizes.count) split_sizes")
    }
    guard sizes.allSatisfy({ $0 >= 0 }) else { throw call.error("split_sizes are \(sizes), expected at least 0") }
    if let extent = extent.size, sizes.reduce(0, { $0.addingReportingOverflow($1).partialValue }) != extent {
      throw call.error("split_sizes are \(sizes), which do not add up to \(extent)")
    }
    return sizes.map { .fixed($0) }
  }

  private static func equal(_ extent: Int, _ parts: Int, _ call: Call) throws -> Int {
    guard extent % parts == 0 else { throw call.error("the axis has \(extent) elements, expected a multiple of num_splits, \(parts)") }
    return extent / parts
  }

  static var layout: LayoutPolicy { .follows }
  static func kernel(_ request: KernelRequest) throws -> Kernel {
    let x = StridedView(try request.input("x"))
    let axis = try request.call.knownAxis("axis", rank: x.rank)
    var at = 0
    let copies = request.outputs.map { output in
      let part = x.sliced(axis, from: at, count: output.shape[axis])
      at += output.shape[axis]
      return StridedCopy(from: part, to: StridedView(output))
    }
    return Kernel(copies: copies)
  }
}

/// `x` repeated a number of times along each axis.
enum Tile: MovementOperator {
  static let signature = Signature("tile", [Parameter("x", .numberOrBool), Parameter("reps", .int32)])

  static func infer(_ call: Call) throws -> [ValueType] {
    let x = try call.type("x")
    guard let reps = try call.integers("reps") else {
      return [.tensor(TensorType(x.dtype, Array(repeating: .any, count: x.rank)))]
    }
    guard !reps.isEmpty, reps.count == x.rank else { throw call.error("reps has \(reps.count) elements, but x has rank \(x.rank)") }
    // coremltools does not write zeros, but a program that counts the true elements of a mask may compute one.
    guard reps.allSatisfy({ $0 >= 0 }) else { throw call.error("reps are \(reps), expected at least 0") }
    return [try call.result(x.dtype, zip(x.dimensions, reps).map { $0 * $1 })]
  }
  static var layout: LayoutPolicy { .follows }
  static func kernel(_ request: KernelRequest) throws -> Kernel {
    var x = StridedView(try request.input("x"))
    var y = StridedView(request.output)
    for axis in x.extents.indices.reversed() {
      let reps = x.extents[axis] == 0 ? 0 : y.extents[axis] / x.extents[axis]
      y = y.splitting(axis, into: [reps, x.extents[axis]])
      x = x.repeating(reps, at: axis)
    }
    return Kernel(copies: [StridedCopy(from: x, to: y)])
  }
}

enum Joining {
  static let operators: [any Operator.Type] = [Concat.self, Stack.self, Split.self, Tile.self]
}
