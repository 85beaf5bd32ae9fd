// SPDX-License-Identifier: Apache-2.0
// Sums, products, extrema and counts over axes.

import Kernels
import Tensors

extension Tensor {
  /// A reduction over axes.
  package enum Reducer: String, CaseIterable, Sendable {
    case sum, mean, min, max, prod
  }

  /// The reduction over the given axes (all for `nil`).
  ///
  /// Sums and products of integers and booleans are int64, means of integers float32; other results have the dtype of the
  /// elements. Floats of up to 32 bits are reduced by the kernels of MIL's reductions.
  /// - Throws: `AlgebraError` for the extremum of no elements.
  package func reduced(_ reducer: Reducer, _ given: [Int]?, keepsAxes: Bool = false) throws -> Tensor {
    let name = reducer.rawValue
    let axes = try axes(given, for: name)
    if axes.contains(where: { shape[$0] == 0 }), reducer == .min || reducer == .max {
      throw AlgebraError.noElements(function: name, shape: shape, axes: given == nil ? [] : axes.filter { shape[$0] == 0 })
    }
    let out = shape(reducing: axes, keeping: keepsAxes)
    try Cancellation.check()
    if axes.isEmpty, reducer == .min || reducer == .max { return self }
    if dtype.isFloat {
      if dtype != .float64 { return reducedByKernel(reducer, axes, out).cast(to: dtype.arithmetic) }
      return reducedDoubles(reducer, axes, out)
    }
    switch reducer {
    case .mean: return try cast(to: .float64).reduced(.mean, axes, keepsAxes: keepsAxes).cast(to: .float32)
    case .sum, .prod:
      return cast(to: .int64).reducedIntegers(reducer, axes, out, Int64.self)
    case .min, .max:
      let wide: DType = dtype == .uint64 ? .uint64 : .int64
      let extreme =
        wide == .uint64
        ? reducedIntegers(reducer, axes, out, UInt64.self) : cast(to: .int64).reducedIntegers(reducer, axes, out, Int64.self)
      return extreme.cast(to: dtype)
    }
  }

  private func reducedByKernel(_ reducer: Reducer, _ axes: [Int], _ shape: Shape) -> Tensor {
    let function: ReductionFunction =
      switch reducer {
      case .sum: .sum
      case .mean: .mean
      case .min: .min
      case .max: .max
      case .prod: .product
      }
    return cast(to: .float32).reduced(function, axes, shape)
  }

  /// A reduction by MIL's kernel.
  ///
  /// - Precondition: float32 elements; nonnegative axes.
  func reduced(_ function: ReductionFunction, _ axes: [Int], _ shape: Shape) -> Tensor {
    let out = Tensor(uninitialized: .float32, shape)
    let reduction = Reduction(function, ReducedAxes(buffer, axes: axes))
    withUnsafeTemporaryAllocation(byteCount: max(reduction.scratchBytes, 64), alignment: 64) { scratch in
      guard let scratch = scratch.baseAddress else { return }
      withExtendedLifetime((self, out)) { reduction.run(buffer.floats(), to: out.buffer.floats(), scratch: scratch) }
    }
    // The mean of no elements.
    guard function == .mean, axes.contains(where: { self.shape[$0] == 0 }) else { return out }
    return Tensor([Float](repeating: .nan, count: out.count), shape: shape)
  }

  private func reducedDoubles(_ reducer: Reducer, _ axes: [Int], _ shape: Shape) -> Tensor {
    var out = Tensor(uninitialized: .float64, shape)
    let count = Double(axes.reduce(1) { $0 * self.shape[$1] })
    withExtendedLifetime((self, out)) {
      let to = out.buffer.pointer.assumingMemoryBound(to: Double.self)
      switch reducer {
      case .sum, .mean: Fold.run(buffer, axes: axes, to: to, Double.self, start: 0.0, add: { $0 + $1 }, join: { $0 + $1 })
      case .prod: Fold.run(buffer, axes: axes, to: to, Double.self, start: 1.0, add: { $0 * $1 }, join: { $0 * $1 })
      case .min:
        Fold.run(buffer, axes: axes, to: to, Double.self, start: Double.infinity, add: Self.smaller, join: Self.smaller)
      case .max:
        Fold.run(buffer, axes: axes, to: to, Double.self, start: -Double.infinity, add: Self.larger, join: Self.larger)
      }
    }
    if reducer == .mean { out.withMutableElements(of: Double.self) { for i in $0.indices { $0[i] /= count } } }
    return out
  }

