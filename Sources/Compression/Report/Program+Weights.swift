// SPDX-License-Identifier: Apache-2.0
// The list of a program's weights.

import MIL
import WeightStorage

extension Program {
  /// All logical weights in program order.
  ///
  /// - Parameters:
  ///   - table: the weights of each operator type.
  ///   - techniques: the techniques whose suffixes are removed from names of weights.
  /// - Throws: `WeightStorageError` with the name of a weight whose stored parts are inconsistent.
  package func weights(_ table: WeightTable, _ techniques: Techniques = .standard) throws(WeightStorageError) -> [WeightEntry] {
    let program = namingInlineTensors()
    return WeightEntry.entries(try program.weightSites(table, suffixes: techniques.suffixes), of: program)
  }
}
