// SPDX-License-Identifier: Apache-2.0
// Reductions along axes.

import Kernels
import MIL
import Tensors

/// A reduction over the given axes; without `axes`, over all axes.
protocol ReductionOperator: Operator {
  static var function: ReductionFunction { get }
}

extension ReductionOperator {
  static func flops(_ call: Call, outputs: [Shape]) -> Int { call.shape("x")?.elementCount ?? 0 }
  static var layout: LayoutPolicy { .strided }

  static func infer(_ call: Call) throws -> [ValueType] {
    let x = try call.type("x")
    let keeps = try call.known(call.bool("keep_dims"), "keep_dims")
    guard x.hasKnownRank else {
      // Reducing all axes of an unknown number yields a scalar.
      let all = !call.has("axes") && !keeps
      return [.tensor(TensorType(x.dtype, all ? [Dimension]() : [.unknown(variadic: true)]))]
    }
    let axes = try call.reducedAxes(rank: x.rank)
    if function == .max || function == .min, axes.contains(where: { x.dimensions[$0].size == 0 }) {
      throw call.error("there are no elements to reduce: x is \(x)")
    }
    return [.tensor(TensorType(x.dtype, x.dimensions(reducing: axes, keeping: keeps)))]
  }

  static func kernel(_ request: KernelRequest) throws -> Kernel {
    let x = try request.input("x")
    let axes = ReducedAxes(x, axes: try request.call.reducedAxes(rank: x.shape.count))
    if x.dtype == .int32 {
      let reduction = IntegerReduction(function, axes)
      let (from, to) = (x.int32s(), request.output.int32s())
      return Kernel("loop") { reduction.run(from, to: to) }
    }
    let reduction = Reduction(function, axes)
    let (from, to, scratch) = (x.floats(), request.output.floats(), request.scratch)
    scratch.reserve(reduction.scratchBytes)
    return Kernel("loop") { reduction.run(from, to: to, scratch: scratch.base) }
  }
}

/// The index of a maximum or minimum along one axis; the first of equal ones.
protocol ArgumentOperator: Operator {
  static var largest: Bool { get }
}

extension ArgumentOperator {
  static func flops(_ call: Call, outputs: [Shape]) -> Int { call.shape("x")?.elementCount ?? 0 }
  static var layout: LayoutPolicy { .strided }

  static func infer(_ call: Call) throws -> [ValueType] {
    let x = try call.type("x")
    let dtype = try call.indexType("output_dtype")
    let keeps = try call.known(call.bool("keep_dims"), "keep_dims")
    guard x.hasKnownRank else { return [.tensor(TensorType(dtype, [.unknown(variadic: true)]))] }
    let axis = try call.knownAxis("axis", rank: x.rank)
    if x.dimensions[axis].size == 0 { throw call.error("there are no elements to reduce: x is \(x)") }
    return [.tensor(TensorType(dtype, x.dimensions(reducing: [axis], keeping: keeps)))]
  }

  static func kernel(_ request: KernelRequest) throws -> Kernel {
    let x = try request.input("x")
    let axis = try request.call.knownAxis("axis", rank: x.shape.count)
    return Kernel("loop", run: ArgumentReduction.loop(largest: largest, x, axis: axis, to: request.output))
  }
}

extension TensorType {
  /// The extents after reducing `axes` (nonnegative).
  fileprivate func dimensions(reducing axes: [Int], keeping: Bool) -> [Dimension] {
    dimensions.indices.compactMap { axes.contains($0) ? (keeping ? .fixed(1) : nil) : dimensions[$0] }
  }
}

extension Call {
  /// The values of `axes` as ascending nonnegative indices; all axes if it is absent.
  func reducedAxes(rank: Int) throws -> [Int] { try knownAxes("axes", rank: rank)?.sorted() ?? Array(0..<rank) }
}

extension Signature {
  fileprivate static func reduction(_ name: String) -> Signature {
    Signature(
      name,
      [
        Parameter("x", .number), Parameter("axes", .int32, .optional),
        Parameter("keep_dims", .bool, .defaultsTo(.bool(false))),
      ])
  }

  fileprivate static func argument(_ name: String) -> Signature {
    Signature(
      name,
      [
        Parameter("x", .number), Parameter("axis", .int32, .defaultsTo(.int(-1))),
        Parameter("keep_dims", .bool, .defaultsTo(.bool(false))),
        Parameter("output_dtype", .string, .defaultsTo(.string("int32")), since: .iOS17),
      ])
  }
}

/// The index of the largest element.
enum ReduceArgmax: ArgumentOperator {
  static let signature = Signature.argument("reduce_argmax")
  static let largest = true
}

/// The index of the smallest element.
enum ReduceArgmin: ArgumentOperator {
  static let signature = Signature.argument("reduce_argmin")
  static let largest = false
}

/// `Σ |x|`
enum ReduceL1Norm: ReductionOperator {
  static let signature = Signature.reduction("reduce_l1_norm")
  static let function = ReductionFunction.l1Norm
}

/// `√Σ x²`
enum ReduceL2Norm: ReductionOperator {
  static let signature = Signature.reduction("reduce_l2_norm")
  static let function = ReductionFunction.l2Norm
}

/// `log Σ x`
enum ReduceLogSum: ReductionOperator {
  static let signature = Signature.reduction("reduce_log_sum")
  static let function = ReductionFunction.logSum
}

/// `log Σ exp x`, without overflow.
enum ReduceLogSumExp: ReductionOperator {
  static let signature = Signature.reduction("reduce_log_sum_exp")
  static let function = ReductionFunction.logSumExp
}

/// The largest element.
enum ReduceMax: ReductionOperator {
  static let signature = Signature.reduction("reduce_max")
  static let function = ReductionFunction.max
}

/// The mean; truncated for integers.
enum ReduceMean: ReductionOperator {
  static let signature = Signature.reduction("reduce_mean")
  static let foreignNames = ForeignNames(torch: ["AdaptiveAvgPool2d"], onnx: ["ReduceMean"])
  static let function = ReductionFunction.mean
}

/// The smallest element.
enum ReduceMin: ReductionOperator {
  static let signature = Signature.reduction("reduce_min")
  static let function = ReductionFunction.min
}

/// The product.
enum ReduceProd: ReductionOperator {
  static let signature = Signature.reduction("reduce_prod")
  static let function = ReductionFunction.product
}

/// `Σ x`
enum ReduceSum: ReductionOperator {
  static let signature = Signature.reduction("reduce_sum")
  static let function = ReductionFunction.sum
}

/// `Σ x²`
enum ReduceSumSquare: ReductionOperator {
  static let signature = Signature.reduction("reduce_sum_square")
  static let function = ReductionFunction.sumSquare
}

enum Reductions {
  static let operators: [any Operator.Type] = [
    ReduceArgmax.self, ReduceArgmin.self, ReduceL1Norm.self, ReduceL2Norm.self, ReduceLogSum.self,
    ReduceLogSumExp.self, ReduceMax.self, ReduceMean.self, ReduceMin.self, ReduceProd.self, ReduceSum.self,
    ReduceSumSquare.self,
  ]
}
