// SPDX-License-Identifier: Apache-2.0
// Reductions over axes.

import Algebra
import LuaHost
import Options
import Tensors

extension TensorObject {
  private static let correction = LuaOption(
    "correction", "subtracted from the number of elements; 0 for that of NumPy", default: 1.0, aliases: ["ddof", "unbiased"])
  private static let order = LuaOption<LuaValue?>("ord", "which norm: 1, 2, any number, math.huge, -math.huge, \"fro\"; by default 2")

  static let reductions: [LuaMethod] =
    [
      reduction(
        "sum", .sum, "The sum. Without axes a number, in double precision; with axes the dtype of the elements, int64 for integers.", "21.0"
      ),
      reduction("mean", .mean, "The mean. Without axes a number, in double precision; with axes float32 for integers.", "3.5"),
      reduction("min", .min, "The smallest element; NaN if there is one.", "1.0"),
      reduction("max", .max, "The largest element; NaN if there is one.", "6.0"),
      reduction("prod", .prod, "The product; int64 for integers.", "720.0"),
      LuaMethod(
        "var",
        "The variance: squared deviations from the mean divided by the number of elements less 1, as in PyTorch (NumPy: correction = 0).",
        .reduction("Var", [correction]), returns: "a number without axes, else a Tensor", type: ReductionArguments.resultType,
        example: "print(wane.tensor{ 1, 2, 3 }:var())  --> 1.0"
      ) { (t: TensorObject, a: ReductionArguments) in
        a.result(try EagerScope.run { try t.tensor.variance(a.axes, correction: a.options[correction], keepsAxes: a.keepsAxes) })
      },
      LuaMethod(
        "std", "The standard deviation, with the number of elements less 1 as in PyTorch (NumPy: correction = 0).",
        .reduction("Std", [correction]),
        returns: "a number without axes, else a Tensor", type: ReductionArguments.resultType,
        example: "print(wane.tensor{ 1, 3 }:std{ correction = 0 })  --> 1.0"
      ) { (t: TensorObject, a: ReductionArguments) in
        a.result(try EagerScope.run { try t.tensor.deviation(a.axes, correction: a.options[correction], keepsAxes: a.keepsAxes) })
      },
      LuaMethod(
        "norm", "The norm of the elements along axes: (Σ|x|^ord)^(1/ord).", .reduction("Norm", [order]),
        returns: "a number without axes, else a Tensor",
        type: ReductionArguments.resultType,
        example: "print(wane.tensor{ 3, 4 }:norm(), wane.tensor{ 3, -4 }:norm{ ord = math.huge })  --> 5.0\t4.0"
      ) { (t: TensorObject, a: ReductionArguments) in
        guard let order = try order(a.options[order]) else {
          throw LuaError(.usage, "norm: option 'ord' must be a number, \"fro\" or \"inf\"")
        }
        return a.result(try EagerScope.run { try t.tensor.norm(order, a.axes, keepsAxes: a.keepsAxes) })
      },
      LuaMethod(
        "logsumexp", "log Σ exp x, without overflow.", .reduction("LogSumExp"), returns: "a number without axes, else a Tensor",
        type: ReductionArguments.resultType, example: "print(wane.tensor{ 1000, 1000 }:logsumexp() > 1000)  --> true"
      ) { (t: TensorObject, a: ReductionArguments) in
        a.result(try EagerScope.run { try t.tensor.logSumExp(a.axes, keepsAxes: a.keepsAxes) })
      },
      LuaMethod(
        "any", "Whether any element is true or not 0.", .reduction("Any"), returns: "a boolean without axes, else a bool Tensor",
        type: .union([.boolean, .object("Tensor")]), example: "print(wane.tensor{ 0, 1 }:any())  --> true"
      ) { (t: TensorObject, a: ReductionArguments) in a.result(try EagerScope.run { try t.tensor.any(a.axes, keepsAxes: a.keepsAxes) }) },
      LuaMethod(
        "all", "Whether every element is true or not 0.", .reduction("All"), returns: "a boolean without axes, else a bool Tensor",
        type: .union([.boolean, .object("Tensor")]), example: "print(wane.tensor{ 0, 1 }:all())  --> false"
      ) { (t: TensorObject, a: ReductionArguments) in a.result(try EagerScope.run { try t.tensor.all(a.axes, keepsAxes: a.keepsAxes) }) },
      LuaMethod(
        "count_nonzero", "The number of elements that are true or not 0.", .reduction("CountNonzero"),
        returns: "an integer without axes, else an int64 Tensor",
        type: ReductionArguments.resultType, example: "print(wane.tensor{ 0, 1, 2 }:count_nonzero())  --> 2"
      ) { (t: TensorObject, a: ReductionArguments) in a.result(try EagerScope.run { try t.tensor.counted(a.axes, keepsAxes: a.keepsAxes) })
      },
      position("argmax", largest: true), position("argmin", largest: false),
      LuaMethod(
        "cumsum", "Cumulative sums along an axis; int64 for integers.", Arg("axis", "which axis, from 0", default: -1), returns: "a Tensor",
        example: "print(wane.tensor{ 1, 2, 3 }:cumsum():at{ 2 })  --> 6.0"
      ) { (t: TensorObject, axis: Int) in try EagerScope.tensor { try t.tensor.cumulativeSum(axis) } },
      LuaMethod(
        "cumprod", "Cumulative products along an axis; int64 for integers.", Arg("axis", "which axis, from 0", default: -1),
        returns: "a Tensor",
        example: "print(wane.tensor{ 1, 2, 3 }:cumprod():at{ 2 })  --> 6.0"
      ) { (t: TensorObject, axis: Int) in try EagerScope.tensor { try t.tensor.cumulativeProduct(axis) } },
    ]

