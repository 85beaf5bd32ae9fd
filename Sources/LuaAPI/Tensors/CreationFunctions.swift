// SPDX-License-Identifier: Apache-2.0
// The functions of wane that make and join tensors.

import Algebra
import LuaHost
import Options
import Tensors

enum CreationFunctions {
  private static let dtypes = Allowed.strings(ElementTypes.names)

  private enum RangeOptions {
    static let dtype = LuaOption<String?>("dtype", "element type; by default int64 for integers, else float32", allowed: dtypes)
    static let table = LuaOptionTable("RangeOptions", [dtype])
  }

  private enum LinspaceOptions {
    static let dtype = LuaOption("dtype", "element type", default: "float32", allowed: dtypes)
    static let table = LuaOptionTable("LinspaceOptions", [dtype])
  }

  private enum UniformOptions {
    static let low = LuaOption("low", "the smallest number", default: 0.0)
    static let high = LuaOption("high", "what all numbers are below", default: 1.0)
    static let seed = LuaOption("seed", "seed of the random numbers", default: 0)
    static let dtype = LuaOption("dtype", "element type; integers are drawn for an integer type", default: "float32", allowed: dtypes)
    static let table = LuaOptionTable("UniformOptions", [low, high, seed, dtype])
  }

  private enum PermutationOptions {
    static let seed = LuaOption("seed", "seed of the random numbers", default: 0)
    static let table = LuaOptionTable("PermutationOptions", [seed])
  }

