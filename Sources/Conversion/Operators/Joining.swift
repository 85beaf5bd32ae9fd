// SPDX-License-Identifier: Apache-2.0
// Concatenation, splits, slices.

import MIL
import ONNXFiles
import Operators
import Tensors

enum Joining {
  static let rules: [Rule] = [
    .one("Concat") { n in
      let values = try n.all().filter { $0.isConstant || !($0.dims.contains(0)) }.filter { $0.stored?.count != 0 }
      guard let first = values.first else { throw Refusal("it joins tensors without elements") }
      let axis = try first.axis(n.int("axis", n.version < 4 ? 1 : 0))
      let partial =
        values.allSatisfy { $0.rank == 1 }
        ? values.flatMap { v in v.partial ?? v.integers() ?? Array(repeating: nil, count: v.dims[0] ?? 0) } : nil
      let isOpen = partial.map { $0.contains { $0 != nil } && values.contains { $0.partial != nil } } ?? false
      let dtype = first.dtype
      return try n.b.concat(values.map { try n.b.cast($0, dtype) }, axis: axis).knowing(isOpen ? partial : nil)
    },
    Rule("Split") { n in
      let x = try n.x()
      let axis = try x.axis(n.int("axis", 0))
      let given = n.version >= 13 ? try n.constantInts(1, "the sizes") : try n.ints("split")
      let sizes: [Int]
      if let given {
        sizes = given
      } else {
        let extent = try x.extent(axis)
        let count = try n.int("num_outputs", n.source.outputs.count)
        guard count > 0 else { throw Refusal("a split into \(count) parts") }
        let part = (extent + count - 1) / count
        sizes = (0..<count).map { Swift.max(Swift.min(part, extent - $0 * part), 0) }
      }
      guard sizes.allSatisfy({ $0 >= 0 }), sizes.contains(where: { $0 > 0 }) else { throw Refusal("parts of sizes \(sizes)") }
      // Parts without elements vanish when they are joined again.
      var parts = try n.b.split(x, sizes.filter { $0 > 0 }, axis: axis)[...]
      return try sizes.map { size in
        if size > 0, let part = parts.popFirst() { return part }
        var shape = try x.shape()
        shape[axis] = 0
        return Value(constant: Tensor(zeros: x.dtype, shape), element: x.element)
      }
    },
    .one("Slice") { n in try n.slice() },
    .one("ReverseSequence") { n in
      let x = try n.x()
      let (time, batch) = (try n.int("time_axis", 0), try n.int("batch_axis", 1))
      return try n.b.emit("reverse_sequence", ["x": x, "lengths": n.b.int(n.x(1)), "seq_axis": time, "batch_axis": batch])
    },
    .one("CenterCropPad") { n in
      let x = try n.x()
      guard let target = try n.constantInts(1, "the shape") else { throw Refusal("the shape is missing") }
      let axes = try (n.ints("axes") ?? Array(0..<x.rank)).map { try x.axis($0) }
      guard axes.count == target.count else { throw Refusal("\(target.count) extents for \(axes.count) axes") }
      var cuts: [Int: (begin: Int, end: Int?, step: Int)] = [:]
      var widths = Array(repeating: (before: 0, after: 0), count: x.rank)
      for (axis, wanted) in zip(axes, target) {
        let extent = try x.extent(axis)
        if extent > wanted {
          let begin = (extent - wanted) / 2
          cuts[axis] = (begin, begin + wanted, 1)
        } else {
          widths[axis] = ((wanted - extent) / 2, wanted - extent - (wanted - extent) / 2)
        }
      }
      return try n.b.pad(cuts.isEmpty ? x : n.b.slice(x, cuts), widths)
    },
  ]
}

