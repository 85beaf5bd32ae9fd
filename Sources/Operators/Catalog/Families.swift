// SPDX-License-Identifier: Apache-2.0
// The list of operator families, one line per file.

/// Operators defined in one file.
package struct Family: Sendable {
  package let name: String
  package let operators: [any Operator.Type]

  init(_ name: String, _ operators: [any Operator.Type]) {
    self.name = name
    self.operators = operators
  }
}

extension Catalog {
  /// The families of MIL operators.
  package static let families: [Family] = [
    Family("Activations", Activations.operators),
    Family("Attention", Attention.operators),
    Family("Classification", Classification.operators),
    Family("Constants", Constants.operators),
    Family("Compressed constants", Constexpr.operators),
    Family("Control flow", ControlFlowOperators.operators),
    Family("Convolutions", Convolutions.operators),
    Family("Elementwise, two operands", ElementwiseBinary.operators),
    Family("Elementwise, one operand", ElementwiseUnary.operators),
    Family("Gathering", Gathering.operators),
    Family("Image sampling", ImageSamplingOperators.operators),
    Family("Joining and splitting", Joining.operators),
    Family("Matrix products", LinearAlgebra.operators),
    Family("Lists", Lists.operators),
    Family("Normalization", Normalization.operators),
    Family("Padding", Padding.operators),
    Family("Pooling", Pooling.operators),
    Family("Quantization", QuantizationOperators.operators),
    Family("Random numbers", Random.operators),
    Family("Rearranging", Rearranging.operators),
    Family("Recurrent layers", Recurrent.operators),
    Family("Reductions", Reductions.operators),
    Family("Reshaping", Reshaping.operators),
    Family("Resizing", Resizing.operators),
    Family("Reversing", Reversing.operators),
    Family("Scattering", Scattering.operators),
    Family("Selection", Selection.operators),
    Family("Slicing", Slicing.operators),
    Family("Sorting", Sorting.operators),
    Family("States", States.operators),
  ]

  /// Families of operators that are not part of MIL. They occur in training programs only and cannot be saved.
  package static let trainingFamilies: [Family] = [
    Family("Fake quantization", FakeQuantization.operators),
    Family("Regularization", Regularization.operators),
    Family("Convolution gradients", ConvolutionGradients.operators),
    Family("Pointwise gradients", PointwiseGradients.operators),
    Family("Normalization in training", TrainingNormalization.operators),
    Family("Gathering gradients", GatheringGradients.operators),
    Family("Pooling gradients", PoolingGradients.operators),
  ]
}
