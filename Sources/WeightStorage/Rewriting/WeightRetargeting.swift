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
