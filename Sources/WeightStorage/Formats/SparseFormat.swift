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
}
