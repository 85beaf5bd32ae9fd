// SPDX-License-Identifier: Apache-2.0
// Pooling of PyTorch.

import MIL
import ONNXFiles
import Operators
import Tensors
import TorchFiles

enum ATenPooling {
  static let rules: [ATenRule] =
    (1...3).flatMap { axes -> [ATenRule] in
      [
        ATenRule("max_pool\(axes)d", "max_pool\(axes)d_with_indices") { c in try c.maxPool(axes) },
        .one("avg_pool\(axes)d") { c in try c.averagePool(axes) },
        .one("adaptive_avg_pool\(axes)d", "_adaptive_avg_pool\(axes)d") { c in try c.adaptivePool(axes, isMaximum: false) },
        .one("max_unpool\(axes)d") { c in try c.unpooled(axes) },
        ATenRule("adaptive_max_pool\(axes)d") { c in [try c.adaptivePool(axes, isMaximum: true)] },
      ]
    }
}

extension ATenCall {
  /// Applies pooling to a batch, which a single sample becomes.
  private func batched(_ axes: Int, _ body: (Value) throws -> [Value]) throws -> [Value] {
    let x = try self.x()
    guard x.rank == axes + 1 else { return try body(x) }
    return try body(b.expandDims(x, [0])).map { try b.squeeze($0, [0]) }
  }

  private func geometry(_ axes: Int) throws -> [String: ONNXAttribute] {
    let kernel = try ints("kernel_size", count: axes, 1)
    let given = try ints("stride") ?? []
    let strides = given.isEmpty ? kernel : try ints("stride", count: axes, 1)
    let pads = try ints("padding", count: axes, 0)
    return [
      "kernel_shape": .ints(kernel), "strides": .ints(strides), "pads": .ints(pads + pads),
      "ceil_mode": .int(try flag("ceil_mode") ? 1 : 0),
    ]
  }

  fileprivate func maxPool(_ axes: Int) throws -> [Value] {
    try batched(axes) { x in
      var attributes = try geometry(axes)
      attributes["dilations"] = .ints(try ints("dilation", count: axes, 1))
      if !isUsed(1) { return [try standard1("MaxPool", [x], attributes)] }
      let results = try standard("MaxPool", [x], attributes, outputs: 2)
      // Indices of ONNX count over the whole tensor, those of PyTorch over an image.
      let plane = try x.shape().dropFirst(2).reduce(1, *)
      let indices = try b.int(results[1])
      return [results[0], try b.sub(indices, b.mul(b.floorDiv(indices, b.number(Double(plane), like: indices)), Double(plane)))]
    }
  }

  /// Puts elements at their indices within an image.
  fileprivate func unpooled(_ axes: Int) throws -> Value {
    let sizes = try ints("output_size", count: axes, 1)
    let indices = try b.int(self.x("indices"))
    return try batched(axes) { x in
      let shape = try x.shape()
      let plane = shape.dropFirst(2).reduce(1, *)
      try Refusal.checkTable(sizes)
      let zeros = try b.filled([shape[0], shape[1], sizes.reduce(1, *)], 0, x.dtype)
      let flat = try b.emit(
        "scatter_along_axis",
        [
          "data": zeros, "indices": b.reshape(indices, [shape[0], shape[1], plane]), "updates": b.reshape(x, [shape[0], shape[1], plane]),
          "axis": 2, "mode": "update",
        ])
      return [try b.reshape(flat, Array(shape[..<2]) + sizes)]
    }[0]
  }

  fileprivate func averagePool(_ axes: Int) throws -> Value {
    try batched(axes) { x in
      var attributes = try geometry(axes)
      let divisor = try int("divisor_override")
      let counts = try flag("count_include_pad", true) || divisor != nil
      attributes["count_include_pad"] = .int(counts ? 1 : 0)
      let y = try standard1("AveragePool", [b.float(x)], attributes)
      guard let divisor else { return [y] }
      guard try !flag("ceil_mode") else { throw Refusal("divisor_override together with ceil_mode") }
      let size = try ints("kernel_size", count: axes, 1).reduce(1, *)
      return [try b.mul(y, Double(size) / Double(divisor))]
    }[0]
  }

  fileprivate func adaptivePool(_ axes: Int, isMaximum: Bool) throws -> Value {
    let sizes = try ints("output_size", count: axes, 1)
    return try batched(axes) { x in
      let x = isMaximum ? x : try b.float(x)
      let spatial = Array(x.rank - axes..<x.rank)
      if sizes.allSatisfy({ $0 == 1 }) { return [try isMaximum ? b.max(x, spatial) : b.mean(x, spatial)] }
      let extents = try spatial.map { try x.extent($0) }
      if extents == sizes { return [x] }
      if zip(extents, sizes).allSatisfy({ $1 > 0 && $0 % $1 == 0 }) {
        let kernel = zip(extents, sizes).map { $0 / $1 }
        return [
          try standard1(isMaximum ? "MaxPool" : "AveragePool", [x], ["kernel_shape": .ints(kernel), "strides": .ints(kernel)])
        ]
      }
      return [
        try spatial.enumerated().reduce(x) { y, item in
          let (i, axis) = item
          try Refusal.checkTable(sizes[i], extents[i])
          let windows = (0..<sizes[i]).map { ($0 * extents[i] / sizes[i], (($0 + 1) * extents[i] + sizes[i] - 1) / sizes[i]) }
          guard isMaximum else {
            let taps = windows.map { window in (window.0..<window.1).map { ($0, 1 / Double(window.1 - window.0)) } }
            return try b.interpolated(y, axis: axis, extents[i], taps)
          }
          guard sizes[i] <= 256 else { throw Refusal("\(sizes[i]) windows of different sizes, more than 256") }
          return try b.concat(windows.map { try b.max(b.slice(y, axis: axis, $0.0, $0.1), [axis]) }, axis: axis)
        }
      ]
    }[0]
  }
}
