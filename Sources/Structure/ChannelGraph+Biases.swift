// SPDX-License-Identifier: Apache-2.0
// What removed channels add to the operations that read them, on average.

import Algebra
import Kernels
import MIL
import Operators
import Tensors

/// Means and mean squares of the channels of a value.
package struct ChannelMoments: Sendable {
  package let means: [Double]
  package let squares: [Double]

  package init(means: [Double], squares: [Double]) {
    self.means = means
    self.squares = squares
  }
}

extension ChannelGraph {
  /// The biases of linear layers and convolutions with the mean of what removed channels add to their outputs, uncut. An operation
  /// without a bias gets one in `function`.
  ///
  /// Convolutions pad with zeros, where a removed channel adds nothing: there the mean is only close.
  func biases(
    without removed: Set<Int>, _ activations: (_ value: String, _ axis: Int) -> ChannelMoments?, in function: inout Function
  ) throws -> [ConstantPlace: Tensor] {
    var readers: [String: Int] = [:]
    for operation in self.function.block.operations {
      for argument in operation.inputs { for name in argument.bindings.compactMap(\.name) { readers[name, default: 0] += 1 } }
    }
    var biases: [ConstantPlace: Tensor] = [:]
    for member in consumers {
      let operation = self.function.block.operations[member.operation]
      guard ["linear", "conv"].contains(operation.type), member.axis == 1, let input = member.input, let weight = tensor(member.weight),
        let means = activations(input.name, input.axis)?.means, means.count == member.channels.count
      else { continue }
      let lost = zip(member.channels, means).map { removed.contains(root($0)) ? Float($1) : 0 }
      guard lost.contains(where: { $0 != 0 }) else { continue }
      let shape = [1, lost.count] + Shape(repeating: 1, count: weight.rank - 2)
      let added = try Tensor.combined(
        .multiply, .tensor(weight.cast(to: .float32)), .tensor(Tensor(lost, shape: shape)), named: "slim"
      ).reduced(.sum, Array(1..<weight.rank))
      if let bias = constant(operation, member.operation, "bias") {
        if case .named(let name) = bias.place, readers[name] ?? 0 > 1 { continue }
        let sum = try Tensor.combined(.add, .tensor(bias.tensor.cast(to: .float32)), .tensor(added), named: "slim")
        biases[bias.place] = sum.cast(to: bias.tensor.dtype)
      } else if operation.bindings("bias") == nil {
        let bias = added.cast(to: weight.dtype)
        biases[.inline(operation: member.operation, parameter: "bias")] = bias
        function.block.operations[member.operation].inputs.append(Argument("bias", Constant(bias)))
        function.block.operations[member.operation].inputs.sort { $0.parameter < $1.parameter }
      }
    }
    return biases
  }

  /// The channels of an operation's outputs, for a bias that the operation gets.
  func outputChannels(_ operation: Int) -> [Int]? { producers.first { $0.operation == operation }?.channels }
}
