// SPDX-License-Identifier: Apache-2.0
// Operands, axes and options of reductions as Lua arguments.

import Algebra
import LuaHost
import Options
import Tensors

/// A Tensor, a number, a boolean, or nested tables of numbers.
struct OperandArgument: LuaConvertible {
  let operand: TensorOperand

  static var luaType: LuaType { .union([.object("Tensor"), .number, .boolean, .table]) }

  func push(to interpreter: Interpreter) throws {
    switch operand {
    case .tensor(let tensor): try TensorObject(tensor).push(to: interpreter)
    case .boolean(let flag): flag.push(to: interpreter)
    case .integer(let value): try value.push(to: interpreter)
    case .number(let value): value.push(to: interpreter)
    }
  }

  static func read(_ interpreter: Interpreter, at index: Int32) throws(LuaMismatch) -> OperandArgument {
    let value = try LuaValue.read(interpreter, at: index)
    guard let operand = try operand(value) else {
      throw LuaMismatch(expected: luaType.description, found: interpreter.typeName(of: value))
    }
    return OperandArgument(operand: operand)
  }

  /// The operand for a value; `nil` if it is of another type.
  static func operand(_ value: LuaValue) throws(LuaMismatch) -> TensorOperand? {
    switch value {
    case .boolean(let flag): return .boolean(flag)
    case .integer(let number): return .integer(number)
    case .number(let number): return .number(number)
    default: return try NestedTable.tensor(value).map { .tensor($0) }
    }
  }

  var tensor: Tensor {
    switch operand {
    case .tensor(let tensor): tensor
    case .boolean(let flag): Tensor(scalar: flag)
    case .integer(let value): Tensor(scalar: Int64(value))
    case .number(let value): Tensor(scalar: Float(value))
    }
  }
}

/// An axis, or several.
struct AxesArgument: LuaConvertible {
  let axes: [Int]

  static var luaType: LuaType { .union([.integer, .sequence(.integer)]) }

  func push(to interpreter: Interpreter) throws { try axes.push(to: interpreter) }

  static func read(_ interpreter: Interpreter, at index: Int32) throws(LuaMismatch) -> AxesArgument {
    if let axis = try? Int.read(interpreter, at: index) { return AxesArgument(axes: [axis]) }
    return AxesArgument(axes: try [Int].read(interpreter, at: index))
  }
}

/// The arguments of a reduction: axes, then options; or only options, which may name the axes.
struct ReductionArguments {
  let axes: [Int]?
  let options: LuaOptions

  static let axes = LuaOption<AxesArgument?>("axes", "an axis or several, from 0 (negative from the end); by default all")
  static let keepdims = LuaOption("keepdims", "keep the reduced axes with extent 1", default: false, aliases: ["keep_dims", "keepdim"])

  var keepsAxes: Bool { options[Self.keepdims] }

  /// The result as a number if all axes were reduced and none is kept.
  func result(_ tensor: Tensor) -> LuaResults { axes == nil && !keepsAxes ? tensor.numberOrTensor : LuaResults(TensorObject(tensor)) }

  static let resultType = LuaType.union([.number, .object("Tensor")])
}

extension Arg where A == ReductionArguments {
  /// Axes and options.
  ///
  /// - Parameter more: options besides `axes` and `keepdims`.
  static func reduction(_ name: String, _ more: [any LuaReadable] = []) -> Arg<ReductionArguments> {
    let table = LuaOptionTable("\(name)ReductionOptions", more + [ReductionArguments.axes, ReductionArguments.keepdims])
    let declared = [
      LuaArgument("axes", .optional(AxesArgument.luaType), "an axis or several, from 0 (negative from the end); all if it is left out"),
      LuaArgument("options", .options(table.name), "named options; also as the only argument", options: table),
    ]
    return Arg(declared: declared) { reader in
      let context = reader.context
      let (first, second) = (Int(reader.advance()), Int(reader.advance()))
      func options(_ value: LuaValue, at index: Int) throws -> LuaOptions {
        if value.isNil { return try LuaOptions.read(context.interpreter.newTable(), as: table, for: context.name) }
        return try LuaOptions.read(context.read(index, "options", as: LuaTable.self), as: table, for: context.name)
      }
      let value = context.value(first)
      if let given = value.table, given.count == 0, try given.pairs().contains(where: { $0.key.string != nil }) {
        let options = try options(value, at: first)
        return ReductionArguments(axes: options[ReductionArguments.axes]?.axes, options: options)
      }
      let axes = try context.read(first, "axes", as: AxesArgument?.self)?.axes
      let options = try options(context.value(second), at: second)
      let named = options[ReductionArguments.axes]?.axes
      guard axes == nil || named == nil else { throw LuaError(.usage, "\(context.name): the axes are given twice") }
      return ReductionArguments(axes: axes ?? named, options: options)
    }
  }
}
