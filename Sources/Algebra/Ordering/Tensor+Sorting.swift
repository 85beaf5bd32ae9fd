// SPDX-License-Identifier: Apache-2.0
// Sorting along an axis, the largest elements, distinct elements.

import Kernels
import Tensors

extension Tensor {
  /// The indices that sort an axis, int32. Equal elements keep their order; NaN is last.
  package func sortedPositions(_ axis: Int, descending: Bool, for function: String = "argsort") throws -> Tensor {
    let a = try self.axis(axis, for: function)
    guard count > 0 else { return Tensor(uninitialized: .int32, shape) }
    try Cancellation.check()
    guard dtype == .float64 || dtype == .int64 || dtype == .uint64 || dtype == .uint32 else {
      let x = cast(to: dtype.isFloat ? .float32 : .int32)
      return try EagerOperator.run(
        named: "argsort", [("x", .tensor(x)), ("axis", .number(Double(a))), ("ascending", .boolean(!descending))])[0]
    }
    let keys = sortKeys(descending: descending)
    let split = AxisSplit(buffer, axis: a)
    var out = [Int32](repeating: 0, count: count)
    for line in 0..<split.outer * split.inner {
      let base = line / split.inner * split.count * split.inner + line % split.inner
      let order = try WideSort.order((0..<split.count).map { keys[base + $0 * split.inner] })
      for (k, index) in order.enumerated() { out[base + k * split.inner] = Int32(truncatingIfNeeded: index) }
    }
    return Tensor(out, shape: shape)
  }

  private func sortKeys(descending: Bool) -> [UInt64] {
    let keys: [UInt64]
    switch dtype {
    case .float64:
      return withElements(of: Double.self) { $0.map { $0.isNaN ? .max : descending ? ~WideSort.key($0) : WideSort.key($0) } }
    case .uint64: keys = withElements(of: UInt64.self) { Array($0) }
    default: keys = cast(to: .int64).withElements(of: Int64.self) { $0.map { WideSort.key($0) } }
    }
    return descending ? keys.map { ~$0 } : keys
  }

  /// The elements sorted along an axis, and their indices.
  package func sorted(_ axis: Int, descending: Bool) throws -> (values: Tensor, indices: Tensor) {
    let a = try self.axis(axis, for: "sort")
    if isNarrow, count > 0 {
      try Cancellation.check()
      return try largest(shape[a], a, largest: descending)
    }
    let order = try sortedPositions(axis, descending: descending, for: "sort")
    return (try takenAlong(order, axis), order)
  }

  /// The `k` largest (or smallest) elements along an axis in order, and their indices.
  package func top(_ k: Int, _ axis: Int, largest: Bool) throws -> (values: Tensor, indices: Tensor) {
    let a = try self.axis(axis, for: "topk")
    guard (0...shape[a]).contains(k) else {
      throw AlgebraError.argument(
        function: "topk", problem: "k is \(k), expected 0 to \(shape[a]), the extent of axis \(a) of shape \(shape)")
    }
    guard isNarrow, k > 0, count > 0 else {
      let order = try sortedPositions(a, descending: largest, for: "topk").sliced(a, from: 0, to: k)
      return (try takenAlong(order, a), order)
    }
    return try self.largest(k, a, largest: largest)
  }

  /// Whether MIL's operators sort elements of the dtype, perhaps widened.
  private var isNarrow: Bool { dtype.isFloat && dtype != .float64 || dtype == .int32 }

  private func largest(_ k: Int, _ axis: Int, largest: Bool) throws -> (values: Tensor, indices: Tensor) {
    let x = cast(to: dtype.isFloat ? .float32 : .int32)
    let out = try EagerOperator.run(
      named: "topk",
      [("x", .tensor(x)), ("k", .number(Double(k))), ("axis", .number(Double(axis))), ("ascending", .boolean(!largest))])
    return (out[0].cast(to: dtype), out[1])
  }

  /// The distinct elements, ascending, and how often each occurs, as int64. NaN counts as one value, the last.
  package func unique() throws -> (values: Tensor, counts: Tensor) {
    guard count > 0 else { return (reshaped([0]), Tensor([Int64](), shape: [0])) }
    let sorted = try reshaped([count]).sorted(0, descending: false).values
    let firsts: [Int]
    if dtype.isFloat {
      let values = sorted.doubles()
      firsts = values.indices.filter { $0 == 0 || values[$0] != values[$0 - 1] && !(values[$0].isNaN && values[$0 - 1].isNaN) }
    } else {
      let values =
        sorted.dtype == .uint64 ? sorted.withElements(of: UInt64.self) { $0.map { Int(bitPattern: UInt($0)) } } : sorted.integers()
      firsts = values.indices.filter { $0 == 0 || values[$0] != values[$0 - 1] }
    }
    let ends = firsts.dropFirst() + [count]
    return (try sorted.taken(firsts, shape: [firsts.count], 0), Tensor(zip(firsts, ends).map { Int64($1 - $0) }))
  }
}