  static let all: [LuaFunction] = [
    LuaFunction(
      "ones", "A tensor of ones.", Arg("shape", "extents"), Arg("dtype", "element type", default: "float32", allowed: dtypes),
      returns: "a Tensor", example: "print(wane.ones({ 2, 3 }):sum())  --> 6.0"
    ) { (shape: [Int], dtype: String) in try filled("ones", shape, .integer(1), dtype) },
    LuaFunction(
      "full", "A tensor of one value.", Arg("shape", "extents"), Arg<OperandArgument>("value", "a number or boolean"),
      Arg<String?>("dtype", "element type; by default float32, bool for a boolean", allowed: dtypes),
      returns: "a Tensor", example: "print(wane.full({ 2 }, 0.5):at{ 1 })  --> 0.5"
    ) { (shape: [Int], value: OperandArgument, dtype: String?) in
      guard value.operand.tensor == nil else { throw LuaError(.usage, "full: the value must be a number or a boolean") }
      if case .boolean = value.operand { return try filled("full", shape, value.operand, dtype ?? "bool") }
      return try filled("full", shape, value.operand, dtype ?? "float32")
    },
    LuaFunction(
      "eye", "A matrix with ones on the diagonal.", Arg<Int>("rows", "how many"),
      Arg<Int?>("columns", "how many; by default as many as rows"),
      Arg("dtype", "element type", default: "float32", allowed: dtypes), returns: "a Tensor",
      example: "print(wane.eye(3):sum())  --> 3.0"
    ) { (rows: Int, columns: Int?, dtype: String) in try EagerScope.tensor { try Creation.eye(rows, columns, ElementTypes.named(dtype)) } },
    LuaFunction(
      "arange", "0, 1, … below the end; or from a start, by steps.",
      Arg<LuaValue>("start", "the first number; the end if it is the only number"),
      Arg<LuaValue>("end", "what all numbers are below"), Arg<LuaValue>("step", "distance, by default 1; negative for descending numbers"),
      .options(RangeOptions.table), returns: "a Tensor: int64 if all numbers are integers, else float32",
      example: "print(wane.arange(5):sum(), wane.arange(1, 2, 0.5).count)  --> 10\t2"
    ) { (start: LuaValue, end: LuaValue, step: LuaValue, options: LuaOptions) in
      func operand(_ value: LuaValue, _ name: String) throws -> TensorOperand {
        switch value {
        case .integer(let number): return .integer(number)
        case .number(let number): return .number(number)
        default: throw LuaError(.usage, "arange: \(name) must be a number")
        }
      }
      let dtype = try options[RangeOptions.dtype].map { try ElementTypes.named($0) }
      let first = try operand(start, "the start")
      return try EagerScope.tensor {
        if end.isNil {
          guard step.isNil else { throw LuaError(.usage, "arange: a step needs a start and an end") }
          return try Creation.range(.integer(0), first, .integer(1), dtype)
        }
        return try Creation.range(first, operand(end, "the end"), step.isNil ? .integer(1) : operand(step, "the step"), dtype)
      }
    },
    LuaFunction(
      "linspace", "Equally spaced numbers, both ends included.", Arg<Double>("start", "the first"), Arg<Double>("end", "the last"),
      Arg<Int>("count", "how many"),
      .options(LinspaceOptions.table), returns: "a Tensor", example: "print(wane.linspace(0, 1, 5):at{ 1 })  --> 0.25"
    ) { (start: Double, end: Double, count: Int, options: LuaOptions) in
      try EagerScope.tensor { try Creation.linspace(start, end, count, ElementTypes.named(options[LinspaceOptions.dtype])) }
    },
    LuaFunction(
      "uniform", "Random numbers, equally likely from low up to high.", Arg("shape", "extents"), .options(UniformOptions.table),
      returns: "a Tensor",
      example: "print(wane.uniform({ 4 }, { low = 1, high = 7, dtype = \"int32\", seed = 1 }):max() <= 6)  --> true"
    ) { (shape: [Int], options: LuaOptions) in
      try EagerScope.tensor {
        try Creation.uniform(
          shape, low: options[UniformOptions.low], high: options[UniformOptions.high], seed: options[UniformOptions.seed],
          ElementTypes.named(options[UniformOptions.dtype]))
      }
    },
    LuaFunction(
      "permutation", "0 … n - 1 in random order, for t:take(order, axis).", Arg<Int>("n", "how many"), .options(PermutationOptions.table),
      returns: "an int64 Tensor", example: "print(wane.permutation(10, { seed = 3 }):sort():at{ 9 })  --> 9"
    ) { (n: Int, options: LuaOptions) in try EagerScope.tensor { try Creation.permutation(n, seed: options[PermutationOptions.seed]) } },
    LuaFunction(
      "concat", "Tensors one after the other along an axis.", Arg<[TensorArgument]>("tensors", "of one shape but for the axis"),
      Arg("axis", "which axis, from 0", default: 0), returns: "a Tensor of the promoted dtype",
      example: "print(wane.concat({ wane.zeros{ 2, 3 }, wane.ones{ 1, 3 } }, 0).shape[1])  --> 3"
    ) { (parts: [TensorArgument], axis: Int) in try EagerScope.tensor { try Tensor.joined(parts.map(\.tensor), axis) } },
    LuaFunction(
      "stack", "Tensors of one shape along a new axis.", Arg<[TensorArgument]>("tensors", "of one shape"),
      Arg("axis", "its place in the result, from 0", default: 0), returns: "a Tensor of the promoted dtype",
      example: "print(wane.stack({ wane.zeros{ 3 }, wane.ones{ 3 } }, 1).shape[2])  --> 2"
    ) { (parts: [TensorArgument], axis: Int) in try EagerScope.tensor { try Tensor.stacked(parts.map(\.tensor), axis) } },
    LuaFunction(
      "where", "Elements of a where a condition is true, of b elsewhere; all three broadcast.",
      Arg<OperandArgument>("condition", "a bool Tensor"),
      Arg<OperandArgument>("a", "a Tensor or a number"), Arg<OperandArgument>("b", "a Tensor or a number"),
      returns: "a Tensor of the promoted dtype",
      example: "local t = wane.tensor{ -1, 2 }\nprint(wane.where(t:lt(0), 0, t):at{ 0 })  --> 0.0"
    ) { (condition: OperandArgument, a: OperandArgument, b: OperandArgument) in
      try EagerScope.tensor { try Tensor.chosen(condition.operand, a.operand, b.operand) }
    },
    LuaFunction(
      "einsum", "Sums of products over named axes.",
      arguments: [
        LuaArgument("equation", .string, "axes of each operand and of the result, such as \"ij,jk->ik\"; ... stands for further axes"),
        LuaArgument("...", .object("Tensor"), "an operand for each term", variadic: true),
      ], returns: "a Tensor, or a number if the result has no axes", resultType: ReductionArguments.resultType,
      example:
        "local a = wane.tensor{ { 1, 2 }, { 3, 4 } }\nprint(wane.einsum(\"ij,jk->ik\", a, a):at{ 1, 1 }, wane.einsum(\"ii\", a))  --> 22.0\t5.0"
    ) { (context: LuaContext) in
      let equation = try context.read(1, "equation", as: String.self)
      guard context.count >= 2 else { throw LuaError(.usage, "einsum: an operand for each term expected, got none") }
      let operands = try (2...context.count).map { try context.read($0, "operand \($0 - 1)", as: TensorArgument.self).tensor }
      return try EagerScope.run { try EinsteinSum.run(equation, operands) }.numberOrTensor
    },
  ]

  private static func filled(_ name: String, _ shape: [Int], _ value: TensorOperand, _ dtype: String) throws -> TensorObject {
    guard shape.allSatisfy({ $0 >= 0 }) else { throw LuaError(.usage, "\(name): shape \(shape) must have extents not below 0") }
    return try EagerScope.tensor { try Tensor.filled(value, ElementTypes.named(dtype), shape, for: name) }
  }
}
