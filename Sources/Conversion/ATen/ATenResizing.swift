// SPDX-License-Identifier: Apache-2.0
// Resizing and sampling of images in PyTorch.

import MIL
import ONNXFiles
import Operators
import Tensors
import TorchFiles

enum ATenResizing {
  static let rules: [ATenRule] =
    (1...3).flatMap { axes -> [ATenRule] in
      let linear = ["linear1d", "bilinear2d", "trilinear3d"][axes - 1]
      return [
        .one("upsample_nearest\(axes)d") { c in
          try c.resized(axes, Interpolation(kind: .nearest, coordinates: "asymmetric", rounding: "floor"))
        },
        .one("_upsample_nearest_exact\(axes)d") { c in
          try c.resized(axes, Interpolation(kind: .nearest, coordinates: "half_pixel", rounding: "round_prefer_ceil"))
        },
        .one("upsample_\(linear)") { c in
          let corners = try c.flag("align_corners")
          return try c.resized(
            axes, Interpolation(kind: .linear, coordinates: corners ? "align_corners" : "half_pixel", rounding: ""))
        },
      ]
    } + [
      .one("_upsample_bilinear2d_aa") { c in
        try c.resized(
          2,
          Interpolation(
            kind: .linear, coordinates: c.flag("align_corners") ? "align_corners" : "half_pixel", rounding: "", excludesOutside: true,
            antialiases: true))
      },
      .one("upsample_bicubic2d") { c in
        try c.resized(
          2, Interpolation(kind: .cubic, coordinates: c.flag("align_corners") ? "align_corners" : "half_pixel", rounding: ""))
      },
      .one("_upsample_bicubic2d_aa") { c in
        try c.resized(
          2,
          Interpolation(
            kind: .cubic, coordinates: c.flag("align_corners") ? "align_corners" : "half_pixel", rounding: "", cubicCoefficient: -0.5,
            excludesOutside: true, antialiases: true))
      },
      .one("grid_sampler", "grid_sampler_2d", "grid_sampler_3d") { c in
        let modes = ["linear", "nearest", "cubic"]
        let paddings = ["zeros", "border", "reflection"]
        let (mode, padding) = (try c.int("interpolation_mode", 0), try c.int("padding_mode", 0))
        guard modes.indices.contains(mode), paddings.indices.contains(padding) else {
          throw Refusal("mode \(mode) with padding \(padding)")
        }
        return try c.standard1(
          "GridSample", [c.float("input"), c.float("grid")],
          [
            "mode": .string(Array(modes[mode].utf8)), "padding_mode": .string(Array(paddings[padding].utf8)),
            "align_corners": .int(c.flag("align_corners") ? 1 : 0),
          ])
      },
      .one("affine_grid_generator") { c in
        guard let sizes = try c.ints("size") else { throw Refusal("the size is missing") }
        return try c.standard1(
          "AffineGrid", [c.float("theta"), c.constant(sizes)], ["align_corners": .int(c.flag("align_corners") ? 1 : 0)])
      },
      .one("im2col") { c in try c.imageColumns() },
      .one("col2im") { c in
        let x = try c.x()
        let isSingle = x.rank == 2
        let input = isSingle ? try c.b.expandDims(x, [0]) : x
        guard let size = try c.ints("output_size"), let kernel = try c.ints("kernel_size") else { throw Refusal("sizes are missing") }
        let (pads, strides) = (try c.ints("padding", count: 2, 0), try c.ints("stride", count: 2, 1))
        let y = try c.standard1(
          "Col2Im", [input, c.constant(size), c.constant(kernel)],
          ["dilations": .ints(c.ints("dilation", count: 2, 1)), "pads": .ints(pads + pads), "strides": .ints(strides)])
        return isSingle ? try c.b.squeeze(y, [0]) : y
      },
      .one("torchvision.roi_align") { c in
        let boxes = try c.float("rois")
        let count = try boxes.extent(0)
        let ids = try c.b.int(c.b.reshape(c.b.slice(boxes, axis: 1, 0, 1), [count]))
        return try c.standard1(
          "RoiAlign", [c.float("input"), c.b.slice(boxes, axis: 1, 1, 5), ids],
          [
            "output_height": .int(c.int("pooled_height", 1)), "output_width": .int(c.int("pooled_width", 1)),
            "sampling_ratio": .int(Swift.max(c.int("sampling_ratio", 0), 0)), "spatial_scale": .float(Float(c.number("spatial_scale", 1))),
            "coordinate_transformation_mode": .string(Array((c.flag("aligned") ? "half_pixel" : "output_half_pixel").utf8)),
          ])
      },
    ]
}

