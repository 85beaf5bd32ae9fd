// SPDX-License-Identifier: Apache-2.0
// Pooling.

import MIL
import ONNXFiles
import Operators
import Tensors

enum Pooling {
  static let rules: [Rule] = [
    Rule("MaxPool") { n in try n.maxPool() },
    .one("AveragePool") { n in try n.averagePool(n.x()) },
    .one("LpPool") { n in
      let x = try n.x()
      let p = try n.float("p", 2)
      let powers = try p == 2 ? n.b.square(x) : n.b.pow(n.b.apply("abs", x), p)
      let sums = try n.windowSums(powers)
      return try p == 2 ? n.b.apply("sqrt", sums) : n.b.pow(sums, 1 / p)
    },
    .one("GlobalAveragePool") { n in try n.b.mean(n.x(), Array(2..<n.x().rank)) },
    .one("GlobalMaxPool") { n in try n.b.max(n.x(), Array(2..<n.x().rank)) },
    .one("GlobalLpPool") { n in
      let p = try n.float("p", 2)
      let x = try n.x()
      let axes = Array(2..<x.rank)
      if p == 2 { return try n.b.reduce("reduce_l2_norm", x, axes) }
      return try n.b.pow(n.b.sum(n.b.pow(n.b.apply("abs", x), p), axes), 1 / p)
    },
    .one("MaxUnpool") { n in try n.unpool() },
  ]
}

extension Node {
  /// The window with the end padding that rounding up needs. Windows that would start in the padding are dropped.
  private func poolingWindow(_ x: Value) throws -> (window: Window, extra: [Int]) {
    let window = try window(x, kernel: nil)
    var extra = window.kernel.map { _ in 0 }
    guard try flag("ceil_mode") else { return (window, extra) }
    for axis in window.kernel.indices {
      let (before, after, step) = (window.before[axis], window.after[axis], window.strides[axis])
      let reach = window.reach(axis)
      guard let extent = x.dims[axis + 2] else {
        // Rounding up gives as many windows as rounding down with this padding; `cut` removes one that starts in the padding.
        extra[axis] = step - 1
        continue
      }
      var out = (extent + before + after - reach + step - 1) / step + 1
      if (out - 1) * step >= extent + before { out -= 1 }
      extra[axis] = Swift.max((out - 1) * step + reach - (extent + before + after), 0)
    }
    return (window, extra)
  }

  /// The result of pooling without windows that start in the padding at the end, where extents are not fixed.
  private func cut(_ y: Value, of x: Value, _ window: Window) throws -> Value {
    guard try flag("ceil_mode") else { return y }
    return try window.kernel.indices.reduce(y) { y, axis in
      let step = window.strides[axis]
      guard x.dims[axis + 2] == nil, step > window.reach(axis) - window.after[axis] else { return y }
      let reached = try b.add(b.extent(x, axis + 2), b.integer(window.before[axis] + step - 1))
      let end = try b.minimum(b.floorDiv(reached, b.integer(step)), b.extent(y, axis + 2))
      return try b.sliced(y, SliceRegion(axis: axis + 2, begin: b.integer(0), end: end, step: 1))
    }
  }

  /// Combines the elements of every window of a padded tensor, one axis after the other.
  private func combined(_ padded: Value, _ window: Window, _ combine: (Value, Value) throws -> Value) throws -> Value {
    try window.kernel.indices.reduce(padded) { x, axis in
      guard window.kernel[axis] <= 1024 else { throw Refusal("a window of \(window.kernel[axis]) elements along one axis, more than 1024") }
      let (step, reach) = (window.strides[axis], window.reach(axis))
      let parts = try (0..<window.kernel[axis]).map { i in
        let begin = i * window.dilations[axis]
        guard let extent = x.dims[axis + 2] else {
          // The last element at which a window may start, counted from the end.
          let rest = reach - 1 - begin
          return try b.slice(x, [axis + 2: (begin, rest == 0 ? nil : -rest, step)])
        }
        return try b.slice(x, [axis + 2: (begin, begin + (extent - reach) / step * step + 1, step)])
      }
      return try parts.dropFirst().reduce(parts[0], combine)
    }
  }

  /// For each position of the kernel, the elements of a padded tensor at this position of every window.
  private func taps(_ padded: Value, _ window: Window) throws -> [Value] {
    let outs = try window.kernel.indices.map { axis in
      (try padded.extent(axis + 2) - window.reach(axis)) / window.strides[axis] + 1
    }
    let count = window.kernel.elementCount
    guard count <= 1024 else { throw Refusal("a dilated window of \(count) elements, more than 1024") }
    let strides = window.kernel.rowMajorStrides
    return try (0..<count).map { tap in
      var axes: [Int: (begin: Int, end: Int?, step: Int)] = [:]
      for axis in window.kernel.indices {
        let begin = tap / strides[axis] % window.kernel[axis] * window.dilations[axis]
        axes[axis + 2] = (begin, begin + (outs[axis] - 1) * window.strides[axis] + 1, window.strides[axis])
      }
      return try b.slice(padded, axes)
    }
  }

  private func pool(_ type: String, _ x: Value, _ window: Window, _ more: [String: (any Argumentable)?] = [:]) throws -> Value {
    try b.emit(
      type,
      ["x": x, "kernel_sizes": window.kernel, "strides": window.strides, "pad_type": "custom", "pad": window.pairs].merging(more) { $1 })
  }

