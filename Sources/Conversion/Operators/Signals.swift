// SPDX-License-Identifier: Apache-2.0
// Fourier transforms and windows, as products with constant tables.

import Foundation
import MIL
import ONNXFiles
import Operators
import Tensors

enum Signals {
  static let rules: [Rule] = [
    .one("DFT") { n in try n.fourier() },
    .one("STFT") { n in try n.shortTimeFourier() },
    window("HannWindow", [0.5, -0.5]),
    window("HammingWindow", [25.0 / 46, -21.0 / 46]),
    window("BlackmanWindow", [0.42, -0.5, 0.08]),
    .one("MelWeightMatrix") { n in try n.melWeights() },
  ]

  /// A window that is a sum of cosines with these factors.
  private static func window(_ name: String, _ terms: [Double]) -> Rule {
    .one(name) { n in
      let element = try n.elementType("output_datatype") ?? .float
      guard let size = try n.x().integers()?.first else { return try n.b.cast(open(n, terms), to: element) }
      guard size > 0, size < 1 << 20 else { throw Refusal("a window of \(size) elements") }
      let period = try n.flag("periodic", true) ? size : Swift.max(size - 1, 1)
      let values = (0..<size).map { i -> Float in
        let phase = 2 * Double.pi * Double(i) / Double(period)
        return Float(terms.enumerated().reduce(0.0) { $0 + $1.element * cos(Double($1.offset) * phase) })
      }
      return try n.b.cast(Value(constant: Tensor(values), element: .float), to: element)
    }
  }

  /// A window whose size is known at run time only, as a sum of cosines.
  private static func open(_ n: Node, _ terms: [Double]) throws -> Value {
    let size = try n.b.float(n.b.scalar(n.x()))
    let steps = try n.b.emit("range_1d", ["start": Float(0), "end": size, "step": Float(1)])
    let period = try n.flag("periodic", true) ? size : n.b.sub(size, 1)
    let phase = try n.b.div(n.b.mul(steps, 2 * .pi), period)
    var sum = try n.b.add(n.b.mul(steps, 0), terms[0])
    for (k, factor) in terms.enumerated().dropFirst() {
      sum = try n.b.add(sum, n.b.mul(n.b.apply("cos", n.b.mul(phase, Double(k))), factor))
    }
    return sum.typed(.float)
  }
}

extension Node {
  private static let longestTransform = 4096

  fileprivate func fourier() throws -> Value {
    let x = try self.x()
    let axis = version >= 20 ? try x.axis(has(2) ? constantInts(2, "the axis")?.first ?? -2 : -2) : try x.axis(int("axis", 1))
    let isInverse = try flag("inverse")
    let isOnesided = try flag("onesided")
    let extent = try x.extent(axis)
    let parts = try x.extent(x.rank - 1)
    guard axis < x.rank - 1, parts == 1 || parts == 2 else { throw Refusal("the last axis has \(parts) elements, expected 1 or 2") }
    let isHalf = isInverse && isOnesided
    let length = try constantInts(1, "the length")?.first ?? (isHalf ? 2 * (extent - 1) : extent)
    guard length > 0, length <= Self.longestTransform else {
      throw Refusal("a transform of \(length) elements, more than \(Self.longestTransform)")
    }
    // The transformed axis comes last, real and imaginary parts apart.
    func part(_ i: Int) throws -> Value {
      let plane = try b.squeeze(b.slice(x, axis: x.rank - 1, i, i + 1), [x.rank - 1])
      let moved = try b.moveAxis(plane, from: axis, to: x.rank - 2)
      let wanted = isHalf ? length / 2 + 1 : length
      if extent == wanted { return moved }
      if extent > wanted { return try b.slice(moved, axis: x.rank - 2, 0, wanted) }
      return try b.pad(moved, Array(repeating: (0, 0), count: x.rank - 2) + [(0, wanted - extent)])
    }
    let outputs = isOnesided && !isInverse ? length / 2 + 1 : length
    let inputs = isHalf ? length / 2 + 1 : length
    let sign = isInverse ? 1.0 : -1.0
    let unit = isInverse ? 1 / Double(length) : 1
    func table(_ function: (Double) -> Double, doubled: Bool) -> Value {
      let values = (0..<inputs * outputs).map { i -> Float in
        let (row, column) = (i / outputs, i % outputs)
        let phase = 2 * Double.pi * Double(row * column % length) / Double(length)
        // A half spectrum stands for its mirror image too.
        let weight = doubled && row > 0 && 2 * row != length ? 2.0 : 1.0
        return Float(weight * unit * function(phase))
      }
      return Value(constant: Tensor(values, shape: [inputs, outputs]))
    }
    let (cosines, sines) = (table(cos, doubled: isHalf), table({ sign * sin($0) }, doubled: isHalf))
    let real = try part(0)
    let imaginary = parts == 2 ? try part(1) : nil
    var re = try b.product(real, cosines)
    if let imaginary { re = try b.sub(re, b.product(imaginary, sines)) }
    func placed(_ v: Value) throws -> Value { try b.moveAxis(v, from: x.rank - 2, to: axis) }
    if isHalf { return try b.expandDims(placed(re), [x.rank - 1]) }
    var im = try b.product(real, sines)
    if let imaginary { im = try b.add(im, b.product(imaginary, cosines)) }
    return try b.stack([placed(re), placed(im)], axis: x.rank - 1)
  }

