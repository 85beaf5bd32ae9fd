// SPDX-License-Identifier: Apache-2.0
// The opset of a program.

extension Program {
  /// The newest opset among its functions.
  package var opset: Opset { functions.compactMap { Opset(name: $0.opset) }.max() ?? .iOS15 }

  /// The program with all functions of older opsets declared as `opset`.
  package func raised(to opset: Opset) -> Program {
    var program = self
    for index in functions.indices {
      let old = functions[index].opset
      guard let own = Opset(name: old), own < opset else { continue }
      program.functions[index].opset = opset.name
      for s in functions[index].specializations.indices
      where functions[index].specializations[s].opset == old {
        program.functions[index].specializations[s].opset = opset.name
      }
    }
    return program
  }
}