  /// Whether every padding is smaller than the kernel, so that no window consists of padding only.
  private func isRegular(_ window: Window) -> Bool {
    zip(window.kernel, zip(window.before, window.after)).allSatisfy { $1.0 < $0 && $1.1 < $0 && $1.0 >= 0 && $1.1 >= 0 }
  }

  fileprivate func maxPool() throws -> [Value] {
    let x = try x(0)
    let (original, extra) = try poolingWindow(x)
    var window = original
    window.after = zip(window.after, extra).map(+)
    if wants(1) { return try maxPoolWithIndices(x, window) }
    let result = try b.asFloat(x) { x in
      guard window.isDilated || window.kernel.count > 3 || !isRegular(window) else { return try pool("max_pool", x, window) }
      return try combined(b.padded(x, window, value: -.infinity), window) { try b.maximum($0, $1) }
    }
    return [try cut(result, of: x, original).typed(x.element)]
  }

  private func maxPoolWithIndices(_ x: Value, _ window: Window) throws -> [Value] {
    let shape = try x.shape()
    let values = try b.float(x)
    let parts = try taps(b.padded(values, window, value: -.infinity), window)
    let stacked = try b.stack(parts, axis: 0)
    let best = try b.max(stacked, [0], keep: false)
    let tap = try b.emit("reduce_argmax", ["x": stacked, "axis": 0, "keep_dims": false])
    // The index within the image: that of the window's first element, plus that of the position within the window.
    let spatial = Array(shape[2...])
    let isColumnMajor = try flag("storage_order")
    let steps = isColumnMajor ? spatial.indices.map { spatial[..<$0].reduce(1, *) } : spatial.rowMajorStrides
    let outs = Array(try best.shape()[2...])
    let (outStrides, kernelStrides) = (outs.rowMajorStrides, window.kernel.rowMajorStrides)
    try Refusal.checkTable(outs.elementCount, 1)
    let bases = (0..<outs.elementCount).map { i in
      outs.indices.reduce(0) { sum, axis in
        sum + (i / outStrides[axis] % outs[axis] * window.strides[axis] - window.before[axis]) * steps[axis]
      }
    }
    let offsets = (0..<parts.count).map { i in
      spatial.indices.reduce(0) { sum, axis in sum + i / kernelStrides[axis] % window.kernel[axis] * window.dilations[axis] * steps[axis] }
    }
    let image = spatial.elementCount
    let planes = (0..<shape[0] * shape[1]).map { $0 * image }
    func table(_ values: [Int], _ shape: [Int]) -> Value { Value(constant: Tensor(integers: values, dtype: .int32, shape: shape)) }
    let within = try b.gather(b.constant(offsets), tap, axis: 0)
    let ones = Array(repeating: 1, count: spatial.count)
    let index = try b.add(b.add(within, table(bases, [1, 1] + outs)), table(planes, [shape[0], shape[1]] + ones))
    return [try b.cast(best, x.dtype).typed(x.element), index.typed(.int64)]
  }

  func averagePool(_ x: Value) throws -> Value {
    let (original, extra) = try poolingWindow(x)
    var window = original
    var values = x
    let countsPadding = try flag("count_include_pad")
    if countsPadding, extra.contains(where: { $0 > 0 }) || window.isDilated || !isRegular(window) {
      values = try b.padded(x, window)
      (window.before, window.after) = (window.kernel.map { _ in 0 }, window.kernel.map { _ in 0 })
    }
    window.after = zip(window.after, extra).map(+)
    guard window.isDilated || !isRegular(window) else {
      let isExcluded = !countsPadding || extra.contains { $0 > 0 }
      return try cut(pool("avg_pool", values, window, ["exclude_padding_from_average": isExcluded]), of: x, original)
    }
    func total(_ value: Value) throws -> Value {
      try combined(b.padded(value, window), window) { try b.add($0, $1) }
    }
    let ones = try b.filled([b.integer(1), b.integer(1)] + b.sizes(values).dropFirst(2), 1, .float32)
    return try cut(b.div(total(values), total(ones)), of: x, original)
  }

  fileprivate func windowSums(_ x: Value) throws -> Value {
    let (original, extra) = try poolingWindow(x)
    var window = original
    window.after = zip(window.after, extra).map(+)
    if window.isDilated || !isRegular(window) {
      return try cut(combined(b.padded(x, window), window) { try b.add($0, $1) }, of: x, original)
    }
    let means = try pool("avg_pool", x, window, ["exclude_padding_from_average": false])
    return try cut(b.mul(means, Double(window.kernel.elementCount)), of: x, original)
  }

  fileprivate func unpool() throws -> Value {
    let (x, indices) = (try x(0), try x(1))
    let shape = try x.shape()
    let window = try window(x, kernel: nil)
    let spatial = window.kernel.indices.map { axis in
      (shape[axis + 2] - 1) * window.strides[axis] - window.before[axis] - window.after[axis] + window.kernel[axis]
    }
    let full = Array(shape[..<2]) + spatial
    let zeros = try b.filled([full.elementCount], 0, .float32)
    let flat = try b.emit(
      "scatter_along_axis",
      [
        "data": zeros, "indices": b.reshape(indices, [shape.elementCount]), "updates": b.reshape(x, [shape.elementCount]), "axis": 0,
        "mode": "update",
      ])
    let result = try b.reshape(flat, full)
    guard let wanted = try constantInts(2, "the output shape") else { return result }
    let widths = zip(wanted, full).map { (0, $0 - $1) }
    guard widths.count == full.count, widths.allSatisfy({ $0.1 >= 0 }) else {
      throw Refusal("the output shape \(wanted) is smaller than \(full)")
    }
    return try b.pad(result, widths)
  }
}
