// SPDX-License-Identifier: Apache-2.0
// Reads the tables of wane.convert: sizes, inputs, outputs.

import Conversion
import Files
import LuaHost
import ModelPackages
import Tensors

enum ConversionArguments {
  /// Sizes by name.
  static func dimensions(_ table: LuaTable?) throws -> [String: DimensionOption] {
    var result: [String: DimensionOption] = [:]
    for (key, value) in try table?.pairs() ?? [] {
      guard let name = key.string else { throw LuaError(.usage, "convert: dims must be a table from names to sizes: dims = { batch = 1 }") }
      result[name] = try size(value, "dims.\(name)")
    }
    return result
  }

  /// An integer, or `{ lower, upper, default = }`.
  private static func size(_ value: LuaValue, _ place: String) throws -> DimensionOption {
    if let extent = value.integer, extent > 0 { return DimensionOption(fixed: extent) }
    guard let table = value.table, let lower = table[1].integer, lower > 0 else {
      throw LuaError(.usage, "convert: \(place) must be a positive integer or a range { 1, 512, default = 64 }")
    }
    let upper = table[2].integer
    guard table[2].isNil || upper.map({ $0 >= lower || $0 == -1 }) == true else {
      throw LuaError(.usage, "convert: the upper bound of \(place) must be at least \(lower), or -1 for no bound")
    }
    for (key, _) in try table.pairs() {
      guard key.integer.map({ $0 == 1 || $0 == 2 }) ?? (key.string == "default") else {
        throw LuaError(
          .usage, "convert: \(place) has an unknown field '\(key.string ?? "\(key.integer ?? 0)")'",
          hint: "a range is { lower, upper, default = }")
      }
    }
    let range = SizeRange(lower, upper == -1 ? nil : upper)
    let preferred = table["default"].integer
    guard table["default"].isNil || preferred.map(range.contains) == true else {
      throw LuaError(.usage, "convert: the default of \(place) must be an integer within the range")
    }
    return DimensionOption(range, preferred: preferred)
  }

  /// What the script knows of inputs.
  static func inputs(_ table: LuaTable?) throws -> [String: InputOption] {
    var result: [String: InputOption] = [:]
    for (key, value) in try table?.pairs() ?? [] {
      guard let name = key.string, let fields = value.table else {
        throw LuaError(.usage, "convert: inputs must be a table from names to tables: inputs = { image = { kind = \"image\" } }")
      }
      result[name] = try input(fields, "inputs.\(name)")
    }
    return result
  }

  private static let fields = ["shape", "dtype", "enumerated", "as", "kind", "color", "scale", "bias"]

  private static func input(_ table: LuaTable, _ place: String) throws -> InputOption {
    for (key, _) in try table.pairs() where !fields.contains(key.string ?? "") {
      throw LuaError(
        .usage, "convert: \(place) has an unknown field '\(key.string ?? "\(key.integer ?? 0)")'",
        hint: "fields: \(fields.joined(separator: ", "))")
    }
    var option = InputOption()
    if let shape = table["shape"].table {
      option.shape = try (0..<shape.count).map { try size(shape[$0 + 1], "\(place).shape[\($0 + 1)]") }
    }
    if !table["shape"].isNil, option.shape == nil { throw LuaError(.usage, "convert: \(place).shape must be a table of extents") }
    if let shapes = table["enumerated"].table {
      option.enumerated = try (0..<shapes.count).map { i in
        guard let shape = shapes[i + 1].table else { throw LuaError(.usage, "convert: \(place).enumerated must be a table of shapes") }
        return try (0..<shape.count).map { j in
          guard let extent = shape[j + 1].integer, extent > 0 else {
            throw LuaError(.usage, "convert: \(place).enumerated must have positive extents")
          }
          return extent
        }
      }
    }
    if !table["dtype"].isNil {
      guard let dtype = table["dtype"].string.flatMap({ DType(name: $0) }) else {
        throw LuaError(.usage, "convert: \(place).dtype must be \"float32\", \"float16\" or \"int32\"")
      }
      option.dtype = dtype
    }
    if !table["as"].isNil {
      guard let name = table["as"].string, !name.isEmpty else { throw LuaError(.usage, "convert: \(place).as must be a name") }
      option.name = name
    }
    option.image = try image(table, place)
    return option
  }

