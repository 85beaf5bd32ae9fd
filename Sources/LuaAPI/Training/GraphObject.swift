// SPDX-License-Identifier: Apache-2.0
// Lua objects for MIL values and the operations that produce them, for custom layers and losses.

import LuaHost
import MIL
import Operators
import Options
import Tensors
import Training

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
    GraphObject.self, "Writes the operations of a layer or loss of one's own: any operator of MIL, by its name.",
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
        let arguments = try parameters.pairs().map { key, value -> (String, GraphArgument) in
          guard let parameter = key.string, let argument = GraphReader.argument(value) else {
            throw LuaError(
              .usage,
              "op: the parameter \(key.string ?? "without a name") of \(type) cannot be a \(context.interpreter.typeName(of: value))")
          }
          return (parameter, argument)
        }
        let outputs = try g.writer.operation(type, arguments.sorted { $0.0 < $1.0 }, name: name)
        return LuaResults(all: outputs.map { ValueObject($0, g.writer) })
      },
      LuaMethod("constant", "A constant.", Arg("tensor", "a Tensor or table of numbers"), returns: "a Value") {
        (g: GraphObject, tensor: TensorArgument) in ValueObject(try g.writer.constant(storing: tensor.tensor), g.writer)
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
    ])
}

/// Converts Lua values to arguments of operations.
enum GraphReader {
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
      return nil
    default: return nil
    }
  }
}
