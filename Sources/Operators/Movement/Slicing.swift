// SPDX-License-Identifier: Apache-2.0
// Regular parts of a tensor: slices by index and by size, slice updates, crops, bands.

import Kernels
import MIL
import Tensors

/// `x[begin:end:stride]` as in NumPy. Masked bounds extend to the edge, and squeezed axes are indexed with `begin`.
enum SliceByIndex: MovementOperator {
  static let signature = Signature("slice_by_index", [Parameter("x", .moved)] + SliceBounds.parameters)
  static let activations = ActivationTraits(sharesRange: true)
  static func infer(_ call: Call) throws -> [ValueType] {
    let x = try call.type("x")
    let bounds = try SliceBounds(call, rank: x.rank)
    let kept = x.dimensions.indices.filter { !bounds.squeezes($0) }
    return [.tensor(TensorType(x.dtype, try kept.map { try bounds.extent($0, of: x.dimensions[$0], call) }))]
  }
  static var layout: LayoutPolicy { .strided }
  static func kernel(_ request: KernelRequest) throws -> Kernel {
    let x = StridedView(try request.input("x"))
    let slice = try SlicePlan(request, of: x, part: request.output.shape)
    let copy = StridedCopy(from: slice.part, to: StridedView(request.output))
    return Kernel("copy") { copy.run(sourceOffset: try slice.offset()) }
  }
}

/// `x` with `update` in place of `x[begin:end:stride]`.
enum SliceUpdate: MovementOperator {
  static let signature = Signature(
    "slice_update", since: .iOS18,
    [Parameter("x", .moved.tied("T")), Parameter("update", .moved.tied("T"))] + SliceBounds.parameters)

  static func infer(_ call: Call) throws -> [ValueType] {
    let x = try call.type("x")
    let update = try call.type("update")
    guard update.rank > 0 else { throw call.error("update must not be a scalar") }
    guard update.dtype == x.dtype else { throw call.error("update is \(update.dtype.name), x is \(x.dtype.name)") }
    let bounds = try SliceBounds(call, rank: x.rank)
    let slice = try x.dimensions.indices.filter { !bounds.squeezes($0) }.map { try bounds.extent($0, of: x.dimensions[$0], call) }
    guard slice.count == update.rank, zip(slice, update.dimensions).allSatisfy({ $0.agrees(with: $1) }) else {
      throw call.error("update is \(update), expected \(TensorType(x.dtype, slice))")
    }
    return [.tensor(x)]
  }
  static var layout: LayoutPolicy { .follows }
  static var inPlace: Bool { true }
  static var overwrites: String? { "x" }
  static func kernel(_ request: KernelRequest) throws -> Kernel {
    let x = try request.input("x")
    let update = try request.input("update")
    let y = StridedView(request.output)
    let slice = try SlicePlan(request, of: y, part: update.shape)
    let write = StridedCopy(from: StridedView(update), to: slice.part)
    if x.pointer == request.output.pointer {
      return Kernel("copy:in-place") { write.run(destinationOffset: try slice.offset()) }
    }
    let rest = StridedCopy(from: StridedView(x), to: y)
    return Kernel("copy") {
      let offset = try slice.offset()
      rest.run()
      write.run(destinationOffset: offset)
    }
  }
}

/// `size` elements of each axis starting at `begin`; a size of -1 selects all remaining elements.
enum SliceBySize: MovementOperator {
  static let signature = Signature(
    "slice_by_size",
    [Parameter("x", .moved), Parameter("begin", .extent.tied("U")), Parameter("size", .extent.tied("U"))])
  static let activations = ActivationTraits(sharesRange: true)

  static func infer(_ call: Call) throws -> [ValueType] {
    let x = try call.type("x")
    for parameter in ["begin", "size"] {
      let type = try call.type(parameter)
      guard type.rank == 1, type.dimensions[0].agrees(with: .fixed(x.rank)) else {
        throw call.error("\(parameter) is \(type), expected one element for each of \(x.rank) axes")
      }
    }
    guard let sizes = try call.integers("size") else {
      return [.tensor(TensorType(x.dtype, Array(repeating: .any, count: x.rank)))]
    }
    let begins = try call.integers("begin")
    let dimensions = try x.dimensions.enumerated().map { axis, extent -> Dimension in
      guard sizes[axis] >= -1 else { throw call.error("size is \(sizes[axis]) along axis \(axis), expected at least -1") }
      guard let begins, let extent = extent.size else { return sizes[axis] == -1 ? .any : .fixed(sizes[axis]) }
      let begin = begins[axis] < 0 ? begins[axis] + extent : begins[axis]
      guard (0...extent).contains(begin), sizes[axis] <= extent - begin else {
        throw call.error("begin \(begins[axis]) and size \(sizes[axis]) exceed axis \(axis), which has \(extent) elements")
      }
      return .fixed(sizes[axis] == -1 ? extent - begin : sizes[axis])
    }
    return [.tensor(TensorType(x.dtype, dimensions))]
  }
  static var layout: LayoutPolicy { .follows }
  static func kernel(_ request: KernelRequest) throws -> Kernel {
    let x = StridedView(try request.input("x"))
    let size = request.output.shape
    let call = request.call
    guard zip(size, x.extents).allSatisfy({ $0 <= $1 }) else {
      throw call.error("size is \(size), expected at most the extents of x, \(x.extents)")
    }
    let begins = try Indexing.list(request, "begin")
    guard begins.count == x.rank else { throw call.error("begin has \(begins.count) elements, expected \(x.rank)") }
    let part = StridedView(base: x.base, elementSize: x.elementSize, extents: size, strides: x.strides)
    let copy = StridedCopy(from: part, to: StridedView(request.output))
    return Kernel("copy") {
      var offset = 0
      for axis in size.indices {
        let begin = begins[axis] < 0 ? begins[axis] + x.extents[axis] : begins[axis]
        guard begin >= 0, begin + size[axis] <= x.extents[axis] else {
          throw call.error("begin \(begins[axis]) and size \(size[axis]) exceed axis \(axis), which has \(x.extents[axis]) elements")
        }
        offset += begin * x.strides[axis]
      }
      copy.run(sourceOffset: offset)
    }
  }
}

