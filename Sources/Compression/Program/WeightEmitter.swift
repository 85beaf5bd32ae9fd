// SPDX-License-Identifier: Apache-2.0
// Writes an encoding as operations, named and laid out as coremltools does: iOS16's operators carry their data as
// attributes, iOS18's as inputs.

import Encodings
import MIL
import Tensors

struct WeightEmitter {
  let opset: Opset
  /// Whether nothing else in the program is called so.
  var isFree: (String) -> Bool = { _ in true }

  /// The operations that make the value `name`, the last one being its own.
  ///
  /// - Throws: `CompressionError.needsOpset` for what iOS16 cannot hold.
  func operations(_ weight: EncodedWeight, name: String) throws(CompressionError) -> [Operation] {
    if case .dense(let tensor) = weight { return [.const(name, Constant(tensor))] }
    return opset >= .iOS18 ? inputsStyle(weight, name) : [try attributesStyle(weight, name)]
  }

  // MARK: iOS18

  private func inputsStyle(_ weight: EncodedWeight, _ name: String) -> [Operation] {
    let result = NamedType(name, .tensor(weight.dtype, weight.shape))
    switch weight {
    case .dense(let tensor):
      return [.const(name, Constant(tensor))]
    case .affine(let affine):
      return [affineOperation(affine, result)]
    case .blockwise(let data, let scale, let offset):
      let (before, data) = argument("data", data, of: name)
      let rest = [constant("scale", scale)] + (offset.map { [constant("offset", $0)] } ?? [])
      return before + [operation("constexpr_blockwise_shift_scale", [data] + rest, name, [result])]
    case .palette(let indices, let lut, let axis):
      let (before, lut) = argument("lut", lut, of: name, named: tableName(of: name))
      return before + [
        operation(
          "constexpr_lut_to_dense", [constant("indices", indices), lut] + vectorAxis(axis), name,
          [result])
      ]
    case .sparse(let values):
      let (before, inputs) = sparseInputs(values, mask: "mask", nonzero: "nonzero_data", of: name)
      return before + [operation("constexpr_sparse_to_dense", inputs, name, [result])]
    case .widened(let half):
      let inputs = [
        constant("source_val", half), Argument("output_dtype", [.constant(Constant("fp32"))]),
      ]
      return [operation("constexpr_cast", inputs, name, [result])]
    }
  }

  /// A mask and values as two inputs, and the operations before them.
  private func sparseInputs(
    _ values: EncodedValues, mask: String, nonzero: String, of parent: String
  ) -> (before: [Operation], inputs: [Argument]) {
    switch values {
    case .plain(let maskTensor, let nonzeroTensor):
      return ([], [constant(nonzero, nonzeroTensor), constant(mask, maskTensor)])
    case .palette(let indices, let lut, let axis):
      let name = "\(parent)_\(nonzero)_0\(Palettization.suffix)"
      let (tableBefore, table) = argument("lut", lut, of: name)
      let (before, inputs) = sparseInputs(
        indices, mask: "indices_mask", nonzero: "indices_nonzero_data", of: name)
      return link(
        tableBefore + before, "constexpr_lut_to_sparse", inputs + [table] + vectorAxis(axis), name,
        values, mask, nonzero)
    case .blockwise(let codes, let scale, let offset):
      let name = "\(parent)_\(nonzero)_0\(LinearQuantization.suffix)"
      let (before, inputs) = sparseInputs(
        codes, mask: "data_mask", nonzero: "nonzero_data", of: name)
      let rest = [constant("scale", scale)] + (offset.map { [constant("offset", $0)] } ?? [])
      var linked = link(
        before, "constexpr_sparse_blockwise_shift_scale", inputs + rest, name, values, mask, nonzero
      )
      // The mask stays what it was, and like coremltools the next operator reads the stored one, unless pruning came last.
      if case .plain(let maskTensor, _) = codes,
        !parent.hasSuffix(LinearQuantization.suffix + MagnitudePruning.suffix)
      {
        linked.inputs[1] = constant(mask, maskTensor)
      }
      return linked
    }
  }

  /// An operator with two outputs, bound to the next one's two inputs.
  private func link(
    _ before: [Operation], _ type: String, _ inputs: [Argument], _ name: String,
    _ values: EncodedValues, _ mask: String, _ nonzero: String
  ) -> (before: [Operation], inputs: [Argument]) {
    let outputs = [
      NamedType("\(name)_0", .tensor(.uint1, values.shape)),
      NamedType("\(name)_1", .tensor(values.dtype, [values.nonzeroCount])),
    ]
    return (
      before + [operation(type, inputs, name, outputs)],
      [Argument(nonzero, [.name(outputs[1].name)]), Argument(mask, [.name(outputs[0].name)])]
    )
  }

  /// The name of the operator that decodes a table, where it is not the usual one.
  ///
  /// A scale over a whole weight is moved into its tables, as iOS18 wants it. As in coremltools both operators keep their
  /// names in that: the scale's goes to the last operator, the look-up's to the one that now scales the tables.
  private func tableName(of parent: String) -> String? {
    if parent.hasSuffix(LinearQuantization.suffix) { return "\(parent)_data_0\(Palettization.suffix)" }
    guard parent.hasSuffix(Palettization.scaledSuffix) else { return nil }
    let name = String(parent.dropLast(Palettization.scaledSuffix.count)) + Palettization.suffix
    return isFree(name) ? name : nil
  }

