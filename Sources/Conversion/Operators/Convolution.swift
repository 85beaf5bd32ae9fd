// SPDX-License-Identifier: Apache-2.0
// Convolutions.

import MIL
import ONNXFiles
import Operators
import Tensors

enum Convolution {
  static let rules: [Rule] = [
    .one("Conv") { n in try n.convolution(n.x(), n.x(1).weight(), bias: n.optional(2)?.weight()) },
    .one("ConvTranspose") { n in try n.transposedConvolution() },
    .one("ConvInteger") { n in
      let x = try n.b.shifted(n.x(), n.optional(2), axis: 1)
      let w = try n.b.shifted(n.x(1), n.optional(3), axis: 0)
      let products = try w.shape().dropFirst().reduce(1, *)
      guard products <= 256 else { return try n.exactConvolution(x, w).typed(.int32) }
      return try n.b.int(n.convolution(x, w, bias: nil)).typed(.int32)
    },
    .one("DeformConv") { n in try n.deformedConvolution() },
    Rule("CausalConvWithState") { n in try n.causalConvolution() },
  ]
}

/// The geometry of a sliding window, one entry for each spatial axis.
struct Window {
  var kernel: [Int]
  var strides: [Int]
  var dilations: [Int]
  var before: [Int]
  var after: [Int]

  var pairs: [Int] { zip(before, after).flatMap { [$0, $1] } }
  var isDilated: Bool { dilations.contains { $0 != 1 } }

  /// The extent that the kernel covers.
  func reach(_ axis: Int) -> Int { (kernel[axis] - 1) * dilations[axis] + 1 }
}

extension Node {
  /// The geometry of a convolution or of pooling over `x`.
  func window(_ x: Value, kernel given: [Int]?) throws -> Window {
    guard let kernel = try ints("kernel_shape") ?? given else { throw Refusal("the attribute kernel_shape is missing") }
    let count = kernel.count
    guard count == x.rank - 2, count > 0 else { throw Refusal("a kernel of \(count) axes for a tensor of rank \(x.rank)") }
    let strides = try ints("strides") ?? Array(repeating: 1, count: count)
    let dilations = try ints("dilations") ?? Array(repeating: 1, count: count)
    let pads = try ints("pads") ?? Array(repeating: 0, count: 2 * count)
    guard strides.count == count, dilations.count == count, pads.count == 2 * count, strides.allSatisfy({ $0 > 0 }),
      dilations.allSatisfy({ $0 > 0 }), kernel.allSatisfy({ $0 > 0 }),
      (kernel + strides + dilations + pads).allSatisfy({ abs($0) < 1 << 24 }),
      kernel.checkedElementCount.map({ $0 < 1 << 30 }) == true
    else { throw Refusal("kernel, strides, dilations and pads do not match") }
    var window = Window(
      kernel: kernel, strides: strides, dilations: dilations, before: Array(pads[..<count]), after: Array(pads[count...]))
    switch try string("auto_pad", "NOTSET") {
    case "NOTSET", "": break
    case "VALID": (window.before, window.after) = (Array(repeating: 0, count: count), Array(repeating: 0, count: count))
    case "SAME_UPPER", "SAME_LOWER":
      let isUpper = try string("auto_pad") == "SAME_UPPER"
      for axis in 0..<count {
        let extent = try x.extent(axis + 2)
        let out = (extent + strides[axis] - 1) / strides[axis]
        let total = Swift.max((out - 1) * strides[axis] + window.reach(axis) - extent, 0)
        window.before[axis] = isUpper ? total / 2 : total - total / 2
        window.after[axis] = total - window.before[axis]
      }
    case let other: throw Refusal("auto_pad = \(other)")
    }
    return window
  }

  func convolution(_ x: Value, _ weight: Value, bias: Value?) throws -> Value {
    let kernel = try Array(weight.shape().dropFirst(2))
    guard (1...3).contains(kernel.count) else { throw Refusal("a convolution over \(kernel.count) axes, expected 1 to 3") }
    var window = try window(x, kernel: kernel)
    var x = x
    if window.before.contains(where: { $0 < 0 }) || window.after.contains(where: { $0 < 0 }) {
      x = try b.padded(x, window)
      (window.before, window.after) = (kernel.map { _ in 0 }, kernel.map { _ in 0 })
    }
    let constantBias = bias?.isConstant ?? true
    let result = try b.emit(
      "conv",
      [
        "x": x, "weight": weight, "bias": constantBias ? bias : nil, "strides": window.strides, "pad_type": "custom", "pad": window.pairs,
        "dilations": window.dilations, "groups": int("group", 1),
      ])
    guard let bias, !constantBias else { return result }
    return try b.add(result, b.reshape(bias, [1, bias.extent(0)] + kernel.map { _ in 1 }))
  }

