// SPDX-License-Identifier: Apache-2.0
// Rearranged copies of tensors: permutation, repetition, reversal, steps.

import Kernels
import Tensors

extension Tensor {
  /// The elements in the order of a view of this tensor.
  ///
  /// - Throws: `AlgebraError.tooLarge`.
  func copied(for function: String, _ arrange: (StridedView) throws -> StridedView) throws -> Tensor {
    let source = unpacked
    let view = try arrange(StridedView(source.buffer))
    let out = try Tensor.result(source.dtype, view.extents, of: function)
    guard out.count > 0 else { return out.packed(as: dtype) }
    try Cancellation.check()
    withExtendedLifetime((source, out)) { StridedCopy(from: view, to: StridedView(out.buffer)).run() }
    return out.packed(as: dtype)
  }

  /// The axes in another order: axis `i` of the result is `order[i]`; reversed for `nil`.
  package func transposed(_ order: [Int]?) throws -> Tensor {
    let order = try order.map { try axes($0, for: "transpose") } ?? Array(shape.indices.reversed())
    guard order.count == rank else {
      throw AlgebraError.argument(
        function: "transpose",
        problem: "\(order.count) axes for a tensor of rank \(rank) (shape \(shape)), expected each of 0 to \(rank - 1) once")
    }
    let moving = order.filter { shape[$0] != 1 }
    if moving == moving.sorted() { return reshaped(shape.permuted(by: order)) }
    return try copied(for: "transpose") { $0.permuted(by: order) }
  }

  /// Without axes of extent 1: the given ones, or all.
  package func squeezed(_ given: [Int]?) throws -> Tensor {
    let removed = try given.map { try axes($0, for: "squeeze") } ?? shape.indices.filter { shape[$0] == 1 }
    if let axis = removed.first(where: { shape[$0] != 1 }) {
      throw AlgebraError.argument(function: "squeeze", problem: "axis \(axis) of shape \(shape) has \(shape[axis]) positions, expected 1")
    }
    return reshaped(shape.indices.filter { !removed.contains($0) }.map { shape[$0] })
  }

  /// With axes of extent 1 inserted at these positions of the result.
  package func unsqueezed(_ given: [Int]) throws -> Tensor {
    let rank = rank + given.count
    var out = Shape(repeating: 1, count: rank)
    var inserted: [Int] = []
    for axis in given {
      guard let counted = out.normalizedAxis(axis) else {
        throw AlgebraError.argument(
          function: "unsqueeze", problem: "axis \(axis) is outside the result, which has rank \(rank) (shape \(shape) before)")
      }
      guard !inserted.contains(counted) else { throw AlgebraError.repeatedAxis(function: "unsqueeze", axis: axis) }
      inserted.append(counted)
    }
    var rest = shape.makeIterator()
    for axis in 0..<rank where !inserted.contains(axis) { out[axis] = rest.next() ?? 1 }
    return reshaped(out)
  }

  /// Repeated along axes of extent 1, and along new axes in front. -1 keeps an extent.
  package func expanded(to given: Shape, for function: String = "expand") throws -> Tensor {
    let added = given.count - rank
    var target = given
    for (axis, extent) in given.enumerated() where extent == -1 && axis >= added { target[axis] = shape[axis - added] }
    let fits =
      added >= 0
      && target.indices.allSatisfy { axis in
        target[axis] >= 0 && (axis < added || shape[axis - added] == target[axis] || shape[axis - added] == 1)
      }
    guard fits else {
      throw AlgebraError.argument(
        function: function, problem: "shape \(shape) does not expand to \(given): only axes of extent 1 and new axes in front are repeated")
    }
    guard target != shape else { return self }
    return try copied(for: function) { view in
      let strides = target.indices.map { axis in
        axis < added || shape[axis - added] == 1 ? 0 : view.strides[axis - added]
      }
      return StridedView(base: view.base, elementSize: view.elementSize, extents: target, strides: strides)
    }
  }

  /// The whole tensor repeated along each axis, as NumPy's `tile` does it.
  package func tiled(_ given: [Int]) throws -> Tensor {
    guard given.allSatisfy({ $0 >= 0 }) else {
      throw AlgebraError.argument(function: "tile", problem: "repetitions \(given) must not be negative")
    }
    let rank = max(rank, given.count)
    let own = Shape(repeating: 1, count: rank - self.rank) + shape
    let repetitions = Array(repeating: 1, count: rank - given.count) + given
    let total = zip(own, repetitions).map { $0.multipliedReportingOverflow(by: $1) }
    guard total.allSatisfy({ !$0.overflow }) else { throw AlgebraError.tooLarge(function: "tile", dtype: dtype, shape: own) }
    let out = total.map(\.partialValue)
    _ = try Tensor.allocatable(dtype, out, of: "tile")
    return try reshaped(own).copied(for: "tile") { view in
      (0..<rank).reversed().reduce(view) { view, axis in view.repeating(repetitions[axis], at: axis) }
    }.reshaped(out)
  }

