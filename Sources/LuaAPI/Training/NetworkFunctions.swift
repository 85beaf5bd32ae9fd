// SPDX-License-Identifier: Apache-2.0
// The module wane.nn: new models.

import Compression
import LuaHost
import MIL
import ModelPackages
import Models
import Options
import Tensors
import Training

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
      "target", "the oldest system that runs it", default: "iOS18", allowed: .oneOf("iOS15", "iOS16", "iOS17", "iOS18"))
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
    let pictures = try PictureInputs(options[ModelOptionsTable.inputs])
    guard pictures.features.isEmpty || options["batch"] == nil else {
      throw LuaError(.usage, "model: batch is not used with image inputs, whose batch size is one")
    }
    // The batch size of image inputs is one.
    let batch: Dimension = pictures.features.isEmpty ? options[ModelOptionsTable.batch].map { .fixed($0) } ?? .any : .fixed(1)
    let inputs = try options[ModelOptionsTable.inputs].pairs().map { key, value -> NamedType in
      guard let name = key.string, !name.isEmpty else {
        throw LuaError(.usage, "model: inputs must be named: inputs = { image = { 1, 8, 8 } }")
      }
      if let image = pictures.features[name] {
        return NamedType(
          name,
          .tensor(
            TensorType(.float32, [.fixed(1), .fixed(image.colorSpace.channels), .fixed(image.size.height), .fixed(image.size.width)])))
      }
      return NamedType(name, .tensor(try inputType(name, value, batch, interpreter)))
    }.sorted { $0.name < $1.name }
    guard !inputs.isEmpty else { throw LuaError(.usage, "model: there are no inputs") }
    let opset = Opset(target: options[ModelOptionsTable.target]) ?? .iOS18
    let writer = try NetworkWriter(inputs: inputs, opset: opset, seed: UInt64(bitPattern: Int64(options[ModelOptionsTable.seed])))
    let names = options[ModelOptionsTable.outputs]
    var outputs: [(name: String, value: NetworkValue)]
    if let function = network.function {
      let given = try Dictionary(uniqueKeysWithValues: inputs.map { ($0.name, ValueObject(try writer.value($0.name), writer)) })
      let result = try function.call(GraphObject(writer), given).first ?? .nil
      if let value = result.object(ValueObject.self) {
        outputs = [(names?.first ?? "output", value.value)]
      } else {
        guard names == nil else {
          throw LuaError(.usage, "model: outputs is not used with a function that returns a table, whose keys are the names")
        }
        outputs = try (result.table?.pairs() ?? []).compactMap { key, value in
          guard let name = key.string, let made = value.object(ValueObject.self) else { return nil }
          return (name, made.value)
        }.sorted { $0.name < $1.name }
      }
      guard !outputs.isEmpty else { throw LuaError(.usage, "model: the function must return a Value, or a table of Values by name") }
    } else {
      let layer = try LayerObject.read(network, interpreter, in: "the network")
      guard inputs.count == 1 else {
        throw LuaError(.usage, "model: a Layer has one input; a function of a Graph and a table of Values may have several")
      }
      outputs = [(names?.first ?? "output", try layer.emit(writer.value(inputs[0].name), writer))]
    }
    if let names, names.count != outputs.count {
      throw LuaError(.usage, "model: outputs has \(names.count) names, the network \(outputs.count) output")
    }
    let function = try writer.function(outputs: outputs)
    let program = Program(functions: [function])
    var contents = try ModelPackage(program: program, interface: pictures.applied(to: Interface(describing: program)))
    if !writer.dropout.isEmpty { contents.dropoutShares = writer.dropout }
    return try Model(contents: contents, isCancelled: { Interrupts.isPending })
  }

  private static func inputType(_ name: String, _ value: LuaValue, _ batch: Dimension, _ interpreter: Interpreter) throws -> TensorType {
    func fail() -> LuaError {
      LuaError(
        .usage, "model: the input \(name) must be a table of extents after the batch axis, such as { 1, 8, 8 }, or { shape =, dtype = }")
    }
    guard let table = value.table else { throw fail() }
    let dtype = table["dtype"].string ?? "float32"
    guard let type = DType(name: dtype), [.float32, .float16, .int32].contains(type) else {
      throw LuaError(.usage, "model: the dtype of input \(name) must be float32, float16 or int32, got '\(dtype)'")
    }
    if let stray = try table.pairs().compactMap(\.key.string).first(where: { !["shape", "dtype"].contains($0) }) {
      throw LuaError(
        .usage, "model: the input \(name) has an unknown field '\(stray)'", hint: "fields: shape, dtype; or width, height, color")
    }
    let extents = table["shape"].table ?? table
    let shape = (0..<extents.count).compactMap { extents[$0 + 1].integer }
    guard shape.count == extents.count, shape.allSatisfy({ $0 > 0 }), shape.count <= 4 else { throw fail() }
    return TensorType(type, [batch] + shape.map { .fixed($0) })
  }
}

extension ModelPackage {
  private static let dropoutKey = "wane.dropout"

  /// The dropout rates by the name of the `identity` operation that replaces the dropout, stored in the package's
  /// metadata.
  var dropoutShares: [String: Double] {
    get {
      var shares: [String: Double] = [:]
      for part in (userMetadata[Self.dropoutKey] ?? "").split(separator: " ") {
        let fields = part.split(separator: "=")
        if fields.count == 2, let share = Double(fields[1]), (0..<1).contains(share) { shares[String(fields[0])] = share }
      }
      return shares
    }
    set { userMetadata[Self.dropoutKey] = newValue.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }.joined(separator: " ") }
  }
}
