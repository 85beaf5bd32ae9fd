// SPDX-License-Identifier: Apache-2.0
// What is known of the weights of an operator, as plain values for those that must not know the operators themselves.

/// The weights of one operator.
package struct WeightTraits: Sendable, Equatable {
  /// What kind of layer it is, as techniques distinguish them; `nil` for what nobody compresses as a layer.
  package let layer: LayerKind?
  /// The integer parameter that says in how many groups the channels are; `nil` for an operator without groups.
  package let groups: String?
  package let parameters: [WeightParameter]

  package init(_ layer: LayerKind? = nil, groups: String? = nil, parameters: [WeightParameter] = []) {
    self.layer = layer
    self.groups = groups
    self.parameters = parameters
  }

  package subscript(parameter: String) -> WeightParameter? { parameters.first { $0.name == parameter } }
}

/// A parameter of an operator that is a weight where a constant is bound to it.
package struct WeightParameter: Sendable, Equatable {
  package enum Training: Sendable {
    /// Learned by gradients.
    case learned
    /// The same, but for a single number, which belongs to the formula rather than to a layer.
    case learnedUnlessScalar
    /// A running statistic: training moves it without gradients.
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

/// Where the channels of a weight are.
package struct ChannelAxes: Sendable, Equatable {
  /// Counted from the end where negative.
  package let output: Int
  package let input: Int
  /// The boolean parameter that swaps the two; `nil` where nothing does.
  package let transposition: String?

  package init(output: Int, input: Int, transposedBy transposition: String? = nil) {
    self.output = output
    self.input = input
    self.transposition = transposition
  }

  /// `[C_out, C_in, …]`
  package static let outputFirst = ChannelAxes(output: 0, input: 1)

  /// Both axes of a weight of that rank, counted from the front.
  package func resolved(rank: Int, isTransposed: Bool = false) -> (output: Int, input: Int) {
    let (a, b) = (output < 0 ? output + rank : output, input < 0 ? input + rank : input)
    return isTransposed ? (b, a) : (a, b)
  }
}

/// Layers as techniques distinguish them.
package enum LayerKind: Sendable, CaseIterable {
  case convolution
  case transposedConvolution
  /// A matrix product with a constant weight and a bias.
  case linear
  /// A product of two matrices, of which one may be a weight.
  case product
  /// A table from which rows are gathered.
  case embedding
}

/// The weights of all operators, by the operator's name.
package struct WeightTable: Sendable {
  private let traits: [String: WeightTraits]

  package init(_ traits: [String: WeightTraits] = [:]) { self.traits = traits }

  /// Traits without weights for an operator that is not in the table.
  package subscript(type: String) -> WeightTraits { traits[type] ?? WeightTraits() }

  /// Names of the operators that are layers of these kinds.
  package func operators(of layers: Set<LayerKind>) -> [String] {
    traits.filter { $0.value.layer.map(layers.contains) ?? false }.keys.sorted()
  }
}
