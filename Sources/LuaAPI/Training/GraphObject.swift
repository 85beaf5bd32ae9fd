// SPDX-License-Identifier: Apache-2.0
// Lua objects for MIL values and the operations that produce them, for custom layers and losses.

import Encodings
import LuaHost
import MIL
import Operators
import Options
import Tensors
import Training
import WeightStorage

/// A value of a network or loss under construction.
final class ValueObject: LuaBoxed {
  let value: NetworkValue
  let writer: NetworkWriter

  init(_ value: NetworkValue, _ writer: NetworkWriter) {
    self.value = value
    self.writer = writer
  }

  static var luaName: String { "Value" }

  static let luaClass = LuaClass(
    ValueObject.self, "A value of a network or loss that is being written: arithmetic on it writes operations.",
    properties: [
      LuaProperty("name", "its name in the program") { (v: ValueObject) in v.value.name },
      LuaProperty("shape", "its extents; -1 where they are open") { (v: ValueObject) in
        LuaList(v.value.type.dimensions.map { $0.size ?? -1 })
      },
      LuaProperty("dtype", "its element type") { (v: ValueObject) in "\(v.value.type.dtype)" },
      LuaProperty("tensor", "the elements of a constant; nil for a value that is computed") { (v: ValueObject) in
        try v.writer.emitter.value(v.value.name).operand.constant?.tensor.map { TensorObject($0) }
      },
    ],
    behaviors: [
      .toString { (v: ValueObject) in "\(v.value.type) \(v.value.name)" },
      .arithmetic(.add) { try combine("add", $0, $1) }, .arithmetic(.subtract) { try combine("sub", $0, $1) },
      .arithmetic(.multiply) { try combine("mul", $0, $1) }, .arithmetic(.divide) { try combine("real_div", $0, $1) },
      .arithmetic(.power) { try combine("pow", $0, $1) }, .arithmetic(.negate) { value, _ in try combine("mul", value, .number(-1)) },
    ])

  private static func combine(_ type: String, _ a: LuaValue, _ b: LuaValue) throws -> ValueObject {
    guard let writer = (a.object(ValueObject.self) ?? b.object(ValueObject.self))?.writer else {
      throw LuaError(.usage, "arithmetic needs a Value")
    }
    func argument(_ value: LuaValue) throws -> GraphArgument {
      guard let argument = GraphReader.argument(value) else {
        throw LuaError(.usage, "arithmetic with a Value takes a Value, a number or a Tensor")
      }
      return argument
    }
    return ValueObject(try writer.add(type, [("x", argument(a)), ("y", argument(b))]), writer)
  }
}

/// Emits operations.
final class GraphObject: LuaBoxed {
  let writer: NetworkWriter

  init(_ writer: NetworkWriter) { self.writer = writer }

  static var luaName: String { "Graph" }

  static let luaClass = LuaClass(
    GraphObject.self,
    "Writes the operations of a layer, a loss or a rewrite of one's own: any operator of MIL, by its name: g.relu(x), "
      + "g.softmax(x, { axis = -1 }), g.conv{ x = x, weight = w }, or g:op(\"relu\", { x = x }).",
    methods: [
      LuaMethod(
        "op", "Emit an operation with the parameters listed in docs/operators.md.", Arg("type", "name of the operator"),
        Arg<LuaTable>("parameters", "Values, numbers, strings, booleans, tables of numbers or Values, Tensors"),
        Arg<String?>("name", "name of the value; by default that of the operator"), .context, returns: "a Value for each output",
        example: """
          local swish = wane.nn.custom(function(g, x) return x * g:op("sigmoid", { x = x }) end)
          print(wane.nn.model(swish, { inputs = { x = { 4 } } }).outputs[1].name)  --> output
          """
      ) { (g: GraphObject, type: String, parameters: LuaTable, name: String?, context: LuaContext) in
        try g.emit(type, GraphReader.arguments(parameters, of: type, context.interpreter), name: name)
      },
      LuaMethod(
        "constant", "A constant: plain, or stored in a compressed form.",
        Arg<EncodedArgument>("value", "a Tensor, a table of numbers, or an Encoded"),
        Arg<String?>("name", "its name"), returns: "a Value"
      ) { (g: GraphObject, value: EncodedArgument, name: String?) in
        ValueObject(try g.constant(value, name ?? "const"), g.writer)
      },
      LuaMethod("value", "A value that was computed before, by its name.", Arg("name", "its name in the program"), returns: "a Value") {
        (g: GraphObject, name: String) in ValueObject(try g.writer.value(name), g.writer)
      },
      LuaMethod(
        "weight", "A trainable constant.", Arg("shape", "its extents"),
        Arg("init", "its initialization", default: "default", allowed: .strings(Initializer.allCases.map(\.rawValue))),
        Arg<String?>("name", "its name"), returns: "a Value"
      ) { (g: GraphObject, shape: [Int], initializer: String, name: String?) in
        guard shape.allSatisfy({ $0 > 0 }), let rule = Initializer(rawValue: initializer) else {
          throw LuaError(.usage, "weight: extents must be at least 1")
        }
        return ValueObject(g.writer.weight(name ?? "weight", shape, rule), g.writer)
      },
    ],
    functions: { object, name in (object as? GraphObject).flatMap { operatorFunction(name, $0) } })

