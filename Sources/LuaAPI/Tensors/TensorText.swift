// SPDX-License-Identifier: Apache-2.0
// What `print` shows of a tensor.

import Foundation
import LuaHost
import Tensors

enum TensorText {
  /// Elements shown in full; longer tensors show their statistics and corners.
  private static let limit = 64

  /// Elements looked at between two looks for Ctrl-C.
  private static let stride = 1 << 20

  /// One line about the tensor, then its elements or, for a long one, the first and last of them.
  ///
  /// - Throws: `LuaInterrupted`.
  static func describe(_ tensor: Tensor) throws -> String {
    var head = "\(tensor.dtype) \(tensor.shape)"
    guard tensor.count > 0 else { return head + " (no elements)" }
    let flat = tensor.reshaped([tensor.count])
    if tensor.count == 1 { return head + " " + number(flat.doubles()[0], tensor.dtype) }
    if tensor.dtype != .bool { head += try facts(flat) }
    return head + "\n" + rows(flat, 0, tensor.shape, tensor.dtype, edge: tensor.count > limit ? 3 : nil, indent: "")
  }

  private static func facts(_ flat: Tensor) throws -> String {
    var low = Double.infinity
    var high = -Double.infinity
    var sum = 0.0
    var zeros = 0
    var finite = 0
    for start in Swift.stride(from: 0, to: flat.count, by: stride) {
      try Interrupts.check()
      for value in flat.rows(start..<min(start + stride, flat.count)).doubles() {
        low = Swift.min(low, value)
        high = Swift.max(high, value)
        if value == 0 { zeros += 1 }
        if value.isFinite {
          finite += 1
          sum += value
        }
      }
    }
    var text = "  min \(short(low))  max \(short(high))"
    if finite > 0 { text += "  mean \(short(sum / Double(finite)))" }
    if zeros > 0 { text += "  zeros \(short(100 * Double(zeros) / Double(flat.count))) %" }
    if finite < flat.count { text += "  not finite \(flat.count - finite)" }
    return text
  }

  private static func rows(
    _ flat: Tensor, _ start: Int, _ shape: Shape, _ dtype: DType, edge: Int?, indent: String
  ) -> String {
    guard let n = shape.first else { return number(flat.rows(start..<start + 1).doubles()[0], dtype) }
    let inner = Array(shape.dropFirst())
    let row = inner.elementCount
    let hidden = edge.map { n > 2 * $0 } ?? false
    var parts: [String] = []
    for i in 0..<n {
      if hidden, let edge, i >= edge, i < n - edge {
        if i == edge { parts.append("…") }
        continue
      }
      parts.append(rows(flat, start + i * row, inner, dtype, edge: edge, indent: indent + " "))
    }
    let separator = inner.isEmpty ? " " : "\n" + indent + " "
    return "[" + parts.joined(separator: separator) + "]"
  }

  private static func number(_ value: Double, _ dtype: DType) -> String {
    if dtype == .bool { return value == 0 ? "false" : "true" }
    return dtype.isFloat ? short(value) : "\(Int(saturating: value))"
  }

  /// Four significant digits.
  static func short(_ value: Double) -> String {
    guard value.isFinite else { return "\(value)" }
    return String(format: "%.4g", value)
  }
}
