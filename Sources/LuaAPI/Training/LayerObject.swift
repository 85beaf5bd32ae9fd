// SPDX-License-Identifier: Apache-2.0
// The Lua object for layers.

import Compression
import LuaHost
import MIL
import Options
import Training

/// A layer, or a combination of layers.
final class LayerObject: LuaBoxed {
  let words: String
  let emit: (NetworkValue, NetworkWriter) throws -> NetworkValue

  init(_ words: String, emit: @escaping (NetworkValue, NetworkWriter) throws -> NetworkValue) {
    self.words = words
    self.emit = emit
  }

  static var luaName: String { "Layer" }

  static let luaClass = LuaClass(
    LayerObject.self, "A layer of a network. Inside a function for wane.nn.custom it can be called with a Value, to which it is applied.",
    behaviors: [
      .toString { (layer: LayerObject) in layer.words },
      .call { (layer: LayerObject, arguments: [LuaValue]) in
        guard let x = arguments.first?.object(ValueObject.self) else {
          throw LuaError(.usage, "a Layer is called with a Value", hint: "inside wane.nn.custom(function(g, x) … end)")
        }
        return LuaResults(ValueObject(try layer.emit(x.value, x.writer), x.writer))
      },
    ])

  /// A layer from a Lua value: a Layer, the name of a layer without options, or a function of a graph and a value.
  static func read(_ value: LuaValue, _ interpreter: Interpreter, in place: String) throws -> LayerObject {
    switch value {
    case .object(let object):
      if let layer = object as? LayerObject { return layer }
    case .string(let name):
      guard let type = Layers.all.first(where: { $0.name == name }) else {
        throw LuaError(.usage, TrainingError.unknown(what: "layer", name: name, known: Layers.all.map { $0.name }).description)
      }
      return try make(type, [:])
    case .function(let function): return custom(function)
    default: break
    }
    throw LuaError(
      .usage, "\(place) must be a Layer, the name of one, or a function of a graph and a value, got \(interpreter.typeName(of: value))",
      hint: value.table.map { _ in "wane.nn.sequential{ … } makes one Layer of several" })
  }

  static func make(_ type: any NetworkLayer.Type, _ options: [String: OptionValue]) throws -> LayerObject {
    let layer = try type.init(options)
    let words = options.sorted { $0.key < $1.key }.map { "\($0.key) = \($0.value)" }.joined(separator: ", ")
    return LayerObject(words.isEmpty ? type.name : "\(type.name){ \(words) }") { try layer.emit($0, into: $1) }
  }

  static func custom(_ function: LuaClosure) -> LayerObject {
    LayerObject("custom") { x, writer in
      try function.call(GraphObject(writer), ValueObject(x, writer), returning: ValueObject.self, role: "layer's function").value
    }
  }

  static func sequential(_ table: LuaTable, _ interpreter: Interpreter) throws -> LayerObject {
    let layers = try (0..<table.count).map { try read(table[$0 + 1], interpreter, in: "layer \($0 + 1)") }
    guard !layers.isEmpty else { throw LuaError(.usage, "sequential: there are no layers") }
    return LayerObject(layers.map(\.words).joined(separator: "\n")) { x, writer in
      try layers.reduce(x) { try $1.emit($0, writer) }
    }
  }

  static func residual(_ table: LuaTable, _ interpreter: Interpreter) throws -> LayerObject {
    let inner = try sequential(table, interpreter)
    let shortcut = table["shortcut"]
    let side = shortcut.isNil ? nil : try read(shortcut, interpreter, in: "shortcut")
    return LayerObject("residual{\n\(inner.words)\n}") { x, writer in
      let y = try inner.emit(x, writer)
      let z = try side?.emit(x, writer) ?? x
      guard y.type.accepts(z.type) else {
        throw LuaError(
          .usage, "residual: the layers change \(x.type) to \(y.type), which cannot be added",
          hint: "give a layer that does the same as shortcut =")
      }
      return try writer.add("add", [("x", .value(y)), ("y", .value(z))], name: "residual")
    }
  }
}
