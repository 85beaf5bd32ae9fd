// SPDX-License-Identifier: Apache-2.0
// The axis orders in which an operator reads and writes values.

import Kernels

/// The axis orders that an operator supports.
package enum LayoutPolicy: Sendable, Equatable {
  /// Inputs and outputs have the program's axis order.
  case plain
  /// The first input and all outputs are channels-last (rank 3 to 5), other inputs plain.
  case channelsLast
  /// The first input has any order, which the kernel reads with strides; all outputs are channels-last, other inputs
  /// plain.
  case stridedToChannelsLast
  /// Any order, which is the same for all inputs of the output's rank and for all outputs. The kernel maps axes with
  /// `Buffer.storedAxis`. Inputs of lower rank (broadcast from the right) are plain.
  case follows
  /// The named inputs, and the outputs if `outputs` is set, are channels-last (rank 3 to 5); all others are plain.
  case channelsLastInputs(Set<String>, outputs: Bool)
  /// Inputs have any order, which the kernel reads with strides; outputs are plain.
  case strided
  /// The output has the bytes of the first input with a different shape, both plain; no kernel runs.
  case view
  /// The output has the bytes of the first input with permuted axes (`transpose`); no kernel runs.
  case permutes
}

extension LayoutPolicy {
  /// An order in which an input of this rank is accepted.
  ///
  /// - Parameter isFirst: whether it is bound to the operator's first parameter.
  package func order(ofInput parameter: String, isFirst: Bool, rank: Int) -> [Int] {
    switch self {
    case .channelsLast where isFirst: Layout.channelsLast(rank)
    case .channelsLastInputs(let names, _) where names.contains(parameter): Layout.channelsLast(rank)
    default: Layout.plain(rank)
    }
  }

  /// The order of an output of this rank whose inputs are in the orders above.
  package func outputOrder(rank: Int) -> [Int] {
    switch self {
    case .channelsLast, .stridedToChannelsLast, .channelsLastInputs(_, outputs: true): Layout.channelsLast(rank)
    default: Layout.plain(rank)
    }
  }
}
