// SPDX-License-Identifier: Apache-2.0
// The families of operators: one line for each family's file.

extension Catalogue {
  static let families: [[any Operator.Type]] = [
    Activations.operators,
    Attention.operators,
    Classification.operators,
    Constants.operators,
    Constexpr.operators,
    ControlFlowOperators.operators,
    Convolutions.operators,
    ElementwiseBinary.operators,
    ElementwiseUnary.operators,
    Gathering.operators,
    ImageSamplingOperators.operators,
    Joining.operators,
    LinearAlgebra.operators,
    Lists.operators,
    Normalization.operators,
    Padding.operators,
    Pooling.operators,
    QuantizationOperators.operators,
    Random.operators,
    Rearranging.operators,
    Recurrent.operators,
    Reductions.operators,
    Reshaping.operators,
    Resizing.operators,
    Reversing.operators,
    Scattering.operators,
    Selection.operators,
    Slicing.operators,
    Sorting.operators,
    States.operators,
  ]
}