/// `x` without the given numbers of rows and columns at the edges of its last two axes.
enum Crop: MovementOperator {
  static let signature = Signature(
    "crop", [Parameter("x", .float), Parameter("crop_height", .int32), Parameter("crop_width", .int32)])
  static func infer(_ call: Call) throws -> [ValueType] {
    let x = try call.type("x")
    guard x.rank >= 3 else { throw call.error("x has rank \(x.rank), expected at least 3") }
    var dimensions = x.dimensions
    for (axis, parameter) in [(x.rank - 2, "crop_height"), (x.rank - 1, "crop_width")] {
      let crop = try call.knownIntegers(parameter, count: 2)
      guard crop[0] >= 0, crop[1] >= 0 else { throw call.error("\(parameter) is \(crop), expected at least 0") }
      dimensions[axis] = try dimensions[axis].map { extent in
        guard crop[0] <= extent, crop[1] <= extent - crop[0] else {
          throw call.error("\(parameter) \(crop) removes more than the \(extent) elements of the axis")
        }
        return extent - crop[0] - crop[1]
      }
    }
    return [.tensor(TensorType(x.dtype, dimensions))]
  }
  static var layout: LayoutPolicy { .follows }
  static func kernel(_ request: KernelRequest) throws -> Kernel {
    var x = StridedView(try request.input("x"))
    for (axis, parameter) in [(x.rank - 2, "crop_height"), (x.rank - 1, "crop_width")] {
      let crop = try request.call.knownIntegers(parameter, count: 2)
      x = x.sliced(axis, from: crop[0], count: request.output.shape[axis])
    }
    return Kernel(copies: [StridedCopy(from: x, to: StridedView(request.output))])
  }
}

/// `x` with zeros outside of a band around the diagonal of its last two axes; a negative width keeps the whole side.
enum BandPart: MovementOperator {
  static let signature = Signature(
    "band_part",
    [
      Parameter("x", .numberOrBool), Parameter("lower", .int32, .defaultsTo(.int(-1))),
      Parameter("upper", .int32, .defaultsTo(.int(-1))),
    ])
  static func infer(_ call: Call) throws -> [ValueType] {
    let x = try call.type("x")
    guard x.rank >= 2 else { throw call.error("x has rank \(x.rank), expected at least 2") }
    return [.tensor(x)]
  }
  static func kernel(_ request: KernelRequest) throws -> Kernel {
    let x = try request.input("x")
    let y = request.output
    let size = y.dtype.byteCount(1)
    let (rows, columns) = (y.shape[y.shape.count - 2], y.shape[y.shape.count - 1])
    let lower = try request.call.known(request.call.integer("lower"), "lower")
    let upper = try request.call.known(request.call.integer("upper"), "upper")
    let matrices = y.shape.dropLast(2).reduce(1, *)
    return Kernel("loop") {
      for row in 0..<matrices * rows {
        let m = row % rows
        let from = lower < 0 ? 0 : min(max(m - lower, 0), columns)
        let to = upper < 0 ? columns : max(min(m + upper + 1, columns), from)
        let source = x.pointer + row * columns * size
        let target = y.pointer + row * columns * size
        target.initializeMemory(as: UInt8.self, repeating: 0, count: from * size)
        (target + from * size).copyMemory(from: source + from * size, byteCount: (to - from) * size)
        (target + to * size).initializeMemory(as: UInt8.self, repeating: 0, count: (columns - to) * size)
      }
    }
  }
}

enum Slicing {
  static let operators: [any Operator.Type] = [
    SliceByIndex.self, SliceBySize.self, SliceUpdate.self, Crop.self, BandPart.self,
  ]
}
