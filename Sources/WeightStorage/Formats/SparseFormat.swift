// SPDX-License-Identifier: Apache-2.0
// Sparse storage of nonzero values with a mask: `constexpr_sparse_to_dense`.

import Encodings
import MIL
import Tensors

enum SparseFormat: StorageFormat {
  static let operatorTypes = ["constexpr_sparse_to_dense"]

  static func read(_ type: String, _ parts: some StoredParts) throws(EncodingError) -> StoredForm {
    guard let shape = try parts.optionalTensor("shape") else {
      return .weight(.sparse(try parts.sparse(mask: "mask", nonzero: "nonzero_data")))
    }
    let packed = try SparseEncoding(
      nonzero: parts.tensor("nonzero_data"), packedMask: parts.tensor("mask"), shape: shape.integers())
    return .weight(.sparse(.plain(mask: packed.mask, nonzero: packed.nonzero)))
  }
}

extension WeightWriter {
  func sparse(_ values: EncodedValues, _ result: NamedType) -> [Operation] {
    let (before, inputs) = sparseInputs(values, SparsePlace(mask: "mask", nonzero: "nonzero_data", parent: result.name))
    return before + [operation(SparseFormat.operatorTypes[0], inputs, result.name, [result])]
  }

  func attributesOfSparse(_ mask: Tensor, _ nonzero: Tensor, _ result: NamedType) throws(WeightStorageError) -> Operation {
    guard let sparse = try? SparseEncoding(nonzero: nonzero, mask: mask), nonzero.dtype.bits >= 8 else {
      throw needsOpset("sparse storage of 4-bit codes", result.name)
    }
    return attributes(
      SparseFormat.operatorTypes[0], [attribute("nonzero_data", nonzero), attribute("mask", sparse.packedMask), shape(result)], result)
  }

  /// The parameters for mask and values of an operator, and the operator that has them.
  struct SparsePlace {
    let mask: String
    let nonzero: String
    let parent: String
  }

  typealias LinkedInputs = (before: [Operation], inputs: [Argument])

  /// Mask and values as two arguments, with the operations that produce them.
  func sparseInputs(_ values: EncodedValues, _ place: SparsePlace) -> LinkedInputs {
    switch values {
    case .plain(let mask, let nonzero): ([], [constant(place.nonzero, nonzero), constant(place.mask, mask)])
    case .palette(let indices, let lut, let axis): sparsePalette(indices, lut, axis, as: values, place)
    case .blockwise(let codes, let scale, let offset): sparseBlockwise(codes, scale, offset, as: values, place)
    }
  }

  /// An operation with two outputs, bound to the two parameters of the next operation.
  func link(
    _ before: [Operation], _ type: String, _ inputs: [Argument], _ name: String, _ values: EncodedValues, _ place: SparsePlace
  ) -> LinkedInputs {
    let outputs = [
      NamedType("\(name)_0", .tensor(.uint1, values.shape)),
      NamedType("\(name)_1", .tensor(values.dtype, [values.nonzeroCount])),
    ]
    return (
      before + [operation(type, inputs, name, outputs)],
      [Argument(place.nonzero, [.name(outputs[1].name)]), Argument(place.mask, [.name(outputs[0].name)])]
    )
  }
}

extension EncodedValues {
  /// The number of elements that are stored.
  fileprivate var nonzeroCount: Int {
    switch self {
    case .plain(_, let nonzero): nonzero.count
    case .palette(let indices, let lut, _): indices.nonzeroCount * (lut.shape.last ?? 1)
    case .blockwise(let codes, _, _): codes.nonzeroCount
    }
  }
}
