// SPDX-License-Identifier: Apache-2.0
// The operators that read a weight, and which axes of the weight are their output and input channels.

import MIL

/// One operator that reads a weight.
package struct Consumer: Sendable, Equatable {
  package var operatorType: String
  package var operatorName: String
  /// The name of the operation's first output, which is unique among the operations in scope.
  package var outputName: String
  package var parameter: String
  /// The operator's traits that describe its weights.
  package var traits: WeightTraits
  /// Whether the operator swaps the weight's channel axes.
  package var isTransposed: Bool
  /// The number of channel groups.
  package var groups: Int
  /// The name of the computed value that the operator combines with the weight, its first other input; `nil` if there is none.
  package var input: String?

  package init(
    operatorType: String, operatorName: String, parameter: String, traits: WeightTraits,
    isTransposed: Bool = false, groups: Int = 1
  ) {
    self.operatorType = operatorType
    self.operatorName = operatorName
    outputName = operatorName
    self.parameter = parameter
    self.traits = traits
    self.isTransposed = isTransposed
    self.groups = groups
  }

  /// The axes of output and input channels for a weight of the given rank, as nonnegative indices.
  package func channelAxes(rank: Int) -> (output: Int, input: Int) {
    (traits[parameter]?.axes ?? .outputFirst).resolved(rank: rank, isTransposed: isTransposed)
  }
}

extension Consumer {
  init(_ operation: Operation, _ parameter: String, _ table: WeightTable, _ reader: WeightReader) {
    let traits = table[operation.type]
    let transposition = traits[parameter]?.axes.transposition
    self.init(
      operatorType: operation.type, operatorName: operation.name, parameter: parameter, traits: traits,
      isTransposed: transposition.flatMap { reader.integer(operation, $0) } == 1,
      groups: traits.groups.flatMap { reader.integer(operation, $0) } ?? 1)
    outputName = operation.outputs.first?.name ?? operation.name
    // The data is bound to x in almost every operator; beside it there may be masks and initial states.
    let others = operation.inputs.filter { $0.parameter != parameter }
    input = (others.filter { $0.parameter == "x" } + others).flatMap(\.bindings).compactMap(\.name)
      .first { reader.operation($0)?.isStored != true }
  }
}