extension ATenCall {
  /// Resizes the last axes to a size, or by factors.
  fileprivate func resized(_ axes: Int, _ way: Interpolation) throws -> Value {
    let x = try float(has("input") ? "input" : "self")
    guard x.rank == axes + 2 else { throw Refusal("a tensor of rank \(x.rank), expected \(axes + 2)") }
    var factors = try numbers("scale_factors")
    if factors == nil {
      let names = axes == 1 ? ["scales"] : axes == 2 ? ["scales_h", "scales_w"] : ["scales_d", "scales_h", "scales_w"]
      let given = try names.map { try number($0) }
      if given.allSatisfy({ $0 != nil }) { factors = given.compactMap { $0 } }
    }
    guard factors?.allSatisfy({ $0 > 0 && $0 < 1e6 }) ?? true else { throw Refusal("the factors \(factors ?? [])") }
    let sizes = try extents("output_size")
    guard sizes == nil || sizes?.count == axes else { throw Refusal("output_size has \(sizes?.count ?? 0) elements, expected \(axes)") }
    var changes = [AxisScale.scale(1), .scale(1)]
    // With aligned corners the factors have no say: the positions follow from the extents.
    let isAligned = way.coordinates == "align_corners"
    for i in 0..<axes {
      if let sizes {
        if let size = sizes[i].integers()?.first, let extent = x.dims[i + 2] {
          changes.append(.extent(size, scale: (isAligned ? nil : factors?[i]) ?? Double(size) / Double(extent)))
        } else {
          changes.append(.computed(sizes[i]))
        }
      } else if let factors, factors.count == axes {
        if let extent = x.dims[i + 2] {
          let size = (Double(extent) * factors[i]).rounded(.down)
          changes.append(.extent(Int(size), scale: isAligned ? size / Double(extent) : factors[i]))
        } else if isAligned, factors[i] != factors[i].rounded() {
          changes.append(.computed(try b.int(b.apply("floor", b.mul(b.float(b.extent(x, i + 2)), factors[i])))))
        } else {
          changes.append(.scale(factors[i]))
        }
      } else {
        throw Refusal("neither a size nor factors are given")
      }
    }
    return try b.resized(x, way, changes, outside: 0)
  }

  /// The windows of an image whose extents are not fixed: a convolution whose kernels pick one element each.
  private func openColumns(_ x: Value, _ kernel: [Int], _ strides: [Int], _ pads: [Int], _ dilations: [Int]) throws -> Value {
    let (channels, taps) = (try x.extent(1), kernel[0] * kernel[1])
    try Refusal.checkTable(channels * taps, taps)
    var weights = [Float](repeating: 0, count: channels * taps * taps)
    for row in 0..<channels * taps { weights[row * taps + row % taps] = 1 }
    let weight = Value(constant: Tensor(weights, shape: [channels * taps, 1] + kernel), label: "windows")
    let windows = try b.asFloat(x) { x in
      try b.emit(
        "conv",
        [
          "x": x, "weight": weight, "strides": strides, "pad_type": "custom", "pad": [pads[0], pads[0], pads[1], pads[1]],
          "dilations": dilations, "groups": channels,
        ])
    }
    return try b.reshape(windows, to: [b.extent(x, 0), b.integer(channels * taps), b.integer(-1)])
  }

  /// The windows of an image as columns.
  fileprivate func imageColumns() throws -> Value {
    var x = try self.x()
    let isSingle = x.rank == 3
    if isSingle { x = try b.expandDims(x, [0]) }
    let (kernel, strides) = (try ints("kernel_size", count: 2, 1), try ints("stride", count: 2, 1))
    let (pads, dilations) = (try ints("padding", count: 2, 0), try ints("dilation", count: 2, 1))
    if x.knownShape == nil {
      let columns = try openColumns(x, kernel, strides, pads, dilations)
      return isSingle ? try b.squeeze(columns, [0]) : columns
    }
    let padded = try b.pad(x, [(0, 0), (0, 0), (pads[0], pads[0]), (pads[1], pads[1])])
    let shape = try padded.shape()
    let outs = [0, 1].map { axis -> Int in
      let reach = (kernel[axis] - 1) * dilations[axis] + 1
      return (shape[axis + 2] - reach) / strides[axis] + 1
    }
    guard outs.allSatisfy({ $0 > 0 }) else { throw Refusal("windows that are larger than the image") }
    try Refusal.checkTable(kernel[0] * kernel[1], outs[0] * outs[1])
    var picks: [Int] = []
    for ky in 0..<kernel[0] {
      for kx in 0..<kernel[1] {
        for y in 0..<outs[0] {
          for column in 0..<outs[1] {
            picks.append((y * strides[0] + ky * dilations[0]) * shape[3] + column * strides[1] + kx * dilations[1])
          }
        }
      }
    }
    let flat = try b.reshape(padded, [shape[0], shape[1], shape[2] * shape[3]])
    let windows = try b.gather(flat, b.constant(picks), axis: 2)
    let result = try b.reshape(windows, [shape[0], shape[1] * kernel[0] * kernel[1], outs[0] * outs[1]])
    return isSingle ? try b.squeeze(result, [0]) : result
  }
}
