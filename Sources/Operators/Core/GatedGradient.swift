// SPDX-License-Identifier: Apache-2.0
// Gradients that go through a relu first, with the relu's part taken in by the next operator on their way.

/// What decides where a relu lets a gradient through.
package enum GradientGate {
  /// This value, the relu's result, is above zero.
  case output(Operand)
  /// The relu's result is what this call gives with the relu fused into it: the operator can find out from its own inputs.
  case ownResult(of: Call)
}

/// A gradient operator that passes `gradient` where `y` is greater than zero, and zero elsewhere.
package protocol GateGradient: Operator {}

/// A gradient's operator that can gate the gradient it reads.
package protocol GatedGradient: Operator {
  /// The call with `gradient` as it was before the gate. If `givesGated`, it has one more output: the gated gradient.
  static func gated(_ call: Call, gradient: Operand, by gate: GradientGate, givesGated: Bool) -> Call
}
