// SPDX-License-Identifier: Apache-2.0
// The families of operators: one line for each family's file.

extension Catalogue {
  static let families: [[any Operator.Type]] = [
    Activations.operators,
    Constants.operators,
    Reshaping.operators,
    Slicing.operators,
    Joining.operators,
    Padding.operators,
    Reversing.operators,
    Rearranging.operators,
    Gathering.operators,
    Scattering.operators,
    Selection.operators,
    States.operators,
  ]
}
