// SPDX-License-Identifier: Apache-2.0
// The inputs of the program: names, extents, types, images.

import MIL
import ModelPackages
import ONNXFiles
import Operators
import Tensors

/// An input of the source and its counterpart.
struct ProgramInput {
  let source: String
  let name: String
  let element: ElementType
  let dtype: DType
  let shape: [DimensionOption]
  let enumerated: [Shape]?
  /// Whether the source's value is a scalar, which is an array with one element at the border of a program.
  let isScalar: Bool
  let image: InputOption.Image?

  /// The type in the program.
  var type: ValueType { .tensor(TensorType(dtype, shape.map { $0.fixed.map(Dimension.fixed) ?? .any })) }

  var feature: Feature {
    if let image, shape.count == 4 {
      let size = ImageFeature.Size(width: shape[3].preferred, height: shape[2].preferred)
      let isFixed = shape[2].fixed != nil && shape[3].fixed != nil
      let flexibility: ImageFeature.Flexibility
      if let enumerated, !enumerated.isEmpty {
        flexibility = .enumerated(enumerated.map { ImageFeature.Size(width: $0[3], height: $0[2]) })
      } else {
        flexibility = isFixed ? .fixed : .ranges(width: shape[3].range, height: shape[2].range)
      }
      return Feature(name, .image(ImageFeature(size, image.color, flexibility: flexibility)))
    }
    let flexibility: ArrayFeature.Flexibility
    if let enumerated, !enumerated.isEmpty {
      flexibility = .enumerated(enumerated)
    } else {
      flexibility = shape.allSatisfy { $0.fixed != nil } ? .fixed : .ranges(shape.map(\.range))
    }
    return Feature(name, .array(ArrayFeature(dtype, enumerated?.first ?? shape.map(\.preferred), flexibility: flexibility)))
  }
}

/// Determines the inputs of a program.
struct ProgramInputs {
  let path: String
  let options: ConversionOptions
  let builder: Builder
  /// The extents that the source allows, by symbol.
  let ranges: [String: DimensionOption]
  private(set) var inputs: [ProgramInput] = []
  private var open: [(input: String, axis: Int, name: String?)] = []

  /// - Parameters:
  ///   - own: the inputs of the source.
  ///   - defaults: names of values that the source defines and that `constants` may replace.
  ///   - ranges: the extents that the source allows, by symbol.
  init(
    _ own: [ONNXValueInfo], defaults: Set<String> = [], ranges: [String: DimensionOption] = [:], path: String, _ options: ConversionOptions,
    _ builder: Builder
  ) throws {
    self.path = path
    self.options = options
    self.builder = builder
    self.ranges = ranges
    let names = own.map(\.name)
    for name in options.inputs.keys.sorted() where !names.contains(name) {
      throw ConversionError.unknownName(kind: "input", name: name, known: names)
    }
    for name in options.constants.keys.sorted() where !names.contains(name) && !defaults.contains(name) {
      throw ConversionError.unknownName(kind: "input", name: name, known: names)
    }
    var symbols: Set<String> = []
    for info in own where options.constants[info.name] == nil { try add(info, &symbols) }
    for name in options.dimensions.keys.sorted() where !symbols.contains(name) {
      throw ConversionError.unknownName(kind: "dimension", name: name, known: symbols.sorted())
    }
    guard open.isEmpty else { throw ConversionError.openDimensions(path: path, open) }
  }

