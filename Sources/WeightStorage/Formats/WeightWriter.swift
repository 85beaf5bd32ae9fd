// SPDX-License-Identifier: Apache-2.0
// Writes an encoding as operations with the names and layout that coremltools uses: iOS16 operators store their data
// in attributes, iOS18 operators take it as inputs.

import Encodings
import MIL
import Tensors

/// Converts encoded weights to operations. The operations of each format are defined in the file of the format.
struct WeightWriter {
  let opset: Opset
  /// Whether a name is unused in the program.
  var isFree: (String) -> Bool = { _ in true }

  /// The operations that produce the value `name`; the last one has this name.
  ///
  /// - Throws: `WeightStorageError.needsOpset` for formats that iOS16 does not support.
  func operations(_ weight: EncodedWeight, name: String) throws(WeightStorageError) -> [Operation] {
    if case .dense(let tensor) = weight { return [.const(name, Constant(tensor))] }
    return opset >= .iOS18 ? inputsStyle(weight, name) : [try attributesStyle(weight, name)]
  }

  // MARK: iOS18

  private func inputsStyle(_ weight: EncodedWeight, _ name: String) -> [Operation] {
    let result = NamedType(name, .tensor(weight.dtype, weight.shape))
    return switch weight {
    case .dense(let tensor): [.const(name, Constant(tensor))]
    case .affine(let affine): [AffineFormat.operation(affine, result)]
    case .blockwise(let data, let scale, let offset): blockwise(data, scale, offset, result)
    case .palette(let indices, let lut, let axis): palette(indices, lut, axis, result)
    case .sparse(let values): sparse(values, result)
    case .cast(let half): cast(half, result)
    }
  }

  /// The argument for a part, which another operator may decode.
  func argument(
    _ parameter: String, _ weight: EncodedWeight, of parent: String, named: String? = nil
  ) -> (before: [Operation], argument: Argument) {
    if case .dense(let tensor) = weight { return ([], constant(parameter, tensor)) }
    let suffix = weight.scheme.contains(.palettized) ? WeightSuffix.palettized : WeightSuffix.quantized
    let name = named ?? "\(parent)_\(parameter)_0\(suffix)"
    return (inputsStyle(weight, name), Argument(parameter, [.name(name)]))
  }

  func constant(_ parameter: String, _ tensor: Tensor) -> Argument {
    Argument(parameter, [.constant(Constant(tensor))])
  }

  func operation(_ type: String, _ inputs: [Argument], _ name: String, _ outputs: [NamedType]) -> Operation {
    Operation(type: type, inputs: inputs, outputs: outputs, attributes: [Attribute("name", Constant(name))])
  }

  // MARK: iOS16

  private func attributesStyle(_ weight: EncodedWeight, _ name: String) throws(WeightStorageError) -> Operation {
    let result = NamedType(name, .tensor(weight.dtype, weight.shape))
    switch weight {
    case .affine(let affine): return AffineFormat.operation(affine, result)
    case .blockwise(.dense(let data), let scale, let offset): return try attributesOfBlockwise(data, scale, offset, result)
    case .palette(let indices, .dense(let lut), nil): return try attributesOfPalette(indices, lut, result)
    case .sparse(.plain(let mask, let nonzero)): return try attributesOfSparse(mask, nonzero, result)
    case .cast(let half): return attributesOfCast(half, result)
    case .dense, .blockwise, .palette, .sparse: throw needsOpset("joint compression", name)
    }
  }

  func needsOpset(_ feature: String, _ name: String) -> WeightStorageError {
    .needsOpset(weight: name, feature: feature, needs: .iOS18, has: opset)
  }

  func attribute(_ name: String, _ tensor: Tensor) -> Attribute { Attribute(name, Constant(tensor)) }

  /// The shape of the weight as an attribute, since it cannot be derived from packed bytes.
  func shape(_ result: NamedType) -> Attribute {
    attribute("shape", Tensor((result.type.tensorType?.shape ?? []).map { UInt32(clamping: $0) }))
  }

  func attributes(_ type: String, _ attributes: [Attribute], _ result: NamedType) -> Operation {
    Operation(type: type, outputs: [result], attributes: [Attribute("name", Constant(result.name))] + attributes)
  }
}
