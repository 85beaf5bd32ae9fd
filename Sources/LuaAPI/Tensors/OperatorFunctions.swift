// SPDX-License-Identifier: Apache-2.0
// The module wane.op: MIL operators on tensors, at once.

import Algebra
import LuaHost
import Operators
import Options
import Tensors

enum OperatorFunctions {
  static let module = LuaModule(
    "op", "The operators of ML Programs, run at once on Tensors with the checks and kernels of a program.",
    functions: Catalog.all.filter(EagerOperator.isAvailable).sorted { $0.signature.name < $1.signature.name }.map(function))

  private static func function(_ type: any Operator.Type) -> LuaFunction {
    let signature = type.signature
    let options = signature.parameters.map { parameter in
      OptionDeclaration(
        parameter.name, optionType(parameter), doc(parameter), default: defaultText(parameter), required: isRequired(parameter))
    }
    let words = signature.name.split(separator: "_").map { $0.prefix(1).uppercased() + $0.dropFirst() }.joined()
    let table = LuaOptionTable("\(words)Inputs", options)
    return LuaFunction(
      signature.name, "The operator \(signature.name) (\(signature.since) and later).",
      .options(table, "its inputs by name", name: "inputs"), .context,
      returns: "its outputs, each a Tensor", type: .object("Tensor"), example: nil
    ) { (inputs: LuaOptions, context: LuaContext) in
      let arguments = try inputs.given.map { name in
        (parameter: name, value: try argument(inputs[name] ?? .nil, name, of: signature.name, context.interpreter))
      }
      do {
        return LuaResults(all: try EagerScope.run { try EagerOperator.run(type, arguments) }.map { TensorObject($0) })
      } catch let error as OperatorError {
        throw LuaError(.usage, "\(signature.name): \(error.problem)", hint: remedy(error.problem), underlying: error)
      }
    }
  }

  /// MIL does not compute with 64-bit dtypes, which Lua's integers and some functions give.
  private static func remedy(_ problem: String) -> String? {
    if problem.hasSuffix("found int64") { return "t:cast \"int32\"" }
    return problem.hasSuffix("found fp64") ? "t:cast \"float32\"" : nil
  }

  private static func isRequired(_ parameter: Parameter) -> Bool { if case .required = parameter.presence { true } else { false } }

  private static func optionType(_ parameter: Parameter) -> LuaType {
    let dtypes = Set(parameter.domain.dtypes.keys)
    if dtypes == [.string] { return .string }
    if parameter.isVariadic { return .sequence(.object("Tensor")) }
    var types: [LuaType] = [.object("Tensor"), .table]
    if dtypes.contains(where: { $0 != .bool && $0 != .string }) { types.append(.number) }
    if dtypes.contains(.bool) { types.append(.boolean) }
    if dtypes.contains(.string) { types.append(.string) }
    return .union(types)
  }

  private static func doc(_ parameter: Parameter) -> String {
    let dtypes = parameter.domain.dtypes.keys.sorted { $0.rawValue < $1.rawValue }.map { "\($0)" }
    let letter = parameter.domain.letter(in: EagerOperator.opset).map { ", the same as other inputs [\($0)]" } ?? ""
    return (dtypes.isEmpty ? "any dtype" : dtypes.joined(separator: ", ")) + letter + (parameter.isVariadic ? "; several" : "")
  }

  private static func defaultText(_ parameter: Parameter) -> String? {
    guard case .defaultsTo(let value) = parameter.presence else { return nil }
    switch value {
    case .bool(let flag): return "\(flag)"
    case .int(let number): return "\(number)"
    case .ints(let numbers): return "{\(numbers.map(String.init).joined(separator: ", "))}"
    case .float(let number): return Allowed.text(number)
    case .string(let text): return "\"\(text)\""
    }
  }

  private static func argument(_ value: LuaValue, _ name: String, of type: String, _ interpreter: Interpreter) throws -> EagerArgument {
    switch value {
    case .boolean(let flag): return .boolean(flag)
    case .integer(let number): return .number(Double(number))
    case .number(let number): return .number(number)
    case .string(let text): return .text(text)
    case .object(let object): if let tensor = object as? TensorObject { return .tensor(tensor.tensor) }
    case .table(let table):
      let items = table.count > 0 ? (1...table.count).map { table[$0] } : []
      let tensors = items.compactMap { $0.object(TensorObject.self)?.tensor }
      if !items.isEmpty, tensors.count == items.count { return .tensors(tensors) }
      let texts = items.compactMap(\.string)
      if !items.isEmpty, texts.count == items.count { return .texts(texts) }
      let flags = items.compactMap(\.boolean)
      if !items.isEmpty, flags.count == items.count { return .booleans(flags) }
      let numbers = items.compactMap(\.number)
      if numbers.count == items.count { return .numbers(numbers) }
      if let tensor = try NestedTable.tensor(value) { return .tensor(tensor) }
    default: break
    }
    throw LuaError(.usage, "\(type): the input \(name) cannot be a \(interpreter.typeName(of: value))")
  }
}