  /// The function `g.relu`: the first operands by position, in the order of docs/operators.md, and parameters by name in a table
  /// behind them.
  private static func operatorFunction(_ type: String, _ graph: GraphObject) -> LuaFunction? {
    guard let signature = Catalog.storable[type]?.signature else { return nil }
    let parameters = signature.parameters.map(\.name)
    // A graph belongs to one interpreter and its thread.
    nonisolated(unsafe) let graph = graph
    return LuaFunction(
      type, "Emit \(type)(\(parameters.joined(separator: ", "))).",
      arguments: [LuaArgument("operands", .any, "values by position, then a table of parameters by name", variadic: true)],
      returns: "a Value for each output"
    ) { context in
      // g:relu(x) is the same as g.relu(x).
      let given = context.values.first?.object(GraphObject.self) == nil ? context.values : Array(context.values.dropFirst())
      var arguments: [(String, GraphArgument)] = []
      for (index, value) in given.enumerated() {
        if index == given.count - 1, let table = value.table, try table.pairs().contains(where: { $0.key.string != nil }) {
          arguments += try GraphReader.arguments(table, of: type, context.interpreter)
        } else {
          guard parameters.indices.contains(index) else {
            throw LuaError(.usage, "\(type) has \(parameters.count) parameters, \(index + 1) are given")
          }
          arguments.append((parameters[index], try GraphReader.argument(value, parameters[index], of: type, context.interpreter)))
        }
      }
      if let twice = Dictionary(grouping: arguments, by: \.0).first(where: { $0.value.count > 1 })?.key {
        throw LuaError(.usage, "\(type): \(twice) is given by position and by name")
      }
      return try graph.emit(type, arguments, name: nil)
    }
  }

  fileprivate func emit(_ type: String, _ arguments: [(String, GraphArgument)], name: String?) throws -> LuaResults {
    let outputs = try writer.operation(type, arguments.sorted { $0.0 < $1.0 }, name: name)
    return LuaResults(all: outputs.map { ValueObject($0, writer) })
  }

  /// A constant operation, or the operations that decode a compressed one.
  fileprivate func constant(_ value: EncodedArgument, _ name: String) throws -> NetworkValue {
    guard case let weight = try value.weight("constant"), weight.scheme != [] else {
      return try writer.constant(storing: value.weight("constant").decoded(), name: name)
    }
    let emitter = writer.emitter
    let name = emitter.freshName(name + weight.suffix)
    for operation in try weight.operations(named: name, opset: emitter.opset) { try emitter.append(operation) }
    return try writer.value(name)
  }
}

/// Converts Lua values to arguments of operations.
enum GraphReader {
  /// The arguments of an operation by name.
  static func arguments(_ table: LuaTable, of type: String, _ interpreter: Interpreter) throws -> [(String, GraphArgument)] {
    try table.pairs().map { key, value in
      guard let parameter = key.string else {
        throw LuaError(.usage, "op: parameters of \(type) are named, but \(try interpreter.describe(value)) has no name")
      }
      return (parameter, try argument(value, parameter, of: type, interpreter))
    }
  }

  static func argument(_ value: LuaValue, _ parameter: String, of type: String, _ interpreter: Interpreter) throws -> GraphArgument {
    guard let argument = argument(value) else {
      throw LuaError(.usage, "op: the parameter \(parameter) of \(type) cannot be a \(interpreter.typeName(of: value))")
    }
    return argument
  }

  static func argument(_ value: LuaValue) -> GraphArgument? {
    switch value {
    case .boolean(let flag): return .bool(flag)
    case .integer(let number): return .number(Double(number))
    case .number(let number): return .number(number)
    case .string(let text): return .text(text)
    case .object(let object):
      if let value = object as? ValueObject { return .value(value.value) }
      if let tensor = object as? TensorObject { return .tensor(tensor.tensor) }
      return nil
    case .table(let table):
      let items = table.count > 0 ? (1...table.count).map { table[$0] } : []
      let values = items.compactMap { $0.object(ValueObject.self)?.value }
      if !items.isEmpty, values.count == items.count { return .values(values) }
      let numbers = items.compactMap(\.number)
      if numbers.count == items.count { return .numbers(numbers) }
      let flags = items.compactMap(\.boolean)
      if flags.count == items.count { return .tensor(Tensor(flags)) }
      return (try? NestedTable(value)).flatMap(\.self).map { .tensor($0.compact) }
    default: return nil
    }
  }
}
