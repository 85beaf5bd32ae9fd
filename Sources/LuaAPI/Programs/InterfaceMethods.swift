// SPDX-License-Identifier: Apache-2.0
// The method model:with_interface and the function wane.multifunction.

import LuaHost
import MIL
import ModelPackages
import Models
import Options
import ProgramEdits
import Tensors

extension Model {
  static let interfaces: [LuaMethod] = [
    LuaMethod(
      "with_interface",
      "The model with other inputs and outputs: element types, images with scale and bias, shapes. The operations stay; casts and scales "
        + "are put between.",
      Arg<[String: LuaTable]>(
        "features",
        "for each input by name { dtype =, kind = \"image\"|\"tensor\", color = \"rgb\"|\"bgr\"|\"grayscale\", scale =, bias =, shape = }, where "
          + "pixels become scale · pixel + bias, and an extent of shape is a number, { lower, upper } or -1 for any; outputs = { name = "
          + "{ dtype =, kind =, color =, scale =, bias = } }, where pixels are scale · value + bias"), returns: "a Model",
      example: """
        local model = wane.load("examples/digits_cnn.mlpackage"):materialize{ image = { 1, 1, 8, 8 } }
        local pictures = model:with_interface{ image = { kind = "image", color = "grayscale", scale = 1 / 255 } }
        print(pictures.inputs.image.kind, pictures.inputs.image.width)  --> image\t8
        """
    ) { (m: Model, features: [String: LuaTable]) in
      var changes = InterfaceChanges()
      for (name, table) in features {
        // A model may also have an input of that name.
        if name == "outputs", m.interface.input(named: name) == nil {
          for (key, value) in try table.pairs() {
            guard let output = key.string, let fields = value.table else {
              throw LuaError(.usage, "with_interface: outputs must be a table from name to { dtype = … }")
            }
            changes.outputs[output] = try FeatureChangeReader.read(fields, output)
          }
        } else {
          changes.inputs[name] = try FeatureChangeReader.read(table, name)
        }
      }
      return try m.withInterface(changes)
    }
  ]
}

/// Reads what an input or output becomes.
private enum FeatureChangeReader {
  private static let dtype = LuaOption<String?>("dtype", "element type", allowed: .oneOf("float16", "float32", "int32"))
  private static let kind = LuaOption<String?>("kind", "image, or tensor", allowed: .oneOf("image", "tensor"))
  private static let color = LuaOption<String?>("color", "channels of an image", allowed: .oneOf("rgb", "bgr", "grayscale"))
  private static let scale = LuaOption<LuaValue?>("scale", "a number, or one for each channel")
  private static let bias = LuaOption<LuaValue?>("bias", "a number, or one for each channel")
  private static let shape = LuaOption<LuaTable?>("shape", "extents: a number, { lower, upper }, or -1 for any")
  private static let table = LuaOptionTable("FeatureOptions", [dtype, kind, color, scale, bias, shape])

  static func read(_ fields: LuaTable, _ name: String) throws -> FeatureChange {
    let options = try LuaOptions.read(fields, as: table, for: "with_interface, \(name)")
    var change = FeatureChange()
    change.dtype = options[dtype].flatMap { DType(name: $0) }
    change.isImage = options[kind].map { $0 == "image" }
    change.color = options[color].flatMap { name in
      ["rgb": ImageFeature.ColorSpace.rgb, "bgr": .bgr, "grayscale": .grayscale][name]
    }
    change.scale = try numbers(options[scale], "scale", name)
    change.bias = try numbers(options[bias], "bias", name)
    change.shape = try options[shape].map { try extents($0, name) }
    return change
  }

  private static func numbers(_ value: LuaValue?, _ option: String, _ name: String) throws -> [Double]? {
    guard let value, !value.isNil else { return nil }
    if let number = value.number { return [number] }
    if let numbers = try? value.table?.numbers(), !numbers.isEmpty { return numbers }
    throw LuaError(.usage, "with_interface, \(name): \(option) must be a number, or a number for each channel")
  }

  private static func extents(_ table: LuaTable, _ name: String) throws -> [SizeRange] {
    try (0..<table.count).map { axis in
      let value = table[axis + 1]
      if let extent = value.integer, extent > 0 { return SizeRange(extent, extent) }
      if value.integer == -1 { return SizeRange(1, nil) }
      if let pair = value.table, let lower = pair[1].integer, let upper = pair[2].integer, lower > 0, upper == -1 || upper >= lower {
        return SizeRange(lower, upper == -1 ? nil : upper)
      }
      throw LuaError(.usage, "with_interface, \(name): axis \(axis) of shape must be a number, { lower, upper } or -1 for any")
    }
  }
}

enum MultifunctionFunctions {
  static let all: [LuaFunction] = [
    LuaFunction(
      "multifunction", "A model with several functions, one for each of the given models. Weights that are equal are stored once.",
      Arg<[String: LuaValue]>("functions", "a Model for each function by name, and default = the name of the one that runs by default"),
      returns: "a Model",
      example: """
        local model = wane.load("examples/digits_cnn.mlpackage")
        local both = wane.multifunction{ plain = model, small = model:quantize{}, default = "small" }
        print(#both.functions)  --> 2
        """
    ) { (functions: [String: LuaValue]) in
      var models: [(name: String, model: Model)] = []
      for (name, value) in functions.sorted(by: { $0.key < $1.key }) where name != "default" {
        guard let model = value.object(Model.self) else { throw LuaError(.usage, "multifunction: '\(name)' must be a Model") }
        models.append((name, model))
      }
      guard !models.isEmpty else {
        throw LuaError(.usage, "multifunction: there are no models", hint: "wane.multifunction{ a = model, b = other }")
      }
      guard let first = functions["default"] else {
        guard models.count == 1 || models.contains(where: { $0.name == "main" }) else {
          throw LuaError(.usage, "multifunction: default must name one of \(models.map(\.name).joined(separator: ", "))")
        }
        return try Model.functions(models, default: models.count == 1 ? models[0].name : "main")
      }
      guard let name = first.string else { throw LuaError(.usage, "multifunction: default must be the name of a function") }
      return try Model.functions(models, default: name)
    }
  ]
}