  /// The positions of the given axes reversed.
  package func flipped(_ given: [Int]?) throws -> Tensor {
    let axes = try axes(given, for: "flip")
    return try copied(for: "flip") { view in axes.reduce(view) { $0.reversed($1) } }
  }

  /// The positions `from..<to` of an axis, `step` apart; negative positions count from the end. A negative step goes backwards,
  /// from `from` (by default the last position) down to the position after `to` (by default the first).
  package func sliced(_ axis: Int, from: Int?, to: Int?, step: Int = 1) throws -> Tensor {
    let a = try self.axis(axis, for: "slice")
    let n = shape[a]
    guard step != 0 else { throw AlgebraError.argument(function: "slice", problem: "the step must not be 0") }
    let (first, end): (Int, Int)
    func counted(_ position: Int) -> Int { position < 0 ? position + n : position }
    if step > 0 {
      (first, end) = (counted(from ?? 0), to.map(counted) ?? n)
      guard 0 <= first, first <= end, end <= n else { throw outside(a, from ?? 0, to ?? n) }
    } else {
      (first, end) = (from.map(counted) ?? n - 1, to.map(counted) ?? -1)
      guard -1 <= end, end <= first, first < n else { throw outside(a, from ?? n - 1, to ?? -1) }
    }
    let count = step > 0 ? (end - first + step - 1) / step : (first - end - step - 1) / -step
    if a == 0, step == 1 { return rows(first..<end) }
    return try copied(for: "slice") { $0.sliced(a, from: first, count: count, step: step) }
  }

  private func outside(_ axis: Int, _ from: Int, _ to: Int) -> AlgebraError {
    .argument(function: "slice", problem: "\(from) to \(to) is outside axis \(axis), which has \(shape[axis]) positions (from 0)")
  }

  /// The positions moved by `shift` towards the end; those that leave it return at the start. Without an axis the elements move
  /// in row-major order.
  package func rolled(_ shift: Int, _ axis: Int?) throws -> Tensor {
    guard let axis else { return try reshaped([count]).rolled(shift, 0).reshaped(shape) }
    let a = try self.axis(axis, for: "roll")
    let n = shape[a]
    guard n > 0 else { return self }
    let by = ((shift % n) + n) % n
    if by == 0 { return self }
    return try Tensor.joined([sliced(a, from: n - by, to: n), sliced(a, from: 0, to: n - by)], a, for: "roll")
  }

  /// The positions moved by `shift` towards the end, with zeros in the places that become free.
  package func shifted(_ axis: Int, _ shift: Int) throws -> Tensor {
    let a = try self.axis(axis, for: "shift")
    let n = shape[a]
    let by = Swift.max(-n, Swift.min(n, shift))
    var free = shape
    free[a] = by.magnitude < n ? Int(by.magnitude) : n
    let zeros = Tensor(zeros: dtype, free)
    return try by < 0
      ? Tensor.joined([sliced(a, from: -by, to: n), zeros], a, for: "shift")
      : Tensor.joined([zeros, sliced(a, from: 0, to: n - by)], a, for: "shift")
  }

  /// The axis cut into parts of the given extents.
  package func split(_ sizes: [Int], _ axis: Int) throws -> [Tensor] {
    let a = try self.axis(axis, for: "split")
    guard sizes.allSatisfy({ $0 >= 0 }), sizes.reduce(0, +) == shape[a] else {
      throw AlgebraError.argument(
        function: "split", problem: "the sizes \(sizes) must add up to the \(shape[a]) positions of axis \(a) of shape \(shape)")
    }
    var start = 0
    return try sizes.map { size in
      defer { start += size }
      return try sliced(a, from: start, to: start + size)
    }
  }

  /// The elements below (`keepsUpper` false) or above the `k`-th diagonal of the last two axes; the others are 0.
  package func triangle(keepsUpper: Bool, _ k: Int, for function: String) throws -> Tensor {
    guard rank >= 2 else { throw AlgebraError.argument(function: function, problem: "shape \(shape) has no two axes") }
    let (rows, columns) = (shape[rank - 2], shape[rank - 1])
    var mask = [Bool](repeating: false, count: rows * columns)
    for i in 0..<rows { for j in 0..<columns { mask[i * columns + j] = keepsUpper ? j - i >= k : j - i <= k } }
    return try Tensor.chosen(
      .tensor(Tensor(mask, shape: [rows, columns])), .tensor(self), .tensor(Tensor(zeros: dtype, []))
    )
  }
}
