// SPDX-License-Identifier: Apache-2.0
// The families of operators: one line for each family's file.

extension Catalogue {
  static let families: [[any Operator.Type]] = [
    Activations.operators,
    ElementwiseUnary.operators,
    ElementwiseBinary.operators,
    Reductions.operators,
    Sorting.operators,
    Normalization.operators,
    QuantizationOperators.operators,
    Random.operators,
    Convolutions.operators,
    LinearAlgebra.operators,
    Pooling.operators,
  ]
}