  private static func image(_ table: LuaTable, _ place: String) throws -> InputOption.Image? {
    guard let kind = table["kind"].string else {
      guard table["kind"].isNil, table["color"].isNil, table["scale"].isNil, table["bias"].isNil else {
        throw LuaError(.usage, "convert: \(place).kind must be \"image\", since color, scale and bias belong to images")
      }
      return nil
    }
    guard kind == "image" else { throw LuaError(.usage, "convert: \(place).kind must be \"image\", found \"\(kind)\"") }
    var image = InputOption.Image()
    if !table["color"].isNil {
      let colors: [String: ImageFeature.ColorSpace] = ["RGB": .rgb, "BGR": .bgr, "GRAY": .grayscale]
      guard let color = table["color"].string.flatMap({ colors[$0.uppercased()] }) else {
        throw LuaError(.usage, "convert: \(place).color must be \"RGB\", \"BGR\" or \"GRAY\"")
      }
      image.color = color
    }
    if !table["scale"].isNil {
      guard let scale = table["scale"].number, scale.isFinite else { throw LuaError(.usage, "convert: \(place).scale must be a number") }
      image.scale = scale
    }
    if !table["bias"].isNil {
      guard let bias = try table["bias"].number.map({ [$0] }) ?? table["bias"].table?.numbers() else {
        throw LuaError(.usage, "convert: \(place).bias must be a number, or one for each channel")
      }
      image.bias = bias
    }
    return image
  }

  /// What is kept between predictions.
  static func states(_ value: LuaValue?) throws -> ConversionOptions.States {
    guard let value, !value.isNil else { return .buffers }
    if case .boolean(let keeps) = value { return keeps ? .buffers : .none }
    let form = "states must be true, false, or pairs such as { { \"past.*.key\", \"present.*.key\" } }"
    guard let table = value.table else { throw LuaError(.usage, "convert: \(form)") }
    let pairs = try (0..<table.count).map { i in
      guard let pair = table[i + 1].table, pair.count == 2, let input = pair[1].string, let output = pair[2].string else {
        throw LuaError(.usage, "convert: \(form); entry \(i + 1) is not a pair of names")
      }
      return StatePair(input: input, output: output)
    }
    guard !pairs.isEmpty, try table.pairs().count == pairs.count else { throw LuaError(.usage, "convert: \(form)") }
    return .pairs(pairs)
  }

  /// Labels: a list, or the path of a text file.
  static func classes(_ value: LuaValue?, _ interpreter: Interpreter) throws -> [String]? {
    guard let value, !value.isNil else { return nil }
    if let table = value.table {
      return try (0..<table.count).map { i in
        guard let label = table[i + 1].string ?? table[i + 1].integer.map(String.init) else {
          throw LuaError(.usage, "convert: classes[\(i + 1)] must be a string")
        }
        return label
      }
    }
    guard let text = value.string else { throw LuaError(.usage, "convert: classes must be a list of labels or the path of a text file") }
    let file = try MappedFile(PathArgument(text, interpreter).path)
    let content = file.withBytes { String(decoding: $0, as: UTF8.self) }
    var lines = content.split(separator: "\n", omittingEmptySubsequences: false).map {
      $0.hasSuffix("\r") ? String($0.dropLast()) : String($0)
    }
    while lines.last?.isEmpty == true { lines.removeLast() }
    return lines
  }

  /// Names to return: `{ "logits" }`, or `{ logits = "output_3" }`.
  static func outputs(_ table: LuaTable?) throws -> [(name: String, value: String)]? {
    guard let table else { return nil }
    let pairs = try table.pairs().map { key, value in
      guard let source = value.string, key.string != nil || key.integer != nil else {
        throw LuaError(.usage, "convert: outputs must be names, such as { \"logits\" } or { logits = \"output_3\" }")
      }
      return (order: key.integer ?? .max, name: key.string ?? source, value: source)
    }
    guard !pairs.isEmpty else { throw LuaError(.usage, "convert: outputs must have at least one name") }
    return pairs.sorted { ($0.order, $0.name) < ($1.order, $1.name) }.map { ($0.name, $0.value) }
  }
}
