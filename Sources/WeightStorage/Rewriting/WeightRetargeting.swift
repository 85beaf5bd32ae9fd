// SPDX-License-Identifier: Apache-2.0
// Rewrites compressed weights for another opset.

import Encodings
import MIL
import Tensors

extension Program {
  /// The program with every compressed weight rewritten for `opset`: iOS16 operators are converted to iOS18
  /// operators, or the reverse if iOS16 supports the format of the weight.
  ///
  /// Values and names do not change. The caller declares the new opset of the functions.
  ///
  /// - Throws: `WeightStorageError.needsOpset` with the name of a weight that `opset` does not support, or
  ///   `.encoding`.
  package func rewritingWeights(for opset: Opset) throws(WeightStorageError) -> Program {
    var replacements: [WeightReplacement] = []
    // An empty table is enough, since the storage of a weight does not depend on the operators that read it.
    for site in try weightSites(WeightTable()) where site.isDecoded {
      let weight: EncodedWeight
      do { weight = try site.weight.current() } catch { throw .encoding(weight: site.name, error) }
      replacements.append(
        WeightReplacement(site: site, parts: [.init(weight: weight, name: site.valueName)]))
    }
    return try WeightRewrite.apply(replacements, to: self, opset: opset)
  }
}

extension WeightSite {
  /// Whether an operator decodes the value.
  package var isDecoded: Bool {
    if case .dense = weight { return chain.count > 1 }
    return true
  }
}

extension EncodedWeight {
  /// The weight without iOS16's form of linear quantization, so that it can be written for both opsets.
  package func current() throws(EncodingError) -> EncodedWeight {
    guard case .affine(let affine) = self, affine.zeroPoint.dtype == affine.data.dtype else {
      return self
    }
    let blockwise = try affine.blockwise()
    let needsOffset = blockwise.offset?.codes().contains { $0 != 0 } ?? false
    return .blockwise(
      data: .dense(blockwise.data), scale: blockwise.scale,
      offset: needsOffset ? blockwise.offset : nil)
  }
}