  /// A convolution of integers, in groups of input channels whose sums are exact.
  fileprivate func exactConvolution(_ x: Value, _ weight: Value) throws -> Value {
    guard try int("group", 1) == 1 else { throw Refusal("a grouped convolution of integers with more than 256 products") }
    let shape = try weight.shape()
    let taps = shape.dropFirst(2).reduce(1, *)
    guard taps <= 256 else { throw Refusal("a convolution of integers with \(taps) taps") }
    let step = Swift.max(256 / taps, 1)
    var sum: Value?
    for start in stride(from: 0, to: shape[1], by: step) {
      let end = Swift.min(start + step, shape[1])
      let part = try b.int(convolution(b.slice(x, axis: 1, start, end), b.slice(weight, axis: 1, start, end), bias: nil))
      sum = try sum.map { try b.add($0, part) } ?? part
    }
    return sum ?? x
  }

  fileprivate func transposedConvolution() throws -> Value {
    let (x, weight) = (try x(0), try x(1).weight())
    let shape = try weight.shape()
    let count = shape.count - 2
    guard (1...3).contains(count), x.rank == count + 2 else { throw Refusal("a convolution over \(count) axes, expected 1 to 3") }
    let kernel = Array(shape.dropFirst(2))
    let strides = try ints("strides") ?? Array(repeating: 1, count: count)
    let dilations = try ints("dilations") ?? Array(repeating: 1, count: count)
    var extra = try ints("output_padding") ?? Array(repeating: 0, count: count)
    let pads = try ints("pads") ?? Array(repeating: 0, count: 2 * count)
    let wide = strides + dilations + extra + pads + (try ints("output_shape") ?? [])
    guard strides.count == count, dilations.count == count, extra.count == count, pads.count == 2 * count,
      wide.allSatisfy({ abs($0) < 1 << 28 })
    else {
      throw Refusal("strides, dilations, pads and output_padding do not match the kernel")
    }
    var (before, after) = (Array(pads[..<count]), Array(pads[count...]))
    let mode = try string("auto_pad", "NOTSET")
    let wanted = try ints("output_shape").map { Array($0.suffix(count)) }
    if wanted != nil || mode.hasPrefix("SAME") {
      for axis in 0..<count {
        let extent = try x.extent(axis + 2)
        let out = wanted?[axis] ?? extent * strides[axis]
        let total = strides[axis] * (extent - 1) + extra[axis] + (kernel[axis] - 1) * dilations[axis] + 1 - out
        if total < 0 {
          (before[axis], after[axis]) = (0, 0)
          extra[axis] -= total
        } else {
          before[axis] = mode == "SAME_UPPER" ? total / 2 : total - total / 2
          after[axis] = total - before[axis]
        }
      }
    }
    // Output padding takes from the padding at the end; what is left of it holds nothing but the bias.
    var beyond = Array(repeating: 0, count: count)
    for axis in 0..<count {
      let taken = Swift.min(extra[axis], Swift.max(after[axis], 0))
      after[axis] -= taken
      beyond[axis] = extra[axis] - taken
    }
    let bias = optional(2)
    let isPlain = beyond.allSatisfy { $0 == 0 }
    let inner = isPlain && bias?.isConstant ?? true ? bias : nil
    var result = try b.emit(
      "conv_transpose",
      [
        "x": x, "weight": weight, "bias": inner, "strides": strides, "pad_type": "custom", "pad": zip(before, after).flatMap { [$0, $1] },
        "dilations": dilations, "groups": int("group", 1),
      ])
    result = try b.pad(result, [(0, 0), (0, 0)] + beyond.map { (0, $0) })
    guard let bias, inner == nil else { return result }
    return try b.add(result, b.reshape(bias, [1, bias.extent(0)] + kernel.map { _ in 1 }))
  }