  @inline(__always) private static func smaller(_ a: Double, _ b: Double) -> Double { b < a || b.isNaN ? b : a }
  @inline(__always) private static func larger(_ a: Double, _ b: Double) -> Double { b > a || b.isNaN ? b : a }

  /// - Precondition: the elements are of type `T`.
  private func reducedIntegers<T: TensorElement & FixedWidthInteger>(
    _ reducer: Reducer, _ axes: [Int], _ shape: Shape, _ type: T.Type
  ) -> Tensor {
    let out = Tensor(uninitialized: dtype, shape)
    withExtendedLifetime((self, out)) {
      let to = out.buffer.pointer.assumingMemoryBound(to: T.self)
      switch reducer {
      case .sum, .mean: Fold.run(buffer, axes: axes, to: to, T.self, start: 0, add: { $0 &+ $1 }, join: { $0 &+ $1 })
      case .prod: Fold.run(buffer, axes: axes, to: to, T.self, start: 1, add: { $0 &* $1 }, join: { $0 &* $1 })
      case .min: Fold.run(buffer, axes: axes, to: to, T.self, start: T.max, add: { Swift.min($0, $1) }, join: { Swift.min($0, $1) })
      case .max: Fold.run(buffer, axes: axes, to: to, T.self, start: T.min, add: { Swift.max($0, $1) }, join: { Swift.max($0, $1) })
      }
    }
    return out
  }

  /// The number of elements that are not 0, as int64.
  package func counted(_ given: [Int]?, keepsAxes: Bool = false, for function: String = "count_nonzero") throws -> Tensor {
    let axes = try axes(given, for: function)
    let truth = cast(to: .bool)
    let out = Tensor(uninitialized: .int64, shape(reducing: axes, keeping: keepsAxes))
    withExtendedLifetime((truth, out)) {
      Fold.run(
        truth.buffer, axes: axes, to: out.buffer.pointer.assumingMemoryBound(to: Int64.self), UInt8.self, start: 0,
        add: { $0 + ($1 == 0 ? 0 : 1) }, join: { $0 + $1 })
    }
    return out
  }

  /// Whether any element (or, for `all`, every element) along the axes is not 0.
  package func any(_ given: [Int]?, keepsAxes: Bool = false) throws -> Tensor {
    try Tensor.compared(.greater, .tensor(counted(given, keepsAxes: keepsAxes, for: "any")), .integer(0), named: "any")
  }

  package func all(_ given: [Int]?, keepsAxes: Bool = false) throws -> Tensor {
    let axes = try axes(given, for: "all")
    let count = axes.reduce(1) { $0 * shape[$1] }
    return try Tensor.compared(.equal, .tensor(counted(axes, keepsAxes: keepsAxes, for: "all")), .integer(count), named: "all")
  }

  /// The sum of all elements in double precision.
  package func total() -> Double {
    guard count > 0 else { return 0 }
    var total = 0.0
    let flat = reshaped([count])
    func add<T: BinaryFloatingPoint & BitwiseCopyable>(_ source: Tensor, _ type: T.Type) {
      withExtendedLifetime(source) {
        Fold.run(source.buffer, axes: [0], to: &total, T.self, start: 0.0, add: { $0 + Double($1) }, join: { $0 + $1 })
      }
    }
    switch dtype {
    case .float64: add(flat, Double.self)
    case .float32: add(flat, Float.self)
    default: dtype.isFloat ? add(flat.cast(to: .float32), Float.self) : add(flat.cast(to: .float64), Double.self)
    }
    return total
  }
}
