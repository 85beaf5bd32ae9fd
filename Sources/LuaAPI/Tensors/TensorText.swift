// SPDX-License-Identifier: Apache-2.0
// What `print` shows of a tensor.

import Foundation
import LuaHost
import Tensors
import TextLayout

enum TensorText {
  /// Elements shown in full; longer tensors show their statistics and corners.
  private static let limit = 64
  /// Elements at either end of an axis that is shown in part.
  private static let edge = 3
  /// Lines when no screen says how many.
  private static let usualLines = 20

  /// Elements looked at between two looks for Ctrl-C.
  private static let stride = 1 << 20

  /// One line about the tensor, then its elements or, for a long one, the first and last of them, aligned; a tensor of any rank
  /// fits the frame, where there is one.
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
    // The outer axes give way first: the innermost is the one that is read.
    while picture.lineCount > lines - 2, let axis = longest(tensor.shape, edges) {
      edges[axis] = fewer(tensor.shape[axis], edges[axis])
      picture = TensorPicture(flat, tensor.shape, edges, columns: columns) { number($0, tensor.dtype) }
    }
    return head + "\n" + picture.text
  }

  /// The outermost of the axes that show most elements; `nil` when each shows but one.
  private static func longest(_ shape: Shape, _ edges: [Int]) -> Int? {
    let counts = zip(shape, edges).map { TensorPicture.shown($0, $1) }
    guard let most = counts.max(), most > 1 else { return nil }
    return counts.firstIndex(of: most)
  }

  /// The next smaller number of elements at either end that shows fewer of an axis.
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
    // Extremes of integers are integers, however many digits they have.
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
