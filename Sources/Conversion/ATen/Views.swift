// SPDX-License-Identifier: Apache-2.0
// Operators whose results share the memory of their operand, and how a change of the result changes the operand.

import MIL
import ONNXFiles
import Operators
import Tensors
import TorchFiles

enum Views {
  typealias Replace = @Sendable (_ call: ATenCall, _ output: Int, _ base: Value, _ part: Value) throws -> Value

  /// The replacement of a view in its base, by operator.
  static let all: [String: Replace] = {
    var all: [String: Replace] = [:]
    for name in ["view", "reshape", "flatten", "unflatten", "squeeze", "unsqueeze", "view_as", "reshape_as", "_reshape_alias"] {
      all[name] = { call, _, base, part in
        if let shape = base.knownShape { return try call.b.reshape(part, shape) }
        return try call.b.emit("reshape", ["x": part, "shape": call.b.shapeVector(base)])
      }
    }
    for name in ["transpose", "permute", "t", "swapaxes", "swapdims", "movedim", "moveaxis", "numpy_T", "mT", "adjoint"] {
      all[name] = { call, _, base, part in
        let order = try call.order(base.rank)
        return try call.b.transpose(part, order.indices.map { axis in order.firstIndex(of: axis) ?? axis })
      }
    }
    for name in ["detach", "alias", "contiguous", "to", "lift_fresh"] { all[name] = { _, _, _, part in part } }
    all["slice"] = { call, _, base, part in try call.replacing(base, part, call.region(base)) }
    all["narrow"] = { call, _, base, part in try call.replacing(base, part, call.narrowed(base)) }
    all["select"] = { call, _, base, part in
      let axis = try call.axis(base)
      let region = try call.selected(base)
      return try call.replacing(base, call.b.expandDims(part, [axis]), region)
    }
    for name in ["split", "split_with_sizes", "chunk", "unbind", "tensor_split"] {
      all[name] = { call, output, base, part in
        let axis = try call.axis(base)
        let isUnbound = OperatorName(call.node.target).base == "unbind"
        let sizes = try isUnbound ? Array(repeating: 1, count: base.extent(axis)) : call.partSizes(base, axis)
        let begin = sizes[..<output].reduce(0, +)
        let region = SliceRegion(axis: axis, begin: call.b.integer(begin), end: call.b.integer(begin + sizes[output]), step: 1)
        return try call.replacing(base, isUnbound ? call.b.expandDims(part, [axis]) : part, region)
      }
    }
    for name in ["expand", "expand_as", "diagonal", "as_strided", "unfold"] {
      all[name] = { call, _, base, part in try call.replacingByIndex(base, part) }
    }
    return all
  }()
}

extension ATenCall {
  /// The region of `slice`.
  func region(_ x: Value) throws -> SliceRegion {
    let axis = try self.axis(x)
    let step = try int("step", 1)
    guard step > 0 else { throw Refusal("step = \(step)") }
    let extent = x.dims[axis]
    func bound(_ name: String) throws -> Value? {
      guard let value = try optional(name) else { return nil }
      guard let known = value.integers()?.first else { return value }
      guard let extent else { return known >= 1 << 31 ? nil : b.integer(known) }
      return b.integer(Swift.min(Swift.max(known < 0 ? known + extent : known, 0), extent))
    }
    let begin = try bound("start") ?? b.integer(0)
    var end = try bound("end")
    if let known = end?.integers()?.first, known == extent { end = nil }
    return SliceRegion(axis: axis, begin: begin, end: end, step: step)
  }

  func narrowed(_ x: Value) throws -> SliceRegion {
    let axis = try self.axis(x)
    guard let start = try optional("start"), let length = try optional("length") else { throw Refusal("start and length are missing") }
    var begin = start
    if let known = start.integers()?.first, known < 0 {
      begin = try x.dims[axis].map { b.integer(known + $0) } ?? b.add(b.extent(x, axis), b.integer(known))
    }
    return SliceRegion(axis: axis, begin: begin, end: try b.add(b.int(b.scalar(begin)), b.int(b.scalar(length))), step: 1)
  }

  func selected(_ x: Value) throws -> SliceRegion {
    let axis = try self.axis(x)
    guard var index = try optional("index") else { throw Refusal("the index is missing") }
    if let known = index.integers()?.first, !(-(1 << 31)...(1 << 31)).contains(known) { throw Refusal("the index \(known)") }
    if let known = index.integers()?.first {
      let counted = known < 0 ? x.dims[axis].map { $0 + known } ?? known : known
      index = b.integer(counted)
      return SliceRegion(axis: axis, begin: index, end: counted == -1 ? nil : b.integer(counted + 1), step: 1)
    }
    return SliceRegion(axis: axis, begin: index, end: try b.add(b.int(b.scalar(index)), 1), step: 1)
  }