  private static func reduction(_ name: String, _ reducer: Tensor.Reducer, _ doc: String, _ result: String) -> LuaMethod {
    LuaMethod(
      name, doc, .reduction(name.prefix(1).uppercased() + name.dropFirst()),
      returns: "a number without axes, else a Tensor without these axes",
      type: ReductionArguments.resultType,
      example: "local t = wane.tensor{ { 1, 2, 3 }, { 4, 5, 6 } }\nprint(t:\(name)(), t:\(name)(0).shape[1])  --> \(result)\t3"
    ) { (t: TensorObject, a: ReductionArguments) in
      try EagerScope.run {
        let isTotal = a.axes == nil && !a.keepsAxes
        if isTotal, reducer == .mean, t.tensor.count == 0 { throw AlgebraError.noElements(function: name, shape: t.tensor.shape, axes: []) }
        if isTotal, reducer == .mean || reducer == .sum && t.tensor.dtype.isFloat {
          let total = t.tensor.total()
          return LuaResults(reducer == .sum ? total : total / Double(t.tensor.count))
        }
        return a.result(try t.tensor.reduced(reducer, a.axes, keepsAxes: a.keepsAxes))
      }
    }
  }

  private static func position(_ name: String, largest: Bool) -> LuaMethod {
    let table = LuaOptionTable("\(name.prefix(1).uppercased() + name.dropFirst())Options", [ReductionArguments.keepdims])
    return LuaMethod(
      name, "Indices of the \(largest ? "largest" : "smallest") elements along an axis, the first of equal ones.",
      Arg("axis", "which axis, from 0", default: -1), .options(table), returns: "an int32 Tensor without that axis",
      example: "print(wane.tensor{ 3, 9, 1 }:\(name)():at{})  --> \(largest ? 1 : 2)"
    ) { (t: TensorObject, axis: Int, options: LuaOptions) in
      try EagerScope.tensor { try t.tensor.extremePositions(largest: largest, axis, keepsAxis: options[ReductionArguments.keepdims]) }
    }
  }

  private static func order(_ value: LuaValue?) throws -> Double? {
    guard let value else { return 2 }
    switch value.string {
    case "fro": return 2
    case "inf": return .infinity
    case "-inf": return -.infinity
    default: return value.number.flatMap { $0.isNaN ? nil : $0 }
    }
  }
}
