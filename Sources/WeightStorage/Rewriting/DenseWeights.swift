// SPDX-License-Identifier: Apache-2.0
// Back to plain constants.

import Encodings
import MIL
import Tensors

/// A program whose weights are plain constants, and those that were not.
package struct DenseProgram: Sendable {
  package let program: Program
  package let changes: [Change]

  /// A weight that was compressed, and the elements that it stands for.
  package struct Change: Sendable {
    package let site: WeightSite
    package let dense: Tensor
  }
}

extension Program {
  /// The program with every compressed weight as a plain constant of the same name and value.
  ///
  /// - Parameters:
  ///   - table: the weights of the operators that read them.
  ///   - suffixes: what compression may have appended to their names.
  ///   - checkCancelled: called before each weight; what it throws ends the work.
  /// - Throws: `WeightStorageError` naming a weight whose stored parts do not fit.
  package func storingWeightsDensely(
    _ table: WeightTable, suffixes: [String] = WeightSuffix.all, checkCancelled: () throws -> Void = {}
  ) throws -> DenseProgram {
    var changes: [DenseProgram.Change] = []
    // What functions share stays shared.
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