  private mutating func add(_ info: ONNXValueInfo, _ symbols: inout Set<String>) throws {
    let option = options.inputs[info.name] ?? InputOption()
    guard case .tensor(let element, let declared) = info.type else {
      throw ConversionError.unsupported(
        path: path, target: "\(options.target)",
        [
          UnsupportedOperator(
            name: "input", domain: "", version: 1, reason: "a model takes tensors only, not sequences or maps", nodes: [info.name])
        ], skipped: 0)
    }
    guard element == .bool || element.isFloat && element.bits >= 16 || element.isInteger && element.bits >= 8 else {
      throw ConversionError.unsupported(
        path: path, target: "\(options.target)",
        [UnsupportedOperator(name: "input", domain: "", version: 1, reason: "a program has no type for \(element)", nodes: [info.name])],
        skipped: 0)
    }
    guard let dimensions = declared ?? option.shape.map({ $0.map { _ in ONNXDimension.unknown } }) else {
      throw ConversionError.option(
        "the file does not say the shape of input '\(info.name)': give it as inputs = { \(info.name) = { shape = { … } } }")
    }
    guard option.shape == nil || option.shape?.count == dimensions.count else {
      throw ConversionError.option("input '\(info.name)' has \(dimensions.count) axes, but \(option.shape?.count ?? 0) extents are given")
    }
    guard dimensions.count <= 5 else {
      throw ConversionError.unsupported(
        path: path, target: "\(options.target)",
        [
          UnsupportedOperator(
            name: "input", domain: "", version: 1, reason: "it has \(dimensions.count) axes, and a model takes at most 5",
            nodes: [info.name])
        ],
        skipped: 0)
    }
    var shape: [DimensionOption] = []
    for (axis, dimension) in dimensions.enumerated() {
      if case .symbol(let name) = dimension { symbols.insert(name) }
      shape.append(try extent(info.name, axis, dimension, option.shape?[axis]))
    }
    if let enumerated = option.enumerated {
      guard !enumerated.isEmpty, enumerated.allSatisfy({ $0.count == shape.count && $0.allSatisfy { $0 > 0 } }) else {
        throw ConversionError.option("the enumerated shapes of input '\(info.name)' must have \(shape.count) positive extents each")
      }
      shape = shape.indices.map { axis in
        let sizes = enumerated.map { $0[axis] }
        return DimensionOption(SizeRange(sizes.min() ?? 1, sizes.max()), preferred: sizes.first)
      }
    }
    if let fixed = shape.first(where: { $0.fixed == 0 }) {
      throw ConversionError.option("input '\(info.name)' has an extent of \(fixed.range.lower): a model takes no tensors without elements")
    }
    guard let count = shape.map(\.preferred).checkedElementCount, count <= 1 << 31 else {
      throw ConversionError.option("input '\(info.name)' has the extents \(shape.map(\.preferred)), which are too large")
    }
    guard option.image == nil || (shape.count == 4 && [1, 3].contains(shape[1].fixed)) else {
      throw ConversionError.option("input '\(info.name)' cannot be an image: an image has four axes and 1 or 3 channels")
    }
    let isScalar = shape.isEmpty
    let natural: DType =
      element == .float16 && options.target >= .iOS16 ? .float16 : element.isFloat || element == .bool ? .float32 : .int32
    let dtype = option.dtype ?? natural
    guard [.float32, .int32].contains(dtype) || dtype == .float16 && options.target >= .iOS16 else {
      throw ConversionError.option("input '\(info.name)' cannot be \(dtype): expected float32, int32, or float16 from iOS16 on")
    }
    let name = builder.declare(ProgramNames.sanitized(option.name ?? info.name))
    inputs.append(
      ProgramInput(
        source: info.name, name: name, element: element, dtype: option.image == nil ? dtype : .float32,
        shape: isScalar ? [DimensionOption(fixed: 1)] : shape, enumerated: option.enumerated, isScalar: isScalar, image: option.image))
  }

  private mutating func extent(_ input: String, _ axis: Int, _ dimension: ONNXDimension, _ given: DimensionOption?) throws
    -> DimensionOption
  {
    if let given {
      if case .fixed(let extent) = dimension, !given.range.contains(extent) || given.fixed == nil {
        if given.fixed != extent {
          throw ConversionError.option("axis \(axis) of input '\(input)' is fixed to \(extent) in the file, so it cannot be changed")
        }
      }
      return given
    }
    switch dimension {
    case .fixed(let extent): return DimensionOption(fixed: extent)
    case .symbol(let name):
      if let option = options.dimensions[name] ?? ranges[name] { return option }
      if axis == 0 {
        builder.note(input, "axis 0 ('\(name)') is not fixed in the file and became 1: dims = { \(name) = … } changes it")
        return DimensionOption(fixed: 1)
      }
      open.append((input, axis, name))
    case .unknown:
      if axis == 0 {
        builder.note(input, "axis 0 is not fixed in the file and became 1")
        return DimensionOption(fixed: 1)
      }
      open.append((input, axis, nil))
    }
    return DimensionOption(fixed: 1)
  }
}

extension ProgramInput {
  /// The source's value, made from the program's input.
  func value(_ b: Builder) throws -> Value {
    var x = Value(operand: Operand(name: name, type: type), element: element)
    if let image {
      if image.scale != 1 { x = try b.mul(x, image.scale) }
      if image.bias.contains(where: { $0 != 0 }) {
        let channels = shape[1].fixed ?? 1
        guard image.bias.count == channels || image.bias.count == 1 else {
          throw ConversionError.option("the bias of image '\(source)' has \(image.bias.count) elements, expected \(channels)")
        }
        x = try b.add(x, Value(constant: Tensor(image.bias.map(Float.init), shape: [1, image.bias.count, 1, 1])))
      }
    }
    if isScalar { x = try b.reshape(x, []) }
    if element == .bool { return try b.compare("not_equal", b.float(x), 0).typed(.bool) }
    return try (element.isFloat ? b.float(x) : b.int(x)).typed(element)
  }
}
