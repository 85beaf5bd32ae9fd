// SPDX-License-Identifier: Apache-2.0
// Tensors made from a rule: ranges, the identity, random numbers.

import Tensors

/// Makers of tensors.
package enum Creation {
  /// `start`, `start + step`, … up to but excluding `end`; int64 if all three are integers, else float32, or `dtype`.
  package static func range(_ start: TensorOperand, _ end: TensorOperand, _ step: TensorOperand, _ dtype: DType?) throws -> Tensor {
    let name = "arange"
    guard let by = step.scalar, by != 0, let first = start.scalar, let last = end.scalar, by.isFinite, first.isFinite, last.isFinite else {
      throw AlgebraError.argument(function: name, problem: "the step must not be 0, and start, end and step must be finite")
    }
    let extent = ((last - first) / by).rounded(.up)
    guard extent < Double(Tensor.mostElements) else {
      throw AlgebraError.tooLarge(function: name, dtype: dtype ?? .float32, shape: [Int(saturating: extent)])
    }
    let count = max(0, Int(saturating: extent))
    if case .integer(let first) = start, case .integer = end, case .integer(let by) = step {
      let values = (0..<count).map { first &+ $0 &* by }
      return try converted(Tensor(integers: values, dtype: .int64, shape: [count]), dtype ?? .int64, name)
    }
    return try converted(Tensor((0..<count).map { first + Double($0) * by }, shape: [count]), dtype ?? .float32, name)
  }

  /// `count` numbers from `start` to `end`, equally spaced, both included.
  package static func linspace(_ start: Double, _ end: Double, _ count: Int, _ dtype: DType) throws -> Tensor {
    let name = "linspace"
    guard count >= 0, count <= Tensor.mostElements else {
      throw AlgebraError.argument(function: name, problem: "the count must be 0 to \(Tensor.mostElements), got \(count)")
    }
    let values = (0..<count).map { i -> Double in
      i == count - 1 && count > 1 ? end : start + Double(i) * (end - start) / Double(max(count - 1, 1))
    }
    return dtype.isFloat ? Tensor(values, shape: [count]).cast(to: dtype) : try converted(Tensor(values, shape: [count]), dtype, name)
  }

  /// Ones on the diagonal, zeros elsewhere.
  package static func eye(_ rows: Int, _ columns: Int?, _ dtype: DType) throws -> Tensor {
    let columns = columns ?? rows
    guard rows >= 0, columns >= 0 else {
      throw AlgebraError.argument(function: "eye", problem: "extents must not be negative, got \(rows) and \(columns)")
    }
    _ = try Tensor.allocatable(dtype.isSubByte ? .uint8 : dtype, [rows, columns], of: "eye")
    guard rows > 0, columns > 0 else { return Tensor(zeros: dtype, [rows, columns]) }
    let one = Tensor(scalar: true).cast(to: dtype).unpacked
    var out = Tensor(zeros: one.dtype, [rows, columns])
    let size = one.dtype.bits / 8
    one.withBytes { from in
      out.withMutableBytes { to in
        for i in 0..<min(rows, columns) { for byte in 0..<size { to[i * (columns + 1) * size + byte] = from[byte] } }
      }
    }
    return out.packed(as: dtype)
  }

  /// Uniform random numbers in `low..<high`: floats, or integers for an integer dtype.
  package static func uniform(_ shape: Shape, low: Double, high: Double, seed: Int, _ dtype: DType) throws -> Tensor {
    let name = "uniform"
    guard low.isFinite, high.isFinite, low <= high else {
      throw AlgebraError.argument(function: name, problem: "low must not exceed high, and both must be finite; got \(low) and \(high)")
    }
    let shape = try Tensor.allocatable(.float64, shape, of: name)
    var generator = SplitMix64(seed: UInt64(bitPattern: Int64(seed)))
    guard dtype.isFloat else {
      let (first, end) = (Int(saturating: low.rounded(.up)), Int(saturating: high.rounded(.up)))
      guard first < end else {
        throw AlgebraError.argument(function: name, problem: "there are no integers from \(low) up to, but not including, \(high)")
      }
      var integers = [Int](repeating: 0, count: shape.elementCount)
      try Cancellation.forEach(of: integers.count, grain: 1 << 20) {
        for i in $0 { integers[i] = Int.random(in: first..<end, using: &generator) }
      }
      return try converted(Tensor(integers: integers, dtype: .int64, shape: shape), dtype, name)
    }
    var values = [Double](repeating: 0, count: shape.elementCount)
    try Cancellation.forEach(of: values.count, grain: 1 << 20) { for i in $0 { values[i] = low + generator.uniform() * (high - low) } }
    guard dtype != .float64 else { return Tensor(values, shape: shape) }
    let out = Tensor(values, shape: shape).cast(to: dtype)
    // Rounding may yield the upper bound, which is excluded.
    let bound = Tensor(scalar: high).cast(to: dtype).doubles()[0]
    guard low < high, out.doubles().contains(where: { $0 >= bound }) else { return out }
    let below =
      dtype == .float32 ? Double(Float(high).nextDown) : bound - max(bound.magnitude, 0x1p-14) * (dtype == .float16 ? 0x1p-11 : 0x1p-8)
    return try out.clipped(nil, .number(below))
  }

  /// The integers `0..<count` in random order.
  package static func permutation(_ count: Int, seed: Int) throws -> Tensor {
    guard count >= 0, count <= Tensor.mostElements else {
      throw AlgebraError.argument(function: "permutation", problem: "the count must be 0 to \(Tensor.mostElements), got \(count)")
    }
    var generator = SplitMix64(seed: UInt64(bitPattern: Int64(seed)))
    var order = Array(0..<count)
    for i in stride(from: count - 1, to: 0, by: -1) { order.swapAt(i, Int.random(in: 0...i, using: &generator)) }
    return Tensor(integers: order, dtype: .int64, shape: [count])
  }

  private static func converted(_ tensor: Tensor, _ dtype: DType, _ function: String) throws -> Tensor {
    do {
      return try tensor.converted(to: dtype)
    } catch {
      throw AlgebraError.argument(function: function, problem: "the element \(error)")
    }
  }
}
