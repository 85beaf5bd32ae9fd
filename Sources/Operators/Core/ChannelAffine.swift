// SPDX-License-Identifier: Apache-2.0
// Operators that scale and shift channels, and operators that can fold this into their weights.

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

/// An operator that is a per-channel affine map if its parameters are constant.
package protocol ChannelAffine: Operator {
  /// The map, or `nil` if it is not constant.
  static func channelMap(_ call: Call) -> ChannelMap?
}

/// An operator, linear in constant weights, into whose output channels an affine map can be folded.
package protocol ChannelWeighted: Operator {
  /// The call with the map applied to `weight` and `bias` (fp32), or `nil` if its weights are not constant.
  static func scaled(_ call: Call, by map: ChannelMap) -> Call?
}
