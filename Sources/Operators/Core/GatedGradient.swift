// SPDX-License-Identifier: Apache-2.0
// Gradients that pass a relu first, fused into the next operator.

/// The condition under which a relu passes a gradient.
package enum GradientGate {
  /// The relu's result, this value, is greater than zero.
  case output(Operand)
  /// The relu's result is the result of this call with the relu fused into it, so the operator can compute the
  /// condition from its own inputs.
  case ownResult(of: Call)
}

/// A gradient operator that passes `gradient` where `y` is greater than zero, and zero elsewhere.
package protocol GateGradient: Operator {}

/// A gradient operator that can gate the gradient it reads.
package protocol GatedGradient: Operator {
  /// The call with `gradient` as it was before the gate. With `givesGated`, it has an additional output: the gated
  /// gradient.
  static func gated(_ call: Call, gradient: Operand, by gate: GradientGate, givesGated: Bool) -> Call
}