  /// The extents of the parts that an operator splits an axis into.
  func partSizes(_ x: Value, _ axis: Int) throws -> [Int] {
    let name = OperatorName(node.target)
    switch name.base {
    case "chunk", "unsafe_chunk":
      let extent = try x.extent(axis)
      let size = (extent + Swift.max(try int("chunks", 1), 1) - 1) / Swift.max(try int("chunks", 1), 1)
      return stride(from: 0, to: extent, by: Swift.max(size, 1)).map { Swift.min(size, extent - $0) }
    case "tensor_split":
      let extent = try x.extent(axis)
      if let cuts = try ints("indices") {
        let places = [0] + cuts.map { Swift.min(Swift.max($0 < 0 ? $0 + extent : $0, 0), extent) } + [extent]
        return zip(places, places.dropFirst()).map { $1 - $0 }
      }
      let count = try int("sections", 1)
      return (0..<count).map { extent / count + ($0 < extent % count ? 1 : 0) }
    default:
      if name.base.hasSuffix("split_with_sizes") || name.overload == "sizes" {
        guard let sizes = try ints(has("split_sizes") ? "split_sizes" : "split_size") else { throw Refusal("the sizes are missing") }
        return sizes
      }
      let (extent, size) = (try x.extent(axis), try int("split_size", 1))
      guard size > 0 else { throw Refusal("split_size = \(size)") }
      return stride(from: 0, to: extent, by: size).map { Swift.min(size, extent - $0) }
    }
  }

  /// `base` with a region replaced.
  func replacing(_ base: Value, _ part: Value, _ region: SliceRegion) throws -> Value {
    if part.dims.contains(0) { return base }
    let update = try b.converted(part, to: base.category)
    let isWhole = region.begin.integers()?.first == 0 && region.end == nil && region.step == 1
    if isWhole { return update }
    if b.opset >= .iOS18 {
      let all = 0..<base.rank
      func vector(_ value: Value?) throws -> Value {
        try b.vector(all.map { try $0 == region.axis ? value.map { try b.scalar($0) } ?? b.integer(0) : b.integer(0) })
      }
      return try b.asNumber(base) { x in
        try b.emit(
          "slice_update",
          [
            "x": x, "update": b.cast(update, x.dtype), "begin": vector(region.begin), "end": vector(region.end),
            "stride": all.map { $0 == region.axis ? region.step : 1 }, "begin_mask": all.map { $0 != region.axis },
            "end_mask": all.map { $0 != region.axis || region.end == nil },
          ])
      }
    }
    guard let begin = region.begin.integers()?.first, let extent = base.dims[region.axis] else {
      throw Refusal("a write at a position that depends on the inputs needs iOS18")
    }
    let count = try update.extent(region.axis)
    guard region.step == 1 else { return try replacingByIndex(base, part) }
    var parts = [update]
    if begin > 0 { parts.insert(try b.slice(base, axis: region.axis, 0, begin), at: 0) }
    if begin + count < extent { parts.append(try b.slice(base, axis: region.axis, begin + count, extent)) }
    return try b.concat(parts, axis: region.axis)
  }

  /// `base` with a view replaced, by the positions that the view shows.
  func replacingByIndex(_ base: Value, _ part: Value, view: String? = nil) throws -> Value {
    let shape = try base.shape()
    try Refusal.checkTable(shape.elementCount, 1)
    guard let rule = ATenRules.find(OperatorName(view.map { "torch.ops.aten.\($0)" } ?? node.target)) else {
      throw Refusal("this view has no form")
    }
    var again = self
    again.base = Value(constant: Tensor(integers: Array(0..<shape.elementCount), dtype: .int32, shape: shape))
    guard let positions = try rule.lower(again)[0].integers() else { throw Refusal("a write to this view") }
    guard Set(positions).count == positions.count else { throw Refusal("a write to a tensor that repeats its elements") }
    let flat = try b.asNumber(base) { x in
      try b.emit(
        "scatter_along_axis",
        [
          "data": b.reshape(x, [shape.elementCount]), "indices": positions, "updates": b.reshape(b.cast(part, x.dtype), [positions.count]),
          "axis": 0, "mode": "update",
        ])
    }
    return try b.reshape(flat, shape)
  }
}
