// SPDX-License-Identifier: Apache-2.0
// Medians, quantiles, histograms, and matrix products.

import Algebra
import LuaHost
import Options
import Tensors

extension TensorObject {
  private enum QuantileOptions {
    static let method = LuaOption(
      "method", "which value lies between two elements", default: "linear",
      allowed: .strings(Tensor.QuantileMethod.allCases.map(\.rawValue)),
      aliases: ["interpolation"])
    static let table = LuaOptionTable("QuantileOptions", [method, ReductionArguments.keepdims])
    static let median = LuaOptionTable("MedianOptions", [ReductionArguments.keepdims])
  }

  private enum HistogramOptions {
    static let bins = LuaOption<LuaValue?>("bins", "how many bins of equal width, by default 10; or a table or Tensor of ascending edges")
    static let range = LuaOption<[Double]?>("range", "{ low, high }, the outer edges; by default the extrema")
    static let table = LuaOptionTable("TensorHistogramOptions", [bins, range])
  }

  static let statistics: [LuaMethod] = [
    LuaMethod(
      "median", "The median; the mean of the two middle elements if their number is even, as in NumPy.",
      Arg<Int?>("axis", "which axis, from 0; by default all elements"), .options(QuantileOptions.median),
      returns: "a number without axis, else a Tensor",
      type: ReductionArguments.resultType, example: "print(wane.tensor{ 4, 1, 2, 3 }:median())  --> 2.5"
    ) { (t: TensorObject, axis: Int?, options: LuaOptions) in
      try EagerScope.run { try t.tensor.median(axis, keepsAxes: options[ReductionArguments.keepdims]) }.numberOrTensor
    },
    LuaMethod(
      "quantile", "Quantiles, interpolated linearly unless method says otherwise.",
      Arg<LuaValue>("q", "0 to 1; a table of several adds a first axis"),
      Arg<Int?>("axis", "which axis, from 0; by default all elements"), .options(QuantileOptions.table),
      returns: "a number for one q without axis, else a Tensor",
      type: ReductionArguments.resultType, example: "print(wane.tensor{ 1, 2, 3, 4, 5 }:quantile(0.25))  --> 2.0"
    ) { (t: TensorObject, q: LuaValue, axis: Int?, options: LuaOptions) in
      guard let given = try NestedTable.tensor(q), given.rank <= 1, given.dtype != .bool else {
        throw LuaError(.usage, "quantile: q must be a number or a table of numbers")
      }
      let method = Tensor.QuantileMethod(rawValue: options[QuantileOptions.method]) ?? .linear
      // The number as given, not rounded to float32.
      let values = try q.number.map { [$0] } ?? q.table?.numbers() ?? given.doubles()
      let out = try EagerScope.run { try t.tensor.quantiles(values, axis, method, keepsAxes: options[ReductionArguments.keepdims]) }
      return given.rank == 0 ? out.reshaped(Array(out.shape.dropFirst())).numberOrTensor : LuaResults(TensorObject(out))
    },
    LuaMethod(
      "histogram", "The number of elements in each bin. The last bin includes its upper edge; elements outside all bins are not counted.",
      .options(HistogramOptions.table), returns: "an int64 Tensor of counts, and a Tensor of the edges, one more", type: .object("Tensor"),
      example: "local counts, edges = wane.tensor{ 0, 1, 1, 4 }:histogram{ bins = 2 }\nprint(counts:at{ 0 }, edges:at{ 1 })  --> 3\t2.0"
    ) { (t: TensorObject, options: LuaOptions) in
      let range = options[HistogramOptions.range]
      guard range == nil || range?.count == 2 else { throw LuaError(.usage, "histogram: option 'range' must be { low, high }") }
      let bins = options[HistogramOptions.bins]
      let edges = try bins.flatMap { value in value.integer == nil ? try OperandArgument.operand(value)?.tensor : nil }
      if let bins, bins.integer == nil, edges?.rank != 1 {
        throw LuaError(.usage, "histogram: option 'bins' must be an integer or a list of edges")
      }
      guard edges == nil || range == nil else { throw LuaError(.usage, "histogram: option 'range' is not used with edges in 'bins'") }
      let out = try EagerScope.run {
        try t.tensor.histogram(bins: bins?.integer ?? 10, range: range.map { ($0[0], $0[1]) }, edges: edges?.doubles())
      }
      return LuaResults(TensorObject(out.counts), TensorObject(out.edges))
    },
    LuaMethod(
      "matmul", "The matrix product over the last axis and the last but one of u; leading axes broadcast, vectors as in NumPy.",
      Arg<OperandArgument>("u", "a Tensor"), returns: "a Tensor, or a number for two vectors", type: ReductionArguments.resultType,
      example:
        "local a = wane.tensor{ { 1, 2 }, { 3, 4 } }\nprint(a:matmul(a):at{ 1, 1 }, wane.tensor{ 1, 2 }:matmul{ 3, 4 })  --> 22.0\t11.0"
    ) { (t: TensorObject, u: OperandArgument) in try EagerScope.run { try t.tensor.product(u.tensor) }.numberOrTensor },
  ]
}