  /// Samples the input at the kernel's shifted positions, then applies the kernel as a convolution over them.
  fileprivate func deformedConvolution() throws -> Value {
    let (x, weight, offset) = (try x(0), try x(1), try x(2))
    guard x.rank == 4 else { throw Refusal("a deformed convolution of a tensor of rank \(x.rank), expected 4") }
    let shape = try x.shape()
    let kernel = try Array(weight.shape().dropFirst(2))
    let window = try window(x, kernel: kernel)
    let (rows, columns) = (try offset.extent(2), try offset.extent(3))
    let groups = try int("offset_group", 1)
    let taps = kernel[0] * kernel[1]
    let mask = optional(4)
    var sampled: [Value] = []
    for group in 0..<groups {
      let channels = try b.slice(x, axis: 1, group * shape[1] / groups, (group + 1) * shape[1] / groups)
      for tap in 0..<taps {
        let (i, j) = (tap / kernel[1], tap % kernel[1])
        func position(_ plane: Int, _ axis: Int, _ index: Int) throws -> Value {
          let shift = try b.slice(offset, axis: 1, plane, plane + 1)
          let extent = axis == 0 ? rows : columns
          let base = (0..<extent).map { Float($0 * window.strides[axis] - window.before[axis] + index * window.dilations[axis]) }
          return try b.add(shift, Value(constant: Tensor(base, shape: axis == 0 ? [1, 1, extent, 1] : [1, 1, 1, extent])))
        }
        let plane = 2 * (group * taps + tap)
        let points = try b.concat([position(plane + 1, 1, j), position(plane, 0, i)], axis: 1)
        var part = try b.sample(
          channels, b.transpose(points, [0, 2, 3, 1]), mode: "bilinear", padding: "constant", coordinates: "unnormalized", aligned: false)
        if let mask { part = try b.mul(part, b.slice(mask, axis: 1, group * taps + tap, group * taps + tap + 1)) }
        sampled.append(try b.expandDims(part, [2]))
      }
    }
    // [N, C / groups, taps, H, W] for each group
    let parts = try (0..<groups).map { try b.concat(Array(sampled[$0 * taps..<($0 + 1) * taps]), axis: 2) }
    let all = try b.reshape(b.concat(parts, axis: 1), [shape[0], shape[1] * taps, rows, columns])
    let flat = try b.reshape(weight, [weight.extent(0), weight.extent(1) * taps, 1, 1])
    let bias = optional(3)
    let result = try b.emit(
      "conv",
      [
        "x": all, "weight": flat, "bias": bias?.isConstant ?? true ? bias : nil, "strides": [1, 1], "pad_type": "valid",
        "dilations": [1, 1],
        "groups": int("group", 1),
      ])
    guard let bias, !bias.isConstant else { return result }
    return try b.add(result, b.reshape(bias, [1, bias.extent(0), 1, 1]))
  }

  /// A depthwise convolution that sees only the past, with the last steps as a state.
  fileprivate func causalConvolution() throws -> [Value] {
    let (x, weight) = (try x(0), try x(1))
    let (batch, channels, kernel) = (try x.extent(0), try x.extent(1), try weight.extent(2))
    let padded: Value
    if kernel == 1 {
      padded = x
    } else if let past = optional(3) {
      padded = try b.concat([past, x], axis: 2)
    } else {
      padded = try b.pad(x, [(0, 0), (0, 0), (kernel - 1, 0)])
    }
    let bias = optional(2)
    var y = try b.emit(
      "conv",
      [
        "x": padded, "weight": weight, "bias": bias?.isConstant ?? true ? bias : nil, "strides": [1], "pad_type": "valid", "dilations": [1],
        "groups": channels,
      ])
    if let bias, !bias.isConstant { y = try b.add(y, b.reshape(bias, [1, channels, 1])) }
    switch try string("activation", "none") {
    case "none": break
    case "silu", "swish": y = try b.apply("silu", y)
    case let other: throw Refusal("activation = \(other)")
    }
    guard wants(1) else { return [y] }
    guard kernel > 1 else { throw Refusal("a state without elements, of shape \([batch, channels, 0])") }
    let length = try padded.extent(2)
    return [y, try b.slice(padded, axis: 2, length - (kernel - 1), length)]
  }
}

extension Builder {
  /// `x` with a window's padding written out; negative widths cut.
  func padded(_ x: Value, _ window: Window, value: Float = 0) throws -> Value {
    let cuts = Dictionary(
      uniqueKeysWithValues: window.before.indices.compactMap { axis -> (Int, (begin: Int, end: Int?, step: Int))? in
        guard window.before[axis] < 0 || window.after[axis] < 0 else { return nil }
        return (axis + 2, (Swift.max(-window.before[axis], 0), window.after[axis] < 0 ? window.after[axis] : nil, 1))
      })
    let rest = cuts.isEmpty ? x : try slice(x, cuts)
    return try pad(rest, [(0, 0), (0, 0)] + zip(window.before, window.after).map { (Swift.max($0, 0), Swift.max($1, 0)) }, value: value)
  }
}
