// SPDX-License-Identifier: Apache-2.0
// The module wane.nn: new models.

import Compression
import LuaHost
import MIL
import Models
import Options
import Training
import Workflows

enum NetworkFunctions {
  static let module = LuaModule(
    "nn", "Layers, and new models built from them.", functions: layers + combining,
    classes: [LayerObject.self, GraphObject.self, ValueObject.self])

  /// A function for each layer.
  private static let layers: [LuaFunction] = Layers.all.map { type in
    let name = type.name.split(separator: "_").map { $0.prefix(1).uppercased() + $0.dropFirst() }.joined()
    let table = LuaOptionTable("\(name)LayerOptions", type.declarations)
    return LuaFunction(
      type.name, type.summary, .options(table), .context, returns: "a Layer",
      example: "local layer = wane.nn.\(type.name)\(type.example.isEmpty ? "{}" : type.example)"
    ) { (options: LuaOptions, context: LuaContext) in
      try LayerObject.make(type, try RecipeReader(context.interpreter).dictionary(options))
    }
  }

  private enum ModelOptionsTable {
    static let inputs = LuaOption<LuaTable>(
      required: "inputs",
      "for each input by name its extents after the batch axis; { shape =, dtype = \"int32\" }; or for images { width =, height =, color = \"rgb\" }"
    )
    static let outputs = LuaOption<[String]?>("outputs", "names of the outputs; by default \"output\"")
    static let batch = LuaOption<Int?>("batch", "a fixed batch size; by default any", allowed: .atLeast(1))
    static let seed = LuaOption("seed", "seed of the initial weights", default: 0)
    static let target = LuaOption(
      "target", "the oldest system that runs it", default: "iOS18", allowed: .strings(Opset.allCases.map { "\($0)" }))
    static let table = LuaOptionTable("NetworkModelOptions", [inputs, outputs, batch, seed, target])
  }

  private static let combining: [LuaFunction] = [
    LuaFunction(
      "sequential", "A sequence of layers.",
      Arg<LuaTable>("layers", "Layers, names of layers without options, or functions(graph, value)"),
      .context, returns: "a Layer", example: "local net = wane.nn.sequential{ wane.nn.linear{ out_features = 8 }, \"relu\" }"
    ) { (layers: LuaTable, context: LuaContext) in try LayerObject.sequential(layers, context.interpreter) },
    LuaFunction(
      "residual", "A residual block: x plus the output of layers for x; shortcut = a layer for x itself.",
      Arg<LuaTable>("layers", "as of sequential"), .context,
      returns: "a Layer",
      example: "local block = wane.nn.residual{ wane.nn.conv2d{ out_channels = 8, kernel_size = 3, padding = \"same\" }, \"relu\" }"
    ) { (layers: LuaTable, context: LuaContext) in try LayerObject.residual(layers, context.interpreter) },
    LuaFunction(
      "custom", "A layer defined by a function.", Arg<LuaClosure>("function", "a function of a Graph and a Value that returns a Value"),
      returns: "a Layer",
      example: "local double = wane.nn.custom(function(g, x) return x * 2 end)"
    ) { (function: LuaClosure) in LayerObject.custom(function) },
    LuaFunction(
      "model", "Create a new model.",
      Arg<LuaValue>("network", "a Layer; or a function of a Graph and a table of Values, that returns a Value or a table of them by name"),
      .options(ModelOptionsTable.table), .context, returns: "a Model",
      example: """
        local net = wane.nn.sequential{ "flatten", wane.nn.linear{ out_features = 10 }, "softmax" }
        local fresh = wane.nn.model(net, { inputs = { image = { 1, 8, 8 } }, outputs = { "probabilities" } })
        print(fresh:predict{ image = wane.zeros{ 2, 1, 8, 8 } }.probabilities.shape[2])  --> 10

        -- A function instead: several inputs and outputs, layers called with Values, any operator of MIL by g:op.
        local two = wane.nn.model(function(g, inputs)
          local x = wane.nn.linear{ out_features = 8 }(inputs.a)
          local gate = g:op("sigmoid", { x = wane.nn.linear{ out_features = 8 }(inputs.b) })
          return { gated = x * gate, gate = gate }
        end, { inputs = { a = { 4 }, b = { 6 } } })
        print(two:predict{ a = wane.zeros{ 3, 4 }, b = wane.zeros{ 3, 6 } }.gated.shape[2])  --> 8
        """
    ) { (network: LuaValue, options: LuaOptions, context: LuaContext) in try model(network, options, context.interpreter) },
  ]

  private static func model(_ network: LuaValue, _ options: LuaOptions, _ interpreter: Interpreter) throws -> Model {
    let fresh = try FreshModel(
      NetworkInputs.read(options[ModelOptionsTable.inputs]), batch: options[ModelOptionsTable.batch],
      opset: Opset(target: options[ModelOptionsTable.target]) ?? .iOS18, seed: UInt64(bitPattern: Int64(options[ModelOptionsTable.seed])))
    let names = options[ModelOptionsTable.outputs]
    let outputs =
      try network.function.map { try Self.outputs(of: $0, fresh, names) } ?? [
        (names?.first ?? "output", output(of: LayerObject.read(network, interpreter, in: "the network"), fresh))
      ]
    return try fresh.model(outputs: outputs, named: names, isCancelled: { Interrupts.isPending })
  }

  // The batch size of image inputs is one.
  private static func outputs(
    of function: LuaClosure, _ fresh: FreshModel, _ names: [String]?
  ) throws -> [(name: String, value: NetworkValue)] {
    let writer = fresh.writer
    let given = try Dictionary(uniqueKeysWithValues: fresh.types.map { ($0.name, ValueObject(try writer.value($0.name), writer)) })
    let result = try function.call(GraphObject(writer), given).first ?? .nil
    if let value = result.object(ValueObject.self) { return [(names?.first ?? "output", value.value)] }
    guard names == nil else {
      throw LuaError(.usage, "model: outputs is not used with a function that returns a table, whose keys are the names")
    }
    let outputs = try (result.table?.pairs() ?? []).compactMap { key, value -> (name: String, value: NetworkValue)? in
      guard let name = key.string, let made = value.object(ValueObject.self) else { return nil }
      return (name, made.value)
    }
    guard !outputs.isEmpty else { throw LuaError(.usage, "model: the function must return a Value, or a table of Values by name") }
    return outputs.sorted { $0.name < $1.name }
  }

  private static func output(of layer: LayerObject, _ fresh: FreshModel) throws -> NetworkValue {
    guard fresh.types.count == 1 else {
      throw LuaError(.usage, "model: a Layer has one input; a function of a Graph and a table of Values may have several")
    }
    return try layer.emit(fresh.writer.value(fresh.types[0].name), fresh.writer)
  }
}
