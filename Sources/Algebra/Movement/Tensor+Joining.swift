// SPDX-License-Identifier: Apache-2.0
// Joining tensors along an axis, and padding.

import Kernels
import Tensors

extension Tensor {
  /// Tensors one after the other along an axis, with their promoted dtype.
  ///
  /// - Throws: `AlgebraError` for shapes that differ in another axis.
  package static func joined(_ parts: [Tensor], _ axis: Int, for function: String = "concat") throws -> Tensor {
    guard let first = parts.first else { throw AlgebraError.argument(function: function, problem: "no tensors given") }
    let a = try first.axis(axis, for: function)
    for (position, part) in parts.enumerated() {
      let differing = part.rank == first.rank ? part.shape.indices.first { $0 != a && part.shape[$0] != first.shape[$0] } : nil
      guard part.rank == first.rank, differing == nil else {
        let place = differing.map { "axis \($0)" } ?? "rank"
        throw AlgebraError.argument(
          function: function,
          problem: "the shapes \(first.shape) and \(part.shape) of parts 1 and \(position + 1) differ in \(place); only axis \(a) may")
      }
    }
    var shape = first.shape
    shape[a] = parts.reduce(0) { $0 + $1.shape[a] }
    let dtype = parts.dropFirst().reduce(first.dtype) { $0.promoted(with: $1.dtype) }
    let sources = parts.map { $0.cast(to: dtype).unpacked }
    let out = try result(sources[0].dtype, shape, of: function)
    let view = StridedView(out.buffer)
    var start = 0
    for source in sources where source.count > 0 {
      try Cancellation.check()
      withExtendedLifetime((source, out)) {
        StridedCopy(from: StridedView(source.buffer), to: view.sliced(a, from: start, count: source.shape[a])).run()
      }
      start += source.shape[a]
    }
    return out.packed(as: dtype)
  }

  /// Tensors of one shape along a new axis.
  package static func stacked(_ parts: [Tensor], _ axis: Int) throws -> Tensor {
    guard let first = parts.first else { throw AlgebraError.argument(function: "stack", problem: "no tensors given") }
    if let other = parts.first(where: { $0.shape != first.shape }) {
      throw AlgebraError.argument(function: "stack", problem: "the shapes \(first.shape) and \(other.shape) differ; all must be equal")
    }
    guard (-first.rank - 1...first.rank).contains(axis) else {
      throw AlgebraError.argument(function: "stack", problem: "axis \(axis) is outside the result, which has rank \(first.rank + 1)")
    }
    let counted = axis < 0 ? axis + first.rank + 1 : axis
    return try joined(parts.map { try $0.unsqueezed([counted]) }, counted, for: "stack")
  }

  /// The values of positions beyond an axis.
  package enum PaddingMode: String, CaseIterable, Sendable {
    /// One value.
    case constant
    /// Mirrored, without repeating the edge.
    case reflect
    /// Mirrored, repeating the edge.
    case symmetric
    /// The edge repeated.
    case replicate
    /// The opposite end.
    case circular
  }

  /// The tensor with positions added to both ends of each axis.
  ///
  /// - Parameter widths: for each axis the numbers of positions before and after.
  package func padded(_ widths: [(before: Int, after: Int)], _ mode: PaddingMode, _ value: TensorOperand = .integer(0)) throws -> Tensor {
    guard widths.count == rank, widths.allSatisfy({ $0.before >= 0 && $0.after >= 0 }) else {
      let given = widths.map { "{\($0.before), \($0.after)}" }.joined(separator: ", ")
      throw AlgebraError.argument(
        function: "pad", problem: "the widths {\(given)} do not suit shape \(shape): expected {before, after}, not negative, for each axis")
    }
    guard mode == .constant else { return try mirrored(widths, mode) }
    let shape = zip(shape, widths).map { $0 + $1.before + $1.after }
    let out = try Tensor.filled(value, dtype, shape, for: "pad").unpacked
    guard count > 0, rank > 0 else { return out.packed(as: dtype) }
    let source = unpacked
    withExtendedLifetime((source, out)) {
      var view = StridedView(out.buffer)
      for axis in shape.indices { view = view.sliced(axis, from: widths[axis].before, count: self.shape[axis]) }
      StridedCopy(from: StridedView(source.buffer), to: view).run()
    }
    return out.packed(as: dtype)
  }

  private func mirrored(_ widths: [(before: Int, after: Int)], _ mode: PaddingMode) throws -> Tensor {
    var out = self
    for (axis, width) in widths.enumerated() where width.before + width.after > 0 {
      let n = shape[axis]
      let most = mode == .reflect ? n - 1 : n
      guard n > 0, mode == .replicate || max(width.before, width.after) <= most else {
        throw AlgebraError.argument(
          function: "pad",
          problem: "the mode \(mode.rawValue) adds at most \(max(most, 0)) positions at each end of axis \(axis) of shape \(shape), got "
            + "{\(width.before), \(width.after)}")
      }
      let indices = (-width.before..<n + width.after).map { position -> Int in
        if (0..<n).contains(position) { return position }
        switch mode {
        case .replicate: return position < 0 ? 0 : n - 1
        case .circular: return (position + n) % n
        case .symmetric: return position < 0 ? -1 - position : 2 * n - 1 - position
        default: return position < 0 ? -position : 2 * n - 2 - position
        }
      }
      out = try out.taken(indices, shape: [indices.count], axis)
    }
    return out
  }
}
