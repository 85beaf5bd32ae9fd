// SPDX-License-Identifier: Apache-2.0
// Blockwise linear quantization: `constexpr_blockwise_shift_scale`, and `constexpr_sparse_blockwise_shift_scale` with
// a mask.

import Encodings
import MIL
import Tensors

enum BlockwiseFormat: StorageFormat {
  static let dense = "constexpr_blockwise_shift_scale"
  static let sparse = "constexpr_sparse_blockwise_shift_scale"
  static let operatorTypes = [dense, sparse]

  static func read(_ type: String, _ parts: some StoredParts) throws(EncodingError) -> StoredForm {
    if type == sparse {
      return .values(
        .blockwise(
          try parts.sparse(mask: "data_mask", nonzero: "nonzero_data"), scale: try parts.tensor("scale"),
          offset: try parts.optionalTensor("offset")))
    }
    return .weight(
      .blockwise(data: try parts.part("data"), scale: try parts.tensor("scale"), offset: try parts.optionalTensor("offset")))
  }
}

extension WeightWriter {
  func blockwise(_ data: EncodedWeight, _ scale: Tensor, _ offset: Tensor?, _ result: NamedType) -> [Operation] {
    let (before, data) = argument("data", data, of: result.name)
    return before + [operation(BlockwiseFormat.dense, [data] + scaling(scale, offset), result.name, [result])]
  }

  /// iOS16 supports per-tensor and per-channel scales only.
  func attributesOfBlockwise(
    _ data: Tensor, _ scale: Tensor, _ offset: Tensor?, _ result: NamedType
  ) throws(WeightStorageError) -> Operation {
    guard let affine = try? AffineEncoding(data, scale, offset) else {
      throw needsOpset("quantization per block or to 4 bits", result.name)
    }
    return AffineFormat.operation(affine, result)
  }

  func sparseBlockwise(
    _ codes: EncodedValues, _ scale: Tensor, _ offset: Tensor?, as values: EncodedValues, _ place: SparsePlace
  ) -> LinkedInputs {
    let name = "\(place.parent)_\(place.nonzero)_0\(WeightSuffix.quantized)"
    let (before, inputs) = sparseInputs(codes, SparsePlace(mask: "data_mask", nonzero: "nonzero_data", parent: name))
    var linked = link(before, BlockwiseFormat.sparse, inputs + scaling(scale, offset), name, values, place)
    // Quantization does not change the mask. As in coremltools, the next operator reads the stored mask, unless pruning
    // was the last step.
    if case .plain(let maskTensor, _) = codes, !place.parent.hasSuffix(WeightSuffix.quantized + WeightSuffix.sparsified) {
      linked.inputs[1] = constant(place.mask, maskTensor)
    }
    return linked
  }

  private func scaling(_ scale: Tensor, _ offset: Tensor?) -> [Argument] {
    [constant("scale", scale)] + (offset.map { [constant("offset", $0)] } ?? [])
  }
}
