// SPDX-License-Identifier: Apache-2.0
// Lua's operators on tensors, comparisons and logic.

import Algebra
import Kernels
import LuaHost
import Options
import Tensors

extension TensorObject {
  /// `a + b` and the others.
  static let operators: [LuaBehavior] = [
    .arithmetic(.add) { try combined(.add, "+", $0, $1) }, .arithmetic(.subtract) { try combined(.subtract, "-", $0, $1) },
    .arithmetic(.multiply) { try combined(.multiply, "*", $0, $1) }, .arithmetic(.divide) { try combined(.divide, "/", $0, $1) },
    .arithmetic(.floorDivide) { try combined(.floorDivide, "//", $0, $1) }, .arithmetic(.modulo) { try combined(.modulo, "%", $0, $1) },
    .arithmetic(.power) { try combined(.power, "^", $0, $1) },
    .arithmetic(.negate) { value, _ in
      guard let t = value.object(TensorObject.self) else { throw LuaError(.usage, "-: a Tensor expected") }
      return try EagerScope.tensor { try t.tensor.mapped(.neg) }
    },
  ]

  private static func combined(_ function: BinaryFunction, _ name: String, _ a: LuaValue, _ b: LuaValue) throws -> TensorObject {
    func operand(_ value: LuaValue) throws -> TensorOperand {
      do {
        if let operand = try OperandArgument.operand(value) { return operand }
      } catch { throw LuaError(.usage, "\(name): \(error.sentence)") }
      throw LuaError(.usage, "\(name): a Tensor combines with a Tensor, a number, a boolean or a table of numbers, got \(describe(value))")
    }
    let (x, y) = (try operand(a), try operand(b))
    return try EagerScope.tensor { try Tensor.combined(function, x, y, named: name) }
  }

  private static func describe(_ value: LuaValue) -> String {
    switch value {
    case .nil: "nil"
    case .string: "a string"
    case .function: "a function"
    case .object(let object): "a \((type(of: object) as? any LuaBoxed.Type)?.luaName ?? "value")"
    default: "another value"
    }
  }

  static let comparisons: [LuaMethod] =
    [
      comparison("eq", "equal to", .equal, "true, false"), comparison("ne", "not equal to", .notEqual, "false, true"),
      comparison("lt", "less than", .less, "false, true"), comparison("le", "less than or equal to", .lessEqual, "true, true"),
      comparison("gt", "greater than", .greater, "false, false"),
      comparison("ge", "greater than or equal to", .greaterEqual, "true, false"),
      logic("logical_and", "both are true", .and), logic("logical_or", "one of them is true", .or),
      logic("logical_xor", "exactly one is true", .xor),
      LuaMethod(
        "logical_not", "Where the elements are 0 or false.", returns: "a bool Tensor",
        example: "print(wane.tensor{ true, false }:logical_not():at{ 1 })  --> true"
      ) { (t: TensorObject) in
        try EagerScope.tensor { try Tensor.compared(.equal, .tensor(t.tensor.cast(to: .bool)), .boolean(false), named: "logical_not") }
      },
      choice("maximum", "larger", .maximum, "3.0"), choice("minimum", "smaller", .minimum, "2.0"),
    ]

  private static func comparison(_ name: String, _ words: String, _ function: ComparisonFunction, _ result: String) -> LuaMethod {
    let second = result.split(separator: " ")[1]
    return LuaMethod(
      name, "Where the elements are \(words) those of x; t == x compares whole Tensors.",
      Arg<OperandArgument>("x", "a Tensor or a number; both broadcast"),
      returns: "a bool Tensor", example: "print(wane.tensor{ 2, 1 }:\(name)(2):at{ 1 })  --> \(second)"
    ) { (t: TensorObject, x: OperandArgument) in
      try EagerScope.tensor { try Tensor.compared(function, .tensor(t.tensor), x.operand, named: name) }
    }
  }

  private static func logic(_ name: String, _ words: String, _ function: LogicalFunction) -> LuaMethod {
    LuaMethod(
      name, "Where \(words); everything but 0 counts as true.",
      Arg<OperandArgument>("x", "a Tensor, a number or a boolean; both broadcast"),
      returns: "a bool Tensor",
      example: "print(wane.tensor{ true, false }:\(name){ true, true }:at{ 0 })  --> \(function == .xor ? "false" : "true")"
    ) { (t: TensorObject, x: OperandArgument) in
      try EagerScope.tensor { try Tensor.logical(function, .tensor(t.tensor), x.operand, named: name) }
    }
  }

  private static func choice(_ name: String, _ word: String, _ function: BinaryFunction, _ result: String) -> LuaMethod {
    LuaMethod(
      name, "The \(word) of each element and x; NaN where either is. t:\(name.prefix(3))() reduces.",
      Arg<OperandArgument>("x", "a Tensor or a number; both broadcast"), returns: "a Tensor",
      example: "print(wane.tensor{ 2, 3 }:\(name)(\(name == "maximum" ? 3 : 2)):at{ 0 })  --> \(result)"
    ) { (t: TensorObject, x: OperandArgument) in
      try EagerScope.tensor { try Tensor.combined(function, .tensor(t.tensor), x.operand, named: name) }
    }
  }
}
