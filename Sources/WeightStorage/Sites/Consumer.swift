// SPDX-License-Identifier: Apache-2.0
// Who reads a weight, and along which axes it sees output and input channels.

import MIL

/// One operator that reads a weight.
package struct Consumer: Sendable, Equatable {
  package var operatorType: String
  package var operatorName: String
  /// The operation's first output, which tells it from all others in sight.
  package var outputName: String
  package var parameter: String
  /// `transpose_x` or `transpose_y` of a `matmul`, whichever belongs to the weight.
  package var isTransposed: Bool
  /// Groups of a convolution.
  package var groups: Int

  package init(
    operatorType: String, operatorName: String, parameter: String, isTransposed: Bool = false,
    groups: Int = 1
  ) {
    self.operatorType = operatorType
    self.operatorName = operatorName
    outputName = operatorName
    self.parameter = parameter
    self.isTransposed = isTransposed
    self.groups = groups
  }

  package var use: WeightReplacement.Use { WeightReplacement.Use(output: outputName, parameter: parameter) }

  /// Axes of output and input channels of a weight of that rank, from the front.
  package func channelAxes(rank: Int) -> (output: Int, input: Int) {
    switch (operatorType, parameter == "y", isTransposed) {
    case ("conv_transpose", _, _): (1, 0)
    case ("matmul", true, false), ("matmul", false, true): (rank - 1, rank - 2)
    case ("matmul", true, true), ("matmul", false, false): (rank - 2, rank - 1)
    default: (0, 1)
    }
  }
}

extension Consumer {
  init(_ operation: Operation, _ parameter: String, _ reader: WeightReader) {
    let transposition =
      operation.type == "matmul" ? (parameter == "y" ? "transpose_y" : "transpose_x") : nil
    self.init(
      operatorType: operation.type, operatorName: operation.name, parameter: parameter,
      isTransposed: transposition.flatMap { reader.integer(operation, $0) } == 1,
      groups: operation.type.hasPrefix("conv") ? reader.integer(operation, "groups") ?? 1 : 1)
    outputName = operation.outputs.first?.name ?? operation.name
  }
}
