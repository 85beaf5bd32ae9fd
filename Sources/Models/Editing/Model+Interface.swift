// SPDX-License-Identifier: Apache-2.0
// A model with other inputs and outputs: element types, images, shapes.

import MIL
import ModelPackages
import Operators
import ProgramEdits
import Tensors

/// What an input or output of a model becomes; `nil` keeps a property.
package struct FeatureChange: Sendable {
  package var dtype: DType?
  /// Whether it is an image.
  package var isImage: Bool?
  package var color: ImageFeature.ColorSpace?
  package var scale: [Double]?
  package var bias: [Double]?
  /// The range of each extent.
  package var shape: [SizeRange]?

  package init() {}
}

/// What the inputs and outputs of a model become, by name.
package struct InterfaceChanges: Sendable {
  package var inputs: [String: FeatureChange] = [:]
  package var outputs: [String: FeatureChange] = [:]

  package init() {}
}

extension Model {
  /// The model with other inputs and outputs. The operations stay as they are; casts and scales are put between.
  ///
  /// - Throws: `ProgramEditError` for changes that are not possible.
  package func withInterface(_ changes: InterfaceChanges) throws -> Model {
    guard let function else { return self }
    var inputs: [String: InterfaceChange] = [:]
    for (name, change) in changes.inputs {
      var own = InterfaceChange(dtype: change.dtype, scale: change.scale, bias: change.bias)
      own.dimensions = change.shape.map { $0.map { $0.upper == $0.lower ? .fixed($0.lower) : .any } }
      if change.isImage == true, let type = function.inputs.first(where: { $0.name == name })?.type.tensorType, !type.dtype.isFloat {
        throw ProgramEditError.interface(name: name, problem: "it is \(type), and images are given as floats")
      }
      inputs[name] = own
    }
    let outputs = changes.outputs.mapValues { change in
      // Core ML makes pixels of single-precision values.
      InterfaceChange(dtype: change.dtype ?? (change.isImage == true ? .float32 : nil), scale: change.scale, bias: change.bias)
    }
    let halves = (inputs.merging(outputs) { a, _ in a }).filter { $0.value.dtype == .float16 }.keys.sorted()
    if let name = halves.first, opset < .iOS16 {
      throw ProgramEditError.interface(
        name: name, problem: "float16 needs iOS16, and the model is for \(opset); model:retarget(\"iOS16\") raises it")
    }
    let changed = try function.changingInterface(inputs: inputs, outputs: outputs)
    var program = contents.program
    for index in program.functions.indices where program.functions[index].name == function.name { program.functions[index] = changed }
    let names = (changes.inputs.keys.sorted() + changes.outputs.keys.sorted()).joined(separator: ", ")
    return try edited(program, words: "with_interface -- \(names)") { interface in
      guard let at = interface.functions.firstIndex(where: { $0.name == function.name }) else { return }
      for (name, change) in changes.inputs {
        guard let i = interface.functions[at].inputs.firstIndex(where: { $0.name == name }),
          let type = changed.inputs.first(where: { $0.name == name })?.type.tensorType
        else { continue }
        interface.functions[at].inputs[i].kind = try Self.kind(change, type, interface.functions[at].inputs[i])
      }
      for (name, change) in changes.outputs where change.isImage != nil || change.color != nil {
        guard let i = interface.functions[at].outputs.firstIndex(where: { $0.name == name }),
          let type = changed.valueTypes[name]?.tensorType
        else { continue }
        interface.functions[at].outputs[i].kind = try Self.outputKind(change, type, interface.functions[at].outputs[i])
      }
    }
  }

  /// What an output becomes: pictures of one size, or an array again.
  private static func outputKind(_ change: FeatureChange, _ type: TensorType, _ feature: Feature) throws -> Feature.Kind {
    guard change.isImage ?? (feature.image != nil) else { return try kind(change, type, feature) }
    guard type.shape != nil else {
      throw ProgramEditError.interface(
        name: feature.name,
        problem: "an output that is an image has one size, and it is \(type); model:materialize fixes the inputs' shapes")
    }
    guard type.dtype == .float32 else {
      throw ProgramEditError.interface(name: feature.name, problem: "an output that is an image is float32, and dtype is \(type.dtype)")
    }
    return try kind(change, type, feature)
  }

  private static func kind(_ change: FeatureChange, _ type: TensorType, _ feature: Feature) throws -> Feature.Kind {
    let ranges = change.shape ?? type.dimensions.map { $0.size.map { SizeRange($0, $0) } ?? SizeRange(1, nil) }
    let isFixed = ranges.allSatisfy { $0.upper == $0.lower }
    if change.isImage ?? (feature.image != nil) {
      guard type.rank == 4, ranges[0].lower == 1, ranges[0].upper == 1 else {
        throw ProgramEditError.interface(name: feature.name, problem: "an image is [1, channels, height, width], and it is \(type)")
      }
      let color = change.color ?? feature.image?.colorSpace ?? (ranges[1].lower == 1 ? .grayscale : .rgb)
      guard ranges[1].lower == color.channels, ranges[1].upper == color.channels else {
        throw ProgramEditError.interface(
          name: feature.name, problem: "a \(color) image has \(color.channels) channels, and it has \(ranges[1].words)")
      }
      let size = ImageFeature.Size(width: ranges[3].lower, height: ranges[2].lower)
      return .image(ImageFeature(size, color, flexibility: isFixed ? .fixed : .ranges(width: ranges[3], height: ranges[2])))
    }
    guard change.color == nil else {
      throw ProgramEditError.interface(name: feature.name, problem: "color is for images; kind = \"image\" makes it one")
    }
    if change.shape == nil, var array = feature.array {
      array.dtype = type.dtype
      return .array(array)
    }
    return .array(
      ArrayFeature(type.dtype, ranges.map(\.lower), flexibility: isFixed ? .fixed : .ranges(ranges)))
  }
}
