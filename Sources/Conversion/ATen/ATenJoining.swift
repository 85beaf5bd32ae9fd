// SPDX-License-Identifier: Apache-2.0
// Slices, splits and joins of PyTorch.

import MIL
import ONNXFiles
import Operators
import Tensors
import TorchFiles

enum ATenJoining {
  static let rules: [ATenRule] = [
    .one("cat", "concat", "concatenate") { c in
      // An empty vector joins with anything.
      let all = try c.tensors("tensors").filter { !$0.dims.contains(0) }
      guard let first = all.first else { throw Refusal("a tensor without elements") }
      let axis = try c.axis(first)
      let category = c.category ?? .float
      // MIL joins no booleans.
      let parts = try all.map { try c.b.converted($0, to: category == .bool ? .int : category) }
      return try c.b.concat(parts, axis: axis)
    },
    .one("stack") { c in
      let category = c.category ?? .float
      let all = try c.tensors("tensors").map { try c.b.converted($0, to: category == .bool ? .int : category) }
      guard let first = all.first else { throw Refusal("no tensors") }
      let given = try c.int("dim", 0)
      return try c.b.stack(all, axis: given < 0 ? given + first.rank + 1 : given)
    },
    .one("hstack", "vstack", "dstack", "column_stack", "row_stack") { c in
      let name = OperatorName(c.node.target).base
      var all = try c.tensors("tensors")
      guard !all.isEmpty else { throw Refusal("no tensors") }
      switch name {
      case "hstack": all = try all.map { try c.b.withRank($0, 1) }
      case "vstack", "row_stack": all = try all.map { try c.b.withRank($0, 2) }
      case "column_stack": all = try all.map { $0.rank <= 1 ? try c.b.reshape($0, to: [c.b.integer(-1), c.b.integer(1)]) : $0 }
      default: throw Refusal("the operator has no form")
      }
      return try c.b.concat(all, axis: name == "hstack" ? (all[0].rank == 1 ? 0 : 1) : name == "column_stack" ? 1 : 0)
    },
    ATenRule(
      "split", "split_with_sizes", "split_with_sizes_copy", "split_copy", "chunk", "unsafe_split", "unsafe_split_with_sizes",
      "unsafe_chunk", "tensor_split"
    ) { c in
      let x = try c.x()
      let axis = try c.axis(x)
      if x.dims[axis] == nil, let sizes = try c.extents("split_sizes") { return try c.openSplit(x, axis, sizes) }
      let sizes = try c.partSizes(x, axis)
      guard sizes.allSatisfy({ $0 > 0 }) else { throw Refusal("parts of the sizes \(sizes)") }
      if x.isBool { return try c.b.split(c.b.int(x), sizes, axis: axis).map { try c.b.truth($0) } }
      return try c.b.split(x, sizes, axis: axis)
    },
    ATenRule("unbind", "unbind_copy") { c in
      let x = try c.x()
      let axis = try c.axis(x)
      let count = try x.extent(axis)
      return try c.b.split(x, Array(repeating: 1, count: count), axis: axis).map {
        x.rank == 1 ? try c.b.reshape($0, []) : try c.b.squeeze($0, [axis])
      }
    },
    .one("slice", "slice_copy") { c in
      let x = try c.x()
      return try c.b.sliced(x, c.region(x))
    },
    .one("narrow", "narrow_copy") { c in
      let x = try c.x()
      return try c.b.sliced(x, c.narrowed(x))
    },
    .one("select", "select_copy") { c in
      let x = try c.x()
      let axis = try c.axis(x)
      let index = try c.selected(x).begin
      if let known = index.integers()?.first { return try c.b.select(x, axis: axis, known) }
      return try c.b.gather(x, c.b.int(c.b.scalar(index)), axis: axis)
    },
    .one("slice_scatter") { c in
      let x = try c.x()
      return try c.replacing(x, c.x("src"), c.region(x))
    },
    .one("select_scatter") { c in
      let x = try c.x()
      return try c.replacing(x, c.b.expandDims(c.x("src"), [c.axis(x)]), c.selected(x))
    },
    .one("diagonal_scatter", "as_strided_scatter") { c in
      let view = String(OperatorName(c.node.target).base.dropLast("_scatter".count))
      return try c.replacingByIndex(c.x(), c.x("src"), view: view)
    },
    .one("flip", "fliplr", "flipud") { c in
      let x = try c.x()
      let name = OperatorName(c.node.target).base
      let axes = try name == "fliplr" ? [1] : name == "flipud" ? [0] : c.axes(x, "dims")
      return try c.b.asNumber(x) { try c.b.reverse($0, axes) }
    },
    .one("roll") { c in
      let x = try c.x()
      let shifts = try c.ints("shifts") ?? []
      guard let axes = try c.ints("dims"), !axes.isEmpty else {
        return try c.b.reshape(c.b.rolled(c.b.flattened(x), shifts.first ?? 0, 0), to: c.b.sizes(x))
      }
      guard axes.count == shifts.count else { throw Refusal("\(shifts.count) shifts for \(axes.count) axes") }
      return try zip(axes, shifts).reduce(x) { y, item in try c.b.rolled(y, item.1, y.axis(item.0)) }
    },
    .one("rot90") { c in
      let x = try c.x()
      let axes = try (c.ints("dims") ?? [0, 1]).map { try x.axis($0) }
      guard axes.count == 2 else { throw Refusal("\(axes.count) axes, expected 2") }
      let turns = ((try c.int("k", 1) % 4) + 4) % 4
      var order = Array(0..<x.rank)
      order.swapAt(axes[0], axes[1])
      switch turns {
      case 1: return try c.b.transpose(c.b.reverse(x, [axes[1]]), order)
      case 2: return try c.b.reverse(x, axes)
      case 3: return try c.b.reverse(c.b.transpose(x, order), [axes[1]])
      default: return x
      }
    },
    .one("tril") { c in try c.triangle { $1 - $0 <= $2 } },
    .one("triu") { c in try c.triangle { $1 - $0 >= $2 } },
    .one("diff") { c in
      var x = try c.x()
      let axis = try c.axis(x, "dim", -1)
      for _ in 0..<(try c.int("n", 1)) {
        let (upper, lower) = (try c.b.slice(x, [axis: (1, nil, 1)]), try c.b.slice(x, [axis: (0, -1, 1)]))
        x = x.isBool ? try c.b.xor(upper, lower) : try c.b.sub(upper, lower)
      }
      return x
    },
    .one("unfold", "unfold_copy") { c in
      let x = try c.x()
      let axis = try c.axis(x, "dimension")
      let (size, step, extent) = (try c.int("size", 1), try c.int("step", 1), try x.extent(axis))
      guard size > 0, size <= extent, step > 0 else { throw Refusal("windows of \(size) elements of \(extent)") }
      try Refusal.checkTable((extent - size) / step + 1, size)
      let starts = Array(stride(from: 0, through: extent - size, by: step))
      let picks = Value(
        constant: Tensor(integers: starts.flatMap { start in (0..<size).map { start + $0 } }, dtype: .int32, shape: [starts.count, size]))
      // The window's axis goes to the end.
      let windows = try c.b.gather(x, picks, axis: axis)
      return try c.b.moveAxis(windows, from: axis + 1, to: x.rank)
    },
    .one("constant_pad_nd") { c in try c.padded(c.x(), mode: "constant", value: c.number("value", 0)) },
    ATenRule("meshgrid") { c in
      let all = try c.tensors("tensors").map { $0.rank == 0 ? try c.b.reshape($0, [1]) : $0 }
      let isSwapped = try c.string("indexing", "ij") == "xy" && all.count >= 2
      var order = Array(all.indices)
      if isSwapped { order.swapAt(0, 1) }
      let shape = try order.map { try c.b.extent(all[$0], 0) }
      return try all.indices.map { i in
        let place = order.firstIndex(of: i) ?? i
        return try c.b.expanded(c.b.expandDims(all[i], all.indices.filter { $0 != place }), shape)
      }
    },
  ]
}

