// SPDX-License-Identifier: Apache-2.0
// What `print` shows of a tensor.

import Foundation
import Tensors

enum TensorText {
  /// Elements shown in full; longer tensors show their statistics and corners.
  private static let limit = 64

  /// One line about the tensor, then its elements or, for a long one, the first and last of them.
  static func describe(_ tensor: Tensor) -> String {
    let values = tensor.doubles()
    var head = "\(tensor.dtype) \(tensor.shape)"
    guard !values.isEmpty else { return head + " (no elements)" }
    if values.count == 1 { return head + " " + number(values[0], tensor.dtype) }
    if tensor.dtype != .bool {
      let finite = values.filter(\.isFinite)
      let zeros = values.count { $0 == 0 }
      head += "  min \(short(values.min() ?? 0))  max \(short(values.max() ?? 0))"
      if !finite.isEmpty { head += "  mean \(short(finite.reduce(0, +) / Double(finite.count)))" }
      if zeros > 0 { head += "  zeros \(short(100 * Double(zeros) / Double(values.count))) %" }
      if finite.count < values.count { head += "  not finite \(values.count - finite.count)" }
    }
    return head + "\n" + rows(values[...], tensor.shape, tensor.dtype, edge: values.count > limit ? 3 : nil, indent: "")
  }

  private static func rows(
    _ values: ArraySlice<Double>, _ shape: Shape, _ dtype: DType, edge: Int?, indent: String
  ) -> String {
    guard let n = shape.first else { return number(values.first ?? 0, dtype) }
    let inner = Array(shape.dropFirst())
    let row = inner.elementCount
    let hidden = edge.map { n > 2 * $0 } ?? false
    var parts: [String] = []
    for i in 0..<n {
      if hidden, let edge, i >= edge, i < n - edge {
        if i == edge { parts.append("…") }
        continue
      }
      let part = values[values.startIndex + i * row..<values.startIndex + (i + 1) * row]
      parts.append(rows(part, inner, dtype, edge: edge, indent: indent + " "))
    }
    let separator = inner.isEmpty ? " " : "\n" + indent + " "
    return "[" + parts.joined(separator: separator) + "]"
  }

  private static func number(_ value: Double, _ dtype: DType) -> String {
    if dtype == .bool { return value == 0 ? "false" : "true" }
    return dtype.isFloat ? short(value) : "\(Int(value))"
  }

  /// Four significant digits.
  static func short(_ value: Double) -> String {
    guard value.isFinite else { return "\(value)" }
    return String(format: "%.4g", value)
  }
}
