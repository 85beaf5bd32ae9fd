// SPDX-License-Identifier: Apache-2.0
// Replaces compressed weights with dense constants.

import Encodings
import MIL
import Tensors

/// A program whose weights are dense constants, and the weights that were compressed before.
package struct DenseProgram: Sendable {
  package let program: Program
  package let changes: [Change]

  /// A compressed weight and its decoded elements.
  package struct Change: Sendable {
    package let site: WeightSite
    package let dense: Tensor
  }
}

extension Program {
  /// The program with every compressed weight replaced by a dense constant with the same name and value.
  ///
  /// - Parameters:
  ///   - table: the weight parameters of the operators.
  ///   - suffixes: the suffixes that compression may have appended to names.
  ///   - checkCancelled: the cancellation check, called before each weight; any error that it throws is passed on.
  /// - Throws: `WeightStorageError` with the name of a weight whose stored parts are inconsistent.
  package func storingWeightsDensely(
    _ table: WeightTable, suffixes: [String] = WeightSuffix.all, checkCancelled: () throws -> Void = {}
  ) throws -> DenseProgram {
    var changes: [DenseProgram.Change] = []
    // Weights that functions share remain shared.
    var known: [[StoredBytes]: (weight: EncodedWeight, dense: Tensor)] = [:]
    for site in try weightSites(table, suffixes: suffixes) where site.isDecoded {
      try checkCancelled()
      let dense: Tensor
      let place = site.weight.storedBytes
      if let before = known[place], before.weight == site.weight {
        dense = before.dense
      } else {
        do { dense = try site.weight.decoded() } catch {
          throw WeightStorageError.encoding(weight: site.name, error)
        }
        known[place] = (site.weight, dense)
      }
      changes.append(DenseProgram.Change(site: site, dense: dense))
    }
    let replacements = changes.map { change in
      WeightReplacement(site: change.site, parts: [.init(weight: .dense(change.dense), name: change.site.valueName)])
    }
    return DenseProgram(program: try WeightRewrite.apply(replacements, to: self, opset: opset), changes: changes)
  }
}
