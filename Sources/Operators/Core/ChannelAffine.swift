// SPDX-License-Identifier: Apache-2.0
// Operators that scale and shift channels, and those that can take that over into their weights.

import Tensors

/// `y[c] = scale[c] · x[c] + shift[c]` over the channels (axis 1) of `x`.
package struct ChannelMap: Sendable {
  package let scale: [Float]
  package let shift: [Float]

  package init(scale: [Float], shift: [Float]) {
    self.scale = scale
    self.shift = shift
  }
}

/// An operator that is such a map when its parameters are constants.
package protocol ChannelAffine: Operator {
  /// The map, or `nil` when it is not constant.
  static func channelMap(_ call: Call) -> ChannelMap?
}

/// An operator, linear in constant weights, whose outputs' channels such a map can be folded into.
package protocol ChannelWeighted: Operator {
  /// The call with the map applied to `weight` and `bias` (fp32), or `nil` when its weights are not constants.
  static func scaled(_ call: Call, by map: ChannelMap) -> Call?
}