extension Builder {
  fileprivate func rolled(_ x: Value, _ shift: Int, _ axis: Int) throws -> Value {
    guard let extent = x.dims[axis] else {
      guard shift != 0 else { return x }
      let count = try self.extent(x, axis)
      return try gather(x, emit("mod", ["x": sub(range(count), Double(shift)), "y": count]), axis: axis)
    }
    let by = ((shift % extent) + extent) % extent
    guard by != 0 else { return x }
    return try asNumber(x) { x in
      try concat([slice(x, axis: axis, extent - by, extent), slice(x, axis: axis, 0, extent - by)], axis: axis)
    }
  }
}

extension ATenCall {
  /// Parts whose extents are computed.
  fileprivate func openSplit(_ x: Value, _ axis: Int, _ sizes: [Value]) throws -> [Value] {
    var begin = b.integer(0)
    return try sizes.enumerated().map { i, size in
      let end = try b.add(b.int(b.scalar(begin)), b.int(b.scalar(size)))
      defer { begin = end }
      return try b.sliced(x, SliceRegion(axis: axis, begin: begin, end: i == sizes.count - 1 ? nil : end, step: 1))
    }
  }

  /// Keeps the elements of the last two axes for which a condition on row, column and diagonal holds.
  fileprivate func triangle(_ keeps: (Int, Int, Int) -> Bool) throws -> Value {
    let x = try self.x()
    guard x.rank >= 2 else { throw Refusal("a tensor of rank \(x.rank), expected at least 2") }
    let diagonal = try int("diagonal", 0)
    guard let rows = x.dims[x.rank - 2], let columns = x.dims[x.rank - 1] else {
      let isLower = keeps(1, 0, 0)
      return try b.openTriangle(x, diagonal, isLower: isLower)
    }
    try Refusal.checkTable(rows, columns)
    let mask = (0..<rows * columns).map { keeps($0 / columns, $0 % columns, diagonal) }
    let condition = Value(constant: Tensor(mask, shape: [rows, columns]))
    if x.isBool { return try b.and(x, condition) }
    return try b.select(condition, x, b.number(0, like: x))
  }
}

extension Builder {
  /// The triangle of a matrix with extents that are computed.
  fileprivate func openTriangle(_ x: Value, _ diagonal: Int, isLower: Bool) throws -> Value {
    func range(_ axis: Int) throws -> Value {
      try emit("range_1d", ["start": integer(0), "end": extent(x, axis), "step": integer(1)])
    }
    let gap = try sub(expandDims(range(x.rank - 1), [0]), expandDims(range(x.rank - 2), [1]))
    let condition = try compare(isLower ? "less_equal" : "greater_equal", gap, Double(diagonal))
    if x.isBool { return try and(x, condition) }
    return try mul(x, cast(condition, x.dtype))
  }
}
