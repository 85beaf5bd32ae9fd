// SPDX-License-Identifier: Apache-2.0
// Functions of each element.

import Algebra
import LuaHost
import Options
import Tensors

extension TensorObject {
  static let elementwise: [LuaMethod] =
    ElementFunction.allCases.filter { $0 != .neg }.map { function in
      LuaMethod(
        function.rawValue, "\(description(function)) of each element." + (function.keepsIntegers ? "" : " Integers give float32."),
        returns: "a Tensor of the same shape", example: "local y = wane.tensor{ 0.25, 0.5 }:\(function.rawValue)()"
      ) { (t: TensorObject) in try EagerScope.tensor { try t.tensor.mapped(function) } }
    }
    + ElementTest.allCases.map { test in
      LuaMethod(
        test.rawValue, "Where the elements are \(description(test)).", returns: "a bool Tensor",
        example: "print(wane.tensor{ 1 }:\(test.rawValue)():at{ 0 })  --> \(test == .isfinite)"
      ) { (t: TensorObject) in try EagerScope.tensor { try t.tensor.tested(test) } }
    } + [
      LuaMethod(
        "clip", "The elements limited to low … high; NaN stays.", Arg<OperandArgument?>("low", "a number or Tensor, or nil"),
        Arg<OperandArgument?>("high", "a number or Tensor, or nil"), returns: "a Tensor",
        example: "print(wane.tensor{ -2, 5 }:clip(0, 1):at{ 1 })  --> 1.0"
      ) { (t: TensorObject, low: OperandArgument?, high: OperandArgument?) in
        try EagerScope.tensor { try t.tensor.clipped(low?.operand, high?.operand) }
      },
      LuaMethod(
        "softmax", "exp x / Σ exp x along an axis.", Arg("axis", "which axis, from 0", default: -1), returns: "a Tensor",
        example: "print(wane.tensor{ 0, 0 }:softmax():at{ 1 })  --> 0.5"
      ) { (t: TensorObject, axis: Int) in try EagerScope.tensor { try t.tensor.softmax(axis) } },
      LuaMethod(
        "map", "The results of a Lua function for each element; slow for large tensors.",
        Arg<LuaClosure>("function", "a function of one element that returns a number or boolean"),
        returns: "a Tensor: bool for booleans, the dtype of the tensor if it holds the results, else float32 or float64",
        example: "print(wane.tensor{ 1, 2 }:map(function(x) return x * 10 end):at{ 1 })  --> 20.0"
      ) { (t: TensorObject, function: LuaClosure) in try t.mapped(function) },
    ]

  private func mapped(_ function: LuaClosure) throws -> TensorObject {
    let elements = ElementValues(tensor)
    var (numbers, booleans): ([Double], [Bool]) = ([], [])
    var integers: [Int] = []
    for i in 0..<tensor.count {
      switch try function.call(with: [elements[i]]).first ?? .nil {
      case .boolean(let flag): booleans.append(flag)
      case .integer(let value):
        integers.append(value)
        numbers.append(Double(value))
      case .number(let value): numbers.append(value)
      default: throw LuaError(.usage, "map: the function must return a number or a boolean, for element \(i) it returned something else")
      }
      guard booleans.isEmpty || numbers.isEmpty else { throw LuaError(.usage, "map: the function returned numbers and booleans") }
    }
    let shape = tensor.shape
    if !booleans.isEmpty { return TensorObject(Tensor(booleans, shape: shape)) }
    let exact =
      integers.count == numbers.count && !integers.isEmpty
      ? Tensor(integers: integers, dtype: .int64, shape: shape) : Tensor(numbers, shape: shape)
    let own = tensor.dtype == .bool ? DType.float32 : tensor.dtype
    if let same = try? exact.converted(to: own) { return TensorObject(same) }
    return TensorObject((try? exact.converted(to: .float32)) ?? exact)
  }

  private static func description(_ test: ElementTest) -> String {
    switch test {
    case .isnan: "NaN"
    case .isinf: "infinite"
    case .isfinite: "neither NaN nor infinite"
    }
  }

  private static func description(_ function: ElementFunction) -> String {
    switch function {
    case .abs: "The magnitude"
    case .neg: "The negative"
    case .sign: "-1, 0 or 1, the sign"
    case .square: "The square"
    case .relu: "The larger of 0 and the value"
    case .round: "The nearest integer (the even one for halves)"
    case .floor: "The largest integer not above"
    case .ceil: "The smallest integer not below"
    case .trunc: "The integer part"
    case .exp: "e to the power"
    case .exp2: "2 to the power"
    case .expm1: "exp(x) - 1, exact near 0,"
    case .log: "The natural logarithm"
    case .log2: "The binary logarithm"
    case .log10: "The decimal logarithm"
    case .log1p: "log(1 + x), exact near 0,"
    case .sqrt: "The square root"
    case .rsqrt: "The reciprocal of the square root"
    case .reciprocal: "The reciprocal"
    case .sin: "The sine"
    case .cos: "The cosine"
    case .tan: "The tangent"
    case .asin: "The arc sine"
    case .acos: "The arc cosine"
    case .atan: "The arc tangent"
    case .sinh: "The hyperbolic sine"
    case .cosh: "The hyperbolic cosine"
    case .tanh: "The hyperbolic tangent"
    case .asinh: "The inverse hyperbolic sine"
    case .acosh: "The inverse hyperbolic cosine"
    case .atanh: "The inverse hyperbolic tangent"
    case .sigmoid: "1 / (1 + exp(-x))"
    case .erf: "The error function"
    case .silu: "x · sigmoid(x)"
    case .softplus: "log(1 + exp x)"
    case .gelu: "x Φ(x), by the error function,"
    }
  }
}
