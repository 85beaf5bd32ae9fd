// SPDX-License-Identifier: Apache-2.0
// Conversion of inputs and outputs of predictions from and to Lua.

import LuaHost
import ModelPackages
import Models
import Options
import Runtime

/// An input of a prediction as a Lua value.
struct InputArgument: LuaConvertible {
  let input: ModelInput

  static var luaType: LuaType { .union([.object("Tensor"), .table, .object("Image")]) }

  func push(to interpreter: Interpreter) throws {
    switch input {
    case .tensor(let tensor): try TensorObject(tensor).push(to: interpreter)
    case .image(let image): try ImageObject(image).push(to: interpreter)
    }
  }

  static func read(_ interpreter: Interpreter, at index: Int32) throws(LuaMismatch) -> InputArgument {
    let value = try LuaValue.read(interpreter, at: index)
    if let image = value.object(ImageObject.self) { return InputArgument(input: .image(image.image)) }
    guard let tensor = try NestedTable.tensor(value) else {
      var mismatch = LuaMismatch(expected: luaType.description, found: interpreter.typeName(of: value))
      if value.string != nil {
        mismatch.note = "\(mismatch.expected) expected, got string; read an image with wane.load_image, an array with wane.load_npy"
      }
      throw mismatch
    }
    return InputArgument(input: .tensor(tensor))
  }
}

/// All inputs of a prediction.
enum PredictionInputs: LuaConvertible {
  case byName([String: InputArgument])
  /// A single value without a name.
  case bare

  static var luaType: LuaType { [String: InputArgument].luaType }

  func push(to interpreter: Interpreter) throws {
    if case .byName(let inputs) = self { try inputs.push(to: interpreter) }
  }

  static func read(_ interpreter: Interpreter, at index: Int32) throws(LuaMismatch) -> PredictionInputs {
    let value = try LuaValue.read(interpreter, at: index)
    switch value {
    case .object, .number, .integer: return .bare
    case .table(let table) where table.count > 0: return .bare
    default: return .byName(try [String: InputArgument].read(interpreter, at: index))
    }
  }

  /// - Throws: `LuaError` for a value without a name, with the correct form.
  func named(for model: Model) throws -> [String: ModelInput] {
    if case .byName(let inputs) = self { return inputs.mapValues(\.input) }
    let names = model.interface.inputs.map { "\($0.name) = …" }.joined(separator: ", ")
    throw LuaError(.usage, "predict: inputs are given by name", hint: "write predict{ \(names) }")
  }
}

/// An output of a prediction.
struct OutputRecord: LuaReturnable {
  let value: OutputValue

  static var luaType: LuaType { .union([.object("Tensor"), .string, .table]) }

  func push(to interpreter: Interpreter) throws {
    switch value {
    case .tensor(let tensor): try TensorObject(tensor).push(to: interpreter)
    case .label(.string(let label)): try LuaValue.string(label).push(to: interpreter)
    case .label(.integer(let label)): try LuaValue.integer(label).push(to: interpreter)
    case .probabilities(let all):
      let table = interpreter.newTable()
      for (label, probability) in all {
        switch label {
        case .string(let name): try table.set(name, probability)
        case .integer(let id): try table.set(id, probability)
        }
      }
      try table.push(to: interpreter)
    }
  }
}
