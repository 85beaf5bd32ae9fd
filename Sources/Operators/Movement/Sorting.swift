// SPDX-License-Identifier: Apache-2.0
// Operators that process an axis in order: cumulative sums, sorting, top-k.

import Kernels
import MIL
import Tensors

/// Cumulative sums along an axis.
enum Cumsum: Operator {
  static let signature = Signature(
    "cumsum",
    [
      Parameter("x", .number), Parameter("axis", .int32, .defaultsTo(.int(0))),
      Parameter("exclusive", .bool, .defaultsTo(.bool(false))), Parameter("reverse", .bool, .defaultsTo(.bool(false))),
    ])
  static let layout = LayoutPolicy.follows
  static let inPlace = true

  static func infer(_ call: Call) throws -> [ValueType] {
    let x = try call.type("x")
    if x.hasKnownRank { _ = try call.knownAxis("axis", rank: x.rank) }
    return [.tensor(x)]
  }

  static func kernel(_ request: KernelRequest) throws -> Kernel {
    let call = request.call
    let x = try request.input("x")
    let split = AxisSplit(x, axis: try call.knownAxis("axis", rank: x.shape.count))
    let exclusive = try call.known(call.bool("exclusive"), "exclusive")
    let reverse = try call.known(call.bool("reverse"), "reverse")
    if x.dtype == .int32 {
      let (from, to) = (x.int32s(), request.output.int32s())
      return Kernel("loop") { CumulativeSum.run(split, from, to: to, exclusive: exclusive, reverse: reverse) }
    }
    let (from, to) = (x.floats(), request.output.floats())
    return Kernel("loop") { CumulativeSum.run(split, from, to: to, exclusive: exclusive, reverse: reverse) }
  }
}

/// The indices that sort an axis. The sort is stable, and NaN is last.
enum Argsort: MovementOperator {
  static let signature = Signature(
    "argsort",
    [
      Parameter("x", .number), Parameter("axis", .int32, .defaultsTo(.int(-1))),
      Parameter("ascending", .bool, .defaultsTo(.bool(false))),
    ])
  static let layout = LayoutPolicy.follows

  static func infer(_ call: Call) throws -> [ValueType] {
    let x = try call.type("x")
    if x.hasKnownRank { _ = try call.knownAxis("axis", rank: x.rank) }
    return [.tensor(TensorType(.int32, x.dimensions))]
  }

  static func kernel(_ request: KernelRequest) throws -> Kernel {
    let call = request.call
    let x = try request.input("x")
    let split = AxisSplit(x, axis: try call.knownAxis("axis", rank: x.shape.count))
    let ordering = Ordering(split, keep: split.count, ascending: try call.known(call.bool("ascending"), "ascending"))
    return request.kernel(ordering, ordering.loop(x, values: nil, indices: request.output))
  }
}

/// The largest (or smallest) `k` elements along an axis with their indices, always sorted, regardless of `sort`.
enum TopK: MovementOperator {
  static let signature = Signature(
    "topk",
    [
      Parameter("x", Domain.number.adding(.int8, .uint8, .int16, .uint16, since: .iOS17)),
      Parameter("k", Domain.int32.adding(.int8, .int16, since: .iOS17), .defaultsTo(.int(1))),
      Parameter("axis", .int32, .defaultsTo(.int(-1))), Parameter("ascending", .bool, .defaultsTo(.bool(false))),
      Parameter("sort", .bool, .defaultsTo(.bool(true)), since: .iOS16),
      Parameter("return_indices", .bool, .defaultsTo(.bool(true)), since: .iOS16),
      Parameter("output_indices_dtype", .string, .defaultsTo(.string("int32")), since: .iOS17),
    ])
  static let layout = LayoutPolicy.follows

  static func infer(_ call: Call) throws -> [ValueType] {
    let x = try call.type("x")
    let returnsIndices = try call.known(call.bool("return_indices"), "return_indices")
    if !returnsIndices, call.has("output_indices_dtype") {
      throw call.error("output_indices_dtype requires return_indices = true")
    }
    let indexType = try call.indexType("output_indices_dtype")
    var dimensions = x.dimensions
    if x.hasKnownRank {
      let axis = try call.knownAxis("axis", rank: x.rank)
      let k = try call.known(call.integer("k"), "k")
      if k == -1 && call.opset >= .iOS17 {
        // All elements, so the extent does not change.
      } else if k < 0 {
        throw call.error("k must not be negative, found \(k)")
      } else if let size = dimensions[axis].size, k > size {
        throw call.error("k is \(k) but axis \(axis) of x has only \(size) elements")
      } else {
        dimensions[axis] = .fixed(k)
      }
    }
    let values = ValueType.tensor(TensorType(x.dtype, dimensions))
    return returnsIndices ? [values, .tensor(TensorType(indexType, dimensions))] : [values]
  }

  static func kernel(_ request: KernelRequest) throws -> Kernel {
    let call = request.call
    let x = try request.input("x")
    let axis = try call.knownAxis("axis", rank: x.shape.count)
    let ordering = Ordering(
      AxisSplit(x, axis: axis), keep: request.output.shape[axis],
      ascending: try call.known(call.bool("ascending"), "ascending"))
    let indices = request.outputs.count > 1 ? request.outputs[1] : nil
    return request.kernel(ordering, ordering.loop(x, values: request.output, indices: indices))
  }
}

extension KernelRequest {
  fileprivate func kernel(_ ordering: Ordering, _ loop: @escaping (UnsafeMutableRawPointer) -> Void) -> Kernel {
    let scratch = scratch
    scratch.reserve(ordering.scratchBytes)
    return Kernel("loop") { loop(scratch.base) }
  }
}

enum Sorting {
  static let operators: [any Operator.Type] = [Argsort.self, Cumsum.self, TopK.self]
}
