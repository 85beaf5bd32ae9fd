// SPDX-License-Identifier: Apache-2.0
// The families of operators: one line for each family's file.

extension Catalogue {
  static let families: [[any Operator.Type]] = [
    Activations.operators,
    ElementwiseUnary.operators,
    ElementwiseBinary.operators,
    Convolutions.operators,
    LinearAlgebra.operators,
    Attention.operators,
    Pooling.operators,
    Recurrent.operators,
    Resizing.operators,
  ]
}
