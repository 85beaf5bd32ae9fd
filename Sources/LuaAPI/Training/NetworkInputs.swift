// SPDX-License-Identifier: Apache-2.0
// Reads the inputs of a new model from Lua: arrays and images.

import LuaHost
import ModelPackages
import Tensors
import Workflows

enum NetworkInputs {
  /// The inputs by name.
  static func read(_ inputs: LuaTable) throws -> [String: FreshModel.Input] {
    var read: [String: FreshModel.Input] = [:]
    for (key, value) in try inputs.pairs() {
      guard let name = key.string, !name.isEmpty else {
        throw LuaError(.usage, "model: inputs must be named: inputs = { image = { 1, 8, 8 } }")
      }
      read[name] = try picture(name, value).map { .picture($0) } ?? array(name, value)
    }
    return read
  }

  /// Reads `{ width =, height =, color = }`; `nil` for a value that does not describe an image.
  private static func picture(_ name: String, _ value: LuaValue) throws -> ImageFeature? {
    guard let table = value.table, !table["width"].isNil || !table["height"].isNil else { return nil }
    guard let width = table["width"].integer, let height = table["height"].integer, width > 0, height > 0 else {
      throw LuaError(.usage, "model: the input \(name) needs a width and a height of at least 1")
    }
    if let stray = try table.pairs().map(\.key).first(where: { !["width", "height", "color"].contains($0.string ?? "") }) {
      throw LuaError(
        .usage, "model: the input \(name) has an unknown field '\(stray.string ?? "[\(stray.integer ?? 0)]")'",
        hint: "fields of a picture: width, height, color")
    }
    let colors: [String: ImageFeature.ColorSpace] = ["rgb": .rgb, "bgr": .bgr, "grayscale": .grayscale]
    let color = table["color"].isNil ? "rgb" : table["color"].string ?? ""
    guard let space = colors[color] else {
      throw LuaError(.usage, "model: the color of input \(name) must be \"rgb\", \"bgr\" or \"grayscale\"")
    }
    return ImageFeature(ImageFeature.Size(width: width, height: height), space)
  }

  /// Reads a shape without the batch axis, or `{ shape =, dtype = }`.
  private static func array(_ name: String, _ value: LuaValue) throws -> FreshModel.Input {
    func fail() -> LuaError {
      LuaError(.usage, "model: the input \(name) must be a table of extents behind the batch, such as { 1, 8, 8 }, or { shape =, dtype = }")
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
    return .array(type, shape)
  }
}
