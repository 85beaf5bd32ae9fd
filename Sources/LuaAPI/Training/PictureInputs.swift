// SPDX-License-Identifier: Apache-2.0
// Image inputs of a new model.

import LuaHost
import ModelPackages

/// The inputs that are specified as `{ width =, height =, color = }`.
struct PictureInputs {
  private(set) var features: [String: ImageFeature] = [:]

  init(_ inputs: LuaTable) throws {
    for (key, value) in try inputs.pairs() {
      guard let name = key.string, let table = value.table, !table["width"].isNil || !table["height"].isNil else { continue }
      guard let width = table["width"].integer, let height = table["height"].integer, width > 0, height > 0 else {
        throw LuaError(.usage, "model: the input \(name) needs a width and a height of at least 1")
      }
      if let stray = try table.pairs().map(\.key).first(where: { !["width", "height", "color"].contains($0.string ?? "") }) {
        throw LuaError(
          .usage, "model: the input \(name) has an unknown field '\(stray.string ?? "[\(stray.integer ?? 0)]")'",
          hint: "fields of an image: width, height, color")
      }
      let colors: [String: ImageFeature.ColorSpace] = ["rgb": .rgb, "bgr": .bgr, "grayscale": .grayscale]
      let color = table["color"].isNil ? "rgb" : table["color"].string ?? ""
      guard let space = colors[color] else {
        throw LuaError(.usage, "model: the color of input \(name) must be \"rgb\", \"bgr\" or \"grayscale\"")
      }
      features[name] = ImageFeature(ImageFeature.Size(width: width, height: height), space)
    }
  }

  /// The interface with these inputs declared as images instead of arrays.
  func applied(to interface: Interface) -> Interface {
    var interface = interface
    for f in interface.functions.indices {
      for i in interface.functions[f].inputs.indices {
        if let image = features[interface.functions[f].inputs[i].name] { interface.functions[f].inputs[i].kind = .image(image) }
      }
    }
    return interface
  }
}
