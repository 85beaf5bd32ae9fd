// SPDX-License-Identifier: Apache-2.0
// Variance, standard deviation, norms, and sums of exponentials.

import Kernels
import Tensors

extension Tensor {
  /// The variance over axes in double precision: squared deviations from the mean divided by the number of elements less
  /// `correction`.
  ///
  /// - Returns: floats of the tensor's precision, float32 for integers; NaN where nothing is left to divide by.
  package func variance(_ given: [Int]?, correction: Double, keepsAxes: Bool = false) throws -> Tensor {
    try wideVariance(given, correction, keepsAxes, for: "var").cast(to: dtype.floating)
  }

  /// The square root of ``variance(_:correction:keepsAxes:)``.
  package func deviation(_ given: [Int]?, correction: Double, keepsAxes: Bool = false) throws -> Tensor {
    try wideVariance(given, correction, keepsAxes, for: "std").mapped(.sqrt).cast(to: dtype.floating)
  }

  /// The variance as float64.
  private func wideVariance(_ given: [Int]?, _ correction: Double, _ keepsAxes: Bool, for function: String) throws -> Tensor {
    let axes = try axes(given, for: function)
    try Cancellation.check()
    let x = dtype == .float64 ? self : cast(to: .float32)
    // Integers of more than 24 bits do not fit a float32.
    let source = dtype.isFloat || dtype.bits <= 16 ? x : cast(to: .float64)
    var out = try Tensor.result(.float64, shape(reducing: axes, keeping: keepsAxes), of: function)
    withExtendedLifetime((source, out)) {
      Variance.run(source.buffer, axes: axes, to: out.buffer.pointer.assumingMemoryBound(to: Double.self))
    }
    let divisor = Swift.max(Double(axes.reduce(1) { $0 * shape[$1] }) - correction, 0)
    out.withMutableElements(of: Double.self) { for i in $0.indices { $0[i] /= divisor } }
    return out
  }

  /// The `order`-norm over axes: `(Σ|x|^order)^(1/order)`, the largest or smallest magnitude for an infinite order, the number of
  /// elements that are not 0 for order 0.
  package func norm(_ order: Double, _ given: [Int]?, keepsAxes: Bool = false) throws -> Tensor {
    let name = "norm"
    let axes = try axes(given, for: name)
    let dtype = dtype.floating
    let out = shape(reducing: axes, keeping: keepsAxes)
    if order == 0 { return try counted(axes, keepsAxes: keepsAxes, for: name).cast(to: dtype) }
    let x = cast(to: dtype.kernel)
    if order.isInfinite {
      let magnitudes = try x.mapped(.abs)
      if order > 0, axes.contains(where: { shape[$0] == 0 }) { return try Tensor.filled(.integer(0), dtype, out, for: name) }
      return try magnitudes.reduced(order > 0 ? .max : .min, axes, keepsAxes: keepsAxes).cast(to: dtype)
    }
    if x.dtype == .float32, order == 1 || order == 2 {
      return x.reduced(order == 1 ? .l1Norm : .l2Norm, axes, out).cast(to: dtype)
    }
    let magnitudes = try x.cast(to: .float64).mapped(.abs)
    let powers = order == 1 ? magnitudes : try Tensor.combined(.power, .tensor(magnitudes), .number(order), named: name)
    let sum = try powers.reduced(.sum, axes, keepsAxes: keepsAxes)
    let root =
      order == 1 ? sum : order == 2 ? try sum.mapped(.sqrt) : try Tensor.combined(.power, .tensor(sum), .number(1 / order), named: name)
    return root.cast(to: dtype)
  }

  /// `log Σ exp x` over axes, without overflow.
  package func logSumExp(_ given: [Int]?, keepsAxes: Bool = false) throws -> Tensor {
    let axes = try axes(given, for: "logsumexp")
    let dtype = dtype.floating
    if dtype != .float64 { return cast(to: .float32).reduced(.logSumExp, axes, shape(reducing: axes, keeping: keepsAxes)).cast(to: dtype) }
    let largest = try reduced(.max, axes, keepsAxes: true)
    let finite = try Tensor.chosen(.tensor(largest.tested(.isfinite)), .tensor(largest), .tensor(Tensor(scalar: 0.0)))
    let sums = try Tensor.combined(.subtract, .tensor(self), .tensor(finite), named: "logsumexp").mapped(.exp).reduced(
      .sum, axes, keepsAxes: true)
    let out = try Tensor.combined(.add, .tensor(sums.mapped(.log)), .tensor(finite), named: "logsumexp")
    return keepsAxes ? out : out.reshaped(shape(reducing: axes, keeping: false))
  }

  /// `exp x / Σ exp x` along an axis.
  package func softmax(_ axis: Int) throws -> Tensor {
    let a = try self.axis(axis, for: "softmax")
    let dtype = dtype.floating
    guard dtype != .float64 else {
      let sums = try logSumExp([a], keepsAxes: true)
      return try Tensor.combined(.subtract, .tensor(self), .tensor(sums), named: "softmax").mapped(.exp)
    }
    let x = cast(to: .float32)
    return try EagerOperator.run(named: "softmax", [("x", .tensor(x)), ("axis", .number(Double(a)))])[0].cast(to: dtype)
  }
}