  /// A part that may itself be decoded by an operator.
  private func argument(
    _ parameter: String, _ weight: EncodedWeight, of parent: String, named: String? = nil
  ) -> (before: [Operation], argument: Argument) {
    if case .dense(let tensor) = weight { return ([], constant(parameter, tensor)) }
    let suffix =
      weight.scheme.contains(.palettized) ? Palettization.suffix : LinearQuantization.suffix
    let name = named ?? "\(parent)_\(parameter)_0\(suffix)"
    return (inputsStyle(weight, name), Argument(parameter, [.name(name)]))
  }

  private func constant(_ parameter: String, _ tensor: Tensor) -> Argument {
    Argument(parameter, [.constant(Constant(tensor))])
  }

  private func vectorAxis(_ axis: Int?) -> [Argument] {
    axis.map { [Argument("vector_axis", [.constant(.int32($0))])] } ?? []
  }

  private func operation(
    _ type: String, _ inputs: [Argument], _ name: String, _ outputs: [NamedType]
  ) -> Operation {
    Operation(
      type: type, inputs: inputs, outputs: outputs, attributes: [Attribute("name", Constant(name))])
  }

  // MARK: iOS16

  private func attributesStyle(_ weight: EncodedWeight, _ name: String) throws(CompressionError)
    -> Operation
  {
    let result = NamedType(name, .tensor(weight.dtype, weight.shape))
    func fail(_ feature: String) -> CompressionError {
      .needsOpset(weight: name, feature: feature, needs: .iOS18, has: opset)
    }
    func tensor(_ name: String, _ tensor: Tensor) -> Attribute { Attribute(name, Constant(tensor)) }
    func shape() -> Attribute { tensor("shape", Tensor(weight.shape.map { UInt32(clamping: $0) })) }
    func make(_ type: String, _ attributes: [Attribute]) -> Operation {
      Operation(
        type: type, outputs: [result], attributes: [Attribute("name", Constant(name))] + attributes)
    }
    switch weight {
    case .affine(let affine):
      return affineOperation(affine, result)
    case .blockwise(.dense(let data), let scale, let offset):
      guard let affine = try? AffineEncoding(data, scale, offset) else {
        throw fail("quantization per block or to 4 bits")
      }
      return affineOperation(affine, result)
    case .palette(let indices, .dense(let lut), nil):
      guard let palette = try? PaletteEncoding(indices: indices, lut: lut), palette.isSingleTable
      else { throw fail("palettization with several tables") }
      guard palette.bits != 3 else { throw fail("3-bit palettization") }
      return make(
        "constexpr_lut_to_dense",
        [
          tensor("indices", palette.packedIndices), tensor("lut", lut.reshaped([lut.count])),
          shape(),
        ])
    case .sparse(.plain(let mask, let nonzero)):
      guard let sparse = try? SparseEncoding(nonzero: nonzero, mask: mask), nonzero.dtype.bits >= 8
      else { throw fail("sparse storage of 4-bit codes") }
      return make(
        "constexpr_sparse_to_dense",
        [tensor("nonzero_data", nonzero), tensor("mask", sparse.packedMask), shape()])
    case .widened(let half):
      return make(
        "constexpr_cast", [tensor("source_val", half), Attribute("output_dtype", Constant("fp32"))])
    case .dense, .blockwise, .palette, .sparse:
      throw fail("joint compression")
    }
  }

  private func affineOperation(_ affine: AffineEncoding, _ result: NamedType) -> Operation {
    let attributes = [
      Attribute("name", Constant(result.name)), Attribute("quantized_data", Constant(affine.data)),
      Attribute("zero_point", Constant(affine.zeroPoint)),
      Attribute("scale", Constant(affine.scale)),
      Attribute("axis", .int32(affine.axis)),
    ]
    return Operation(type: "constexpr_affine_dequantize", outputs: [result], attributes: attributes)
  }
}

extension AffineEncoding {
  /// iOS16's form of a weight with one scale, or one per index of an axis; the zero point is written even where it is 0.
  fileprivate init(_ data: Tensor, _ scale: Tensor, _ offset: Tensor?) throws(EncodingError) {
    let axes = scale.shape.indices.filter { scale.shape[$0] > 1 }
    let shape = axes.isEmpty ? [] : [scale.count]
    guard axes.count <= 1, axes.first.map({ scale.shape[$0] == data.shape[$0] }) ?? true else {
      throw .shape(part: "scale", found: scale.shape, expected: "one axis")
    }
    try self.init(
      data: data, zeroPoint: offset?.reshaped(shape) ?? Tensor(zeros: data.dtype, shape),
      scale: scale.reshaped(shape), axis: axes.first ?? 0)
  }
}

extension EncodedValues {
  /// How many elements of the weight are stored.
  fileprivate var nonzeroCount: Int {
    switch self {
    case .plain(_, let nonzero): nonzero.count
    case .palette(let indices, let lut, _): indices.nonzeroCount * (lut.shape.last ?? 1)
    case .blockwise(let codes, _, _): codes.nonzeroCount
    }
  }
}
