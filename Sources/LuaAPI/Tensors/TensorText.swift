// SPDX-License-Identifier: Apache-2.0
// The text of tensors for `print`.

import Foundation
import LuaHost
import Tensors
import TextLayout

enum TensorText {
  /// The maximum number of elements for which all are shown; for larger tensors, statistics and corners are shown.
  private static let limit = 64
  /// The number of elements at each end of an axis that is shown partially.
  private static let edge = 3
  /// The default number of lines if there is no screen.
  private static let usualLines = 20

  /// The number of elements processed between cancellation checks.
  private static let stride = 1 << 20

  /// A line about the tensor followed by its elements, aligned. Elements in the middle of long axes are omitted, so
  /// that a tensor of any rank fits the frame.
  ///
  /// - Throws: `LuaInterrupted`.
  static func describe(_ tensor: Tensor, in frame: DisplayFrame = .whole) throws -> String {
    var head = "\(tensor.dtype) \(tensor.shape)"
    guard tensor.count > 0 else { return head + " (no elements)" }
    let flat = tensor.reshaped([tensor.count])
    if tensor.count == 1 { return head + " " + number(flat.doubles()[0], tensor.dtype) }
    let columns = frame.columns ?? DisplayFrame.usualColumns
    if tensor.dtype != .bool {
      let facts = try facts(flat)
      head = frame.columns.map { DisplayWidth.of(head + facts) > $0 } == true ? head + "\n" + facts : head + facts
    }
    let lines = frame.lines ?? usualLines
    var edges = tensor.shape.map { tensor.count > limit && $0 > 2 * edge ? edge : $0 }
    var picture = TensorPicture(flat, tensor.shape, edges, columns: columns) { number($0, tensor.dtype) }
    // Outer axes are shortened first, since rows along the innermost axis are the most useful.
    while picture.lineCount > lines - 2, let axis = longest(tensor.shape, edges) {
      edges[axis] = fewer(tensor.shape[axis], edges[axis])
      picture = TensorPicture(flat, tensor.shape, edges, columns: columns) { number($0, tensor.dtype) }
    }
    return head + "\n" + picture.text
  }

  /// The outermost of the axes with the most shown elements; `nil` if every axis shows at most one element.
  private static func longest(_ shape: Shape, _ edges: [Int]) -> Int? {
    let counts = zip(shape, edges).map { TensorPicture.shown($0, $1) }
    guard let most = counts.max(), most > 1 else { return nil }
    return counts.firstIndex(of: most)
  }

  /// The next smaller number of elements at each end that reduces the number of shown elements.
  private static func fewer(_ extent: Int, _ edge: Int) -> Int {
    var smaller = min(edge - 1, self.edge)
    while smaller > 0, TensorPicture.shown(extent, smaller) == TensorPicture.shown(extent, edge) { smaller -= 1 }
    return max(0, smaller)
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
    // The extremes of integers are written as integers, regardless of their length.
    func extreme(_ value: Double) -> String { flat.dtype.isFloat ? short(value) : Int(exactly: value).map(String.init) ?? short(value) }
    var text = "  min \(extreme(low))  max \(extreme(high))"
    if finite > 0 { text += "  mean \(short(sum / Double(finite)))" }
    if zeros > 0 { text += "  zeros \(short(100 * Double(zeros) / Double(flat.count))) %" }
    if finite < flat.count { text += "  not finite \(flat.count - finite)" }
    return text
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
