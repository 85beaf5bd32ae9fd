// SPDX-License-Identifier: Apache-2.0
// Tensors that PyTorch makes of numbers.

import Foundation
import MIL
import ONNXFiles
import Operators
import Tensors
import TorchFiles

enum ATenConstants {
  static let rules: [ATenRule] = [
    .one("full", "new_full", "full_like") { c in try c.filled(c.x("fill_value")) },
    .one("zeros", "new_zeros", "zeros_like", "zero", "empty", "new_empty", "empty_like", "empty_permuted") { c in
      try c.filled(c.b.integer(0))
    },
    .one("ones", "new_ones", "ones_like") { c in try c.filled(c.b.integer(1)) },
    .one("fill") { c in try c.filled(c.x("value")) },
    .one("scalar_tensor") { c in try c.matched("s") },
    .one("arange", "range") { c in
      let category = c.category ?? .int
      func operand(_ name: String, _ fallback: Int) throws -> Value {
        try c.b.converted(c.b.scalar(c.optional(name) ?? c.b.integer(fallback)), to: category)
      }
      // The count follows from the numbers as they are given, which may be finer than the elements.
      let (start, end, step) = (try c.optional("start"), try c.optional("end"), try c.optional("step"))
      let known = try (
        start.map { try $0.tensor()?.doubles().first } ?? 0, end?.tensor()?.doubles().first,
        step.map { try $0.tensor()?.doubles().first } ?? 1
      )
      if let a = known.0, let z = known.1, let by = known.2, by != 0 {
        let count = Int(saturating: ((z - a) / by).rounded(.up))
        guard count > 0, count <= Refusal.largestTable else { throw Refusal("a range of \(count) elements") }
        if category == .int {
          let (first, gap) = (Int(saturating: a), Int(saturating: by))
          return Value(constant: Tensor(integers: (0..<count).map { first &+ $0 &* gap }, dtype: .int64, shape: [count]))
        }
        return Value(constant: Tensor((0..<count).map { Float(a + Double($0) * by) }))
      }
      return try c.b.emit("range_1d", ["start": operand("start", 0), "end": operand("end", 0), "step": operand("step", 1)])
    },
    .one("linspace") { c in
      let count = try c.int("steps", 100)
      guard let start = try c.number("start"), let end = try c.number("end"), count > 0 else { throw Refusal("its bounds are missing") }
      try Refusal.checkTable(count)
      // The second half counts from the end, as PyTorch does.
      let step = count > 1 ? (end - start) / Double(count - 1) : 0
      return Value(
        constant: Tensor((0..<count).map { Float($0 < (count + 1) / 2 ? start + step * Double($0) : end - step * Double(count - 1 - $0)) }))
    },
    .one("logspace") { c in
      let count = try c.int("steps", 100)
      guard let start = try c.number("start"), let end = try c.number("end"), count > 0 else { throw Refusal("its bounds are missing") }
      try Refusal.checkTable(count)
      let base = try c.number("base", 10)
      let step = count > 1 ? (end - start) / Double(count - 1) : 0
      return Value(constant: Tensor((0..<count).map { Float(pow(base, start + step * Double($0))) }))
    },
    .one("eye") { c in
      let rows = try c.int("n", 1)
      let columns = try c.int("m", rows)
      try Refusal.checkTable(rows, columns)
      return Value(constant: Tensor((0..<rows * columns).map { $0 / columns == $0 % columns ? Float(1) : 0 }, shape: [rows, columns]))
    },
    .one("hann_window", "hamming_window", "blackman_window", "bartlett_window", "kaiser_window") { c in
      let count = try c.int("window_length", 1)
      guard count > 0 else { throw Refusal("a window without elements") }
      try Refusal.checkTable(count)
      if count == 1 { return Value(constant: Tensor([Float(1)])) }
      let last = Double(try c.flag("periodic", true) ? count : count - 1)
      let name = OperatorName(c.node.target).base
      let (alpha, beta) = (try c.number("alpha", 0.54), try c.number("beta", 0.46))
      guard name != "kaiser_window" else { throw Refusal("the operator has no form") }
      return Value(
        constant: Tensor(
          (0..<count).map { i -> Float in
            let turn = 2 * Double.pi * Double(i) / last
            switch name {
            case "hann_window": return Float(0.5 - 0.5 * cos(turn))
            case "hamming_window": return Float(alpha - beta * cos(turn))
            case "bartlett_window": return Float(1 - abs(2 * Double(i) / last - 1))
            default: return Float(0.42 - 0.5 * cos(turn) + 0.08 * cos(2 * turn))
            }
          }))
    },
    .one("tril_indices", "triu_indices") { c in
      let (rows, columns, offset) = (try c.int("row", 1), try c.int("col", 1), try c.int("offset", 0))
      let isLower = c.node.target.contains("tril")
      try Refusal.checkTable(rows, columns)
      let places = (0..<rows * columns).map { ($0 / columns, $0 % columns) }.filter { isLower ? $1 - $0 <= offset : $1 - $0 >= offset }
      guard !places.isEmpty else { throw Refusal("a tensor without elements") }
      return Value(constant: Tensor(integers: places.map(\.0) + places.map(\.1), dtype: .int32, shape: [2, places.count]))
    },
    .one("one_hot") { c in
      let x = try c.b.int(c.x())
      let classes = try c.int("num_classes", -1)
      guard classes > 0 else { throw Refusal("num_classes must be given") }
      return try c.b.emit("one_hot", ["indices": x, "one_hot_vector_size": classes, "axis": -1, "on_value": 1, "off_value": 0])
    },
    .one("complex") { c in try c.b.complex(c.float("real"), c.float("imag")) },
    .one("polar") { c in
      let (size, angle) = (try c.float("abs"), try c.float("angle"))
      return try c.b.complex(c.b.mul(size, c.b.apply("cos", angle)), c.b.mul(size, c.b.apply("sin", angle)))
    },
  ]
}

extension ATenCall {
  /// A tensor of equal elements, in the shape that `size` or the first operand gives.
  fileprivate func filled(_ value: Value) throws -> Value {
    let category = self.category ?? .float
    let number = try b.converted(b.scalar(value), to: category)
    if let shape = declaredShape { return try filled(shape, number) }
    let sizes = try has("size") ? extents("size") ?? [] : b.sizes(x())
    let known = sizes.compactMap { $0.integers()?.first }
    if known.count == sizes.count { return try filled(known, number) }
    if category == .bool {
      return try b.truth(b.emit("fill", ["shape": b.vector(sizes), "value": b.int(number)]))
    }
    guard number.isConstant else { return try b.expanded(number, sizes) }
    return try b.emit("fill", ["shape": b.vector(sizes), "value": number])
  }

  private func filled(_ shape: Shape, _ number: Value) throws -> Value {
    guard shape.checkedElementCount != nil else { throw Refusal("a tensor of shape \(shape)") }
    if shape.contains(0) {
      return Value(constant: Tensor(zeros: number.dtype, shape))
    }
    guard let known = try number.tensor() else { return try b.broadcast(number, to: shape) }
    return try b.filled(shape, known.doubles()[0], number.dtype)
  }
}