  fileprivate func shortTimeFourier() throws -> Value {
    let signal = try self.x()
    guard let step = try constantInts(1, "the step")?.first, step > 0 else { throw Refusal("the step is missing") }
    let window = try has(2) ? constant(2, "the window").floats() : nil
    guard let length = try constantInts(3, "the length of a frame")?.first ?? window?.count, length > 0, length <= Self.longestTransform
    else {
      throw Refusal("the length of a frame is missing or more than \(Self.longestTransform)")
    }
    guard window == nil || window?.count == length else { throw Refusal("a window of another length than the frames") }
    let shape = try signal.shape()
    let parts = shape.count == 3 ? shape[2] : 1
    let isOnesided = try flag("onesided", true)
    let bins = isOnesided ? length / 2 + 1 : length
    func kernel(_ function: (Double) -> Double) -> Value {
      let values = (0..<bins * length).map { i -> Float in
        let (bin, sample) = (i / length, i % length)
        return Float(function(2 * .pi * Double(bin * sample % length) / Double(length))) * (window?[sample] ?? 1)
      }
      return Value(constant: Tensor(values, shape: [bins, 1, length]))
    }
    func frames(_ part: Int, _ kernel: Value) throws -> Value {
      let plane = shape.count == 3 ? try b.squeeze(b.slice(signal, axis: 2, part, part + 1), [2]) : signal
      return try b.emit(
        "conv", ["x": b.expandDims(plane, [1]), "weight": kernel, "strides": [step], "pad_type": "valid", "dilations": [1], "groups": 1])
    }
    let (cosines, sines) = (kernel(cos), kernel { -sin($0) })
    var (re, im) = (try frames(0, cosines), try frames(0, sines))
    if parts == 2 {
      (re, im) = (try b.sub(re, frames(1, sines)), try b.add(im, frames(1, cosines)))
    }
    return try b.transpose(b.stack([re, im], axis: 3), [0, 2, 1, 3])
  }

  fileprivate func melWeights() throws -> Value {
    let bins = try constantInts(0, "the number of bins")?.first ?? 0
    let length = try constantInts(1, "the length of the transform")?.first ?? 0
    let rate = try constant(2, "the sample rate").doubles().first ?? 0
    let low = try constant(3, "the lower frequency").doubles().first ?? 0
    let high = try constant(4, "the upper frequency").doubles().first ?? 0
    guard bins > 0, length > 0, bins < 1 << 12, length < 1 << 20 else { throw Refusal("\(bins) bins of a transform of \(length)") }
    let count = length / 2 + 1
    try Refusal.checkTable(count, bins)
    guard rate > 0, low >= 0, high > low, high < 1e9 else { throw Refusal("frequencies from \(low) to \(high) at a rate of \(rate)") }
    func mel(_ frequency: Double) -> Double { 2595 * log10(1 + frequency / 700) }
    let (lowMel, highMel) = (mel(low), mel(high))
    let step = (highMel - lowMel) / Double(bins + 2)
    let edges = (0..<bins + 2).map { i -> Int in
      let frequency = 700 * (pow(10, (Double(i) * step + lowMel) / 2595) - 1)
      return Int((Double(length + 1) * frequency / rate).rounded(.down))
    }
    var weights = [Float](repeating: 0, count: count * bins)
    for bin in 0..<bins {
      let (left, center, right) = (edges[bin], edges[bin + 1], edges[bin + 2])
      if center == left {
        if (0..<count).contains(center) { weights[center * bins + bin] = 1 }
      } else {
        for i in left...center where (0..<count).contains(i) { weights[i * bins + bin] = Float(i - left) / Float(center - left) }
      }
      if right > center {
        for i in center..<right where (0..<count).contains(i) { weights[i * bins + bin] = Float(right - i) / Float(right - center) }
      }
    }
    let element = try elementType("output_datatype") ?? .float
    return try b.cast(Value(constant: Tensor(weights, shape: [count, bins]), element: .float), to: element)
  }
}
