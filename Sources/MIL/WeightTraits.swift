// SPDX-License-Identifier: Apache-2.0
// Properties of operators' weights as plain values, for targets that do not depend on the operators.

/// The weights of an operator.
package struct WeightTraits: Sendable, Equatable {
  /// The kind of layer, as compression techniques distinguish them; `nil` for operators that are not compressed as
  /// layers.
  package let layer: LayerKind?
  /// The integer parameter with the number of channel groups; `nil` for an operator without groups.
  package let groups: String?
  package let parameters: [WeightParameter]

  package init(_ layer: LayerKind? = nil, groups: String? = nil, parameters: [WeightParameter] = []) {
    self.layer = layer
    self.groups = groups
    self.parameters = parameters
  }

  package subscript(parameter: String) -> WeightParameter? { parameters.first { $0.name == parameter } }
}

/// A parameter of an operator that is a weight if a constant is bound to it.
package struct WeightParameter: Sendable, Equatable {
  package enum Training: Sendable {
    /// Learned by gradient descent.
    case learned
    /// Learned by gradient descent, unless it is a scalar, which is part of the formula rather than of a layer.
    case learnedUnlessScalar
    /// A running statistic, which training updates without gradients.
    case statistic
  }

  package let name: String
  package let training: Training
  package let axes: ChannelAxes

  package init(_ name: String, _ training: Training = .learned, axes: ChannelAxes = .outputFirst) {
    self.name = name
    self.training = training
    self.axes = axes
  }
}

/// The channel axes of a weight.
package struct ChannelAxes: Sendable, Equatable {
  /// The axis of output channels; negative values count from the end.
  package let output: Int
  package let input: Int
  /// The boolean parameter that swaps the two axes; `nil` if there is none.
  package let transposition: String?

  package init(output: Int, input: Int, transposedBy transposition: String? = nil) {
    self.output = output
    self.input = input
    self.transposition = transposition
  }

  /// The layout `[C_out, C_in, …]`.
  package static let outputFirst = ChannelAxes(output: 0, input: 1)

  /// Both axes as nonnegative indices for a weight of the given rank.
  package func resolved(rank: Int, isTransposed: Bool = false) -> (output: Int, input: Int) {
    let (a, b) = (output < 0 ? output + rank : output, input < 0 ? input + rank : input)
    return isTransposed ? (b, a) : (a, b)
  }
}

/// The kinds of layers that compression techniques distinguish.
package enum LayerKind: Sendable, CaseIterable {
  case convolution
  case transposedConvolution
  /// A matrix product with a constant weight and a bias.
  case linear
  /// A product of two matrices, one of which may be a weight.
  case product
  /// A table whose rows are gathered.
  case embedding
}

/// The weights of all operators, by operator name.
package struct WeightTable: Sendable {
  private let traits: [String: WeightTraits]

  package init(_ traits: [String: WeightTraits] = [:]) { self.traits = traits }

  /// The traits of an operator; traits without weights if the operator is not in the table.
  package subscript(type: String) -> WeightTraits { traits[type] ?? WeightTraits() }

  /// The names of the operators that are layers of these kinds.
  package func operators(of layers: Set<LayerKind>) -> [String] {
    traits.filter { $0.value.layer.map(layers.contains) ?? false }.keys.sorted()
  }
}
