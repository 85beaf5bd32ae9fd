// SPDX-License-Identifier: Apache-2.0
// Geometry of convolution and pooling: kernel, strides, dilations, and MIL's four padding types.

import CPrimitives
import MIL
import Tensors

/// A sliding window over the spatial axes of an input.
struct SlidingWindow {
  var kernel: [Int]
  var strides: [Int]
  var dilations: [Int]
  var padBegin: [Int]
  var padEnd: [Int]
  /// Whether the last window counts if it is only partly inside.
  var ceilMode = false

  var rank: Int { kernel.count }

  /// Extent of the dilated window.
  func reach(_ i: Int) -> Int { dilations[i] * (kernel[i] - 1) + 1 }

  /// Reads the window of a call.
  ///
  /// - Parameters:
  ///   - kernel: spatial extents of the kernel.
  ///   - input: spatial extents of the input; `nil` if unknown, which matters for `same` padding only.
  init(_ call: Call, kernel: [Int], input: [Int?], hasDilations: Bool) throws {
    let rank = kernel.count
    func list(_ parameter: String) throws -> [Int] {
      let values = try call.known(call.integers(parameter) ?? (call.has(parameter) ? nil : Array(repeating: 1, count: rank)), parameter)
      guard values.count == rank else {
        throw call.error("\(parameter) has \(values.count) elements, expected one for each of the \(rank) spatial axes")
      }
      guard values.allSatisfy({ $0 > 0 }) else { throw call.error("\(parameter) must be positive, found \(values)") }
      return values
    }
    self.kernel = kernel
    strides = try list("strides")
    dilations = hasDilations ? try list("dilations") : Array(repeating: 1, count: rank)
    padBegin = Array(repeating: 0, count: rank)
    padEnd = padBegin
    let type = try call.known(call.string("pad_type"), "pad_type")
    switch type {
    case "valid": break
    case "custom":
      guard let pad = try call.integers("pad") else {
        if call.has("pad") { throw call.error("pad must be a constant") }
        return
      }
      guard pad.count == 2 * rank, pad.allSatisfy({ $0 >= 0 }) else {
        throw call.error("pad must be \(2 * rank) numbers of at least 0, found \(pad)")
      }
      for i in 0..<rank { (padBegin[i], padEnd[i]) = (pad[2 * i], pad[2 * i + 1]) }
    case "same", "same_lower":
      for i in 0..<rank {
        guard let n = input[i] else { continue }
        let total = max(((n + strides[i] - 1) / strides[i] - 1) * strides[i] + reach(i) - n, 0)
        let less = total / 2
        (padBegin[i], padEnd[i]) = type == "same" ? (less, total - less) : (total - less, less)
      }
    default: throw call.error("pad_type must be valid, same, same_lower or custom, found \(type)")
    }
    samePadding = type.hasPrefix("same")
    lowerFirst = type == "same_lower"
  }

  /// Whether the larger half of an odd padding is at the start.
  private(set) var lowerFirst = false

  /// Whether padding depends on the input's extents.
  private(set) var samePadding = false

  /// Spatial extents of the output.
  func output(_ input: [Dimension], _ call: Call) throws -> [Dimension] {
    try input.enumerated().map { i, dimension in
      guard let n = dimension.size else { return .any }
      if samePadding { return .fixed((n + strides[i] - 1) / strides[i]) }
      let space = n + padBegin[i] + padEnd[i] - reach(i)
      guard space >= 0 else {
        throw call.error(
          "a window of \(reach(i)) elements exceeds spatial axis \(i) of \(n) elements with padding \(padBegin[i]) + \(padEnd[i])")
      }
      var count = space / strides[i] + 1
      // A window that would start in the end padding does not count.
      if ceilMode, space % strides[i] != 0, count * strides[i] < n + padBegin[i] { count += 1 }
      return .fixed(count)
    }
  }

  /// Whether a convolution has an output element whose window covers only padding: there oneDNN's kernels leave out post-ops with an
  /// operand.
  static func seesOnlyPadding(_ call: Call, output: Shape) -> Bool {
    guard let x = call.shape("x"), let kernel = call.shape("weight")?.dropFirst(2),
      let window = try? SlidingWindow(call, kernel: Array(kernel), input: x.dropFirst(2).map { $0 }, hasDilations: true)
    else { return true }
    return (0..<window.rank).contains { axis in
      (0..<output[axis + 2]).contains { index in
        let start = index * window.strides[axis] - window.padBegin[axis]
        return !(0..<window.kernel[axis]).contains { (0..<x[axis + 2]).contains(start + $0 * window.dilations[axis]) }
      }
    }
  }

  /// The window for oneDNN, with the end padding that this output needs.
  func primitive(input: [Int], output: [Int]) -> wp_window {
    var padded = self
    padded.padEnd = (0..<rank).map { max(0, (output[$0] - 1) * strides[$0] + reach($0) - input[$0] - padBegin[$0]) }
    return padded.primitiveWithOwnPadding()
  }

  /// The window for oneDNN with its own padding.
  func primitiveWithOwnPadding() -> wp_window {
    var window = wp_window_make(Int32(rank))
    func fill(_ values: [Int]) -> (Int64, Int64, Int64) {
      let v = values.map(Int64.init) + [0, 0, 0]
      return (v[0], v[1], v[2])
    }
    window.kernel = fill(kernel)
    window.stride = fill(strides)
    window.dilation = fill(dilations)
    window.pad_begin = fill(padBegin)
    window.pad_end = fill(padEnd)
    return window
  }
}