extension Node {
  fileprivate func slice() throws -> Value {
    let x = try self.x()
    let isOld = version < 10
    func list(_ index: Int, _ name: String) throws -> [Int]? { isOld ? try ints(name) : optional(index)?.integers() }
    let axes: [Int]
    let steps: [Int]
    if isOld {
      guard let starts = try ints("starts") else { throw Refusal("the attribute starts is missing") }
      axes = try (ints("axes") ?? Array(starts.indices)).map { try x.axis($0) }
      steps = Array(repeating: 1, count: axes.count)
    } else {
      let count = try self.x(1).extent(0)
      axes = try (constantInts(3, "axes") ?? Array(0..<count)).map { try x.axis($0) }
      steps = try constantInts(4, "steps") ?? Array(repeating: 1, count: axes.count)
    }
    guard steps.count == axes.count, !steps.contains(0) else { throw Refusal("the steps \(steps)") }
    let (starts, ends) = (try list(1, "starts"), try list(2, "ends"))
    guard let starts, let ends, starts.count == axes.count, ends.count == axes.count else { return try openSlice(x, axes, steps) }
    var parts: [Int: (begin: Int, end: Int?, step: Int)] = [:]
    for (i, axis) in axes.enumerated() {
      let (start, end, step) = (starts[i], ends[i], steps[i])
      guard let extent = x.dims[axis] else {
        // Positions from the end, and ends beyond it, keep their meaning in MIL.
        if start == 0, step == 1, end >= 1 << 30 { continue }
        guard step > 0, start < 1 << 30 else { throw Refusal("a slice of an axis whose extent is not fixed, with step \(step)") }
        parts[axis] = (start, end >= 1 << 30 ? nil : end, step)
        continue
      }
      let (first, last) = Self.bounds(start, end, step, extent)
      let count = step > 0 ? (last - first + step - 1) / step : (first - last - step - 1) / -step
      guard count > 0 else {
        guard var shape = x.knownShape else { throw Refusal("a slice without elements: \(start) to \(end) of \(extent)") }
        shape[axis] = 0
        return Value(constant: Tensor(zeros: x.dtype, shape), element: x.element)
      }
      if first == 0, last == extent, step == 1 { continue }
      parts[axis] = (first, step < 0 && last < 0 ? nil : last, step)
    }
    let partial = x.partial.map { known in
      parts[0].map { part in
        Array(stride(from: part.begin, to: part.end ?? (part.step > 0 ? known.count : -1), by: part.step)).map { known[$0] }
      } ?? known
    }
    return parts.isEmpty ? x : try b.slice(x, parts).knowing(partial)
  }

  /// NumPy's bounds of a slice.
  private static func bounds(_ start: Int, _ end: Int, _ step: Int, _ extent: Int) -> (Int, Int) {
    func counted(_ position: Int) -> Int { position < 0 ? Swift.max(position, -(1 << 40)) + extent : position }
    if step > 0 { return (Swift.min(Swift.max(counted(start), 0), extent), Swift.min(Swift.max(counted(end), 0), extent)) }
    return (Swift.min(Swift.max(counted(start), -1), extent - 1), Swift.min(Swift.max(counted(end), -1), extent - 1))
  }

  /// A slice whose bounds are known at run time only.
  private func openSlice(_ x: Value, _ axes: [Int], _ steps: [Int]) throws -> Value {
    let (starts, ends) = (try b.int(self.x(1)), try b.int(self.x(2)))
    func full(_ vector: Value) throws -> Value {
      try b.concat(
        (0..<x.rank).map { axis in
          guard let i = axes.firstIndex(of: axis) else { return b.constant([0]) }
          return try b.slice(vector, axis: 0, i, i + 1)
        }, axis: 0)
    }
    let all = 0..<x.rank
    let isOpen = all.map { axis in axes.firstIndex(of: axis).map { i in ends.integers().map { $0[i] >= 1 << 30 } ?? false } ?? true }
    return try b.emit(
      "slice_by_index",
      [
        "x": x, "begin": full(starts), "end": full(ends), "stride": all.map { axis in axes.firstIndex(of: axis).map { steps[$0] } ?? 1 },
        "begin_mask": all.map { !axes.contains($0) }, "end_mask": isOpen,
      ])
  }
}
